import Foundation

/// A set of judged queries in the layout of BEIR (Thakur et al. 2021): `queries.jsonl`,
/// `qrels/SPLIT.tsv` and, unless the documents are files of a folder, `corpus.jsonl`.
struct JudgedSet: Sendable {
  /// A document of `corpus.jsonl`.
  struct Entry: Sendable {
    let id: String
    let title: String
    let text: String
    /// Whether there is nothing in it to be found.
    var isBlank: Bool { (title + text).allSatisfy(\.isWhitespace) }
  }

  /// A query with the gains of its relevant documents.
  struct Query: Sendable {
    let id: String
    let text: String
    /// The gain of each judged document that is relevant, by id; above 0, greater is better.
    let gains: [String: Double]
    /// Whether there is nothing in it to search for.
    var isBlank: Bool { text.allSatisfy(\.isWhitespace) }
  }

  /// The folder's name.
  let name: String
  /// The name of the judgements' file without its extension.
  let split: String
  /// The documents of `corpus.jsonl`; empty where there is no such file.
  let entries: [Entry]
  /// The queries that have at least one relevant document, in the order of their file.
  let queries: [Query]
  /// Queries that were judged and have no relevant document.
  let queriesWithoutRelevant: Int
  /// What is odd about the set, one sentence each.
  let warnings: [String]
}

extension JudgedSet {
  /// Reads a set.
  ///
  /// - Parameters:
  ///   - folder: the set's folder.
  ///   - split: the name of the judgements' file without its extension.
  /// - Throws: `evaluation-invalid`, naming the file and line.
  /// - Complexity: O(*n*) in the bytes of the files, which are held in memory.
  init(folder: String, split: String) throws(HarkError) {
    name = URL(filePath: folder).standardizedFileURL.lastPathComponent
    self.split = split
    let corpus = "\(folder)/corpus.jsonl"
    entries =
      FileManager.default.fileExists(atPath: corpus)
      ? try JudgedSetFile(corpus).objects(Entry.self) : []
    let judgements = try Judgements(JudgedSetFile("\(folder)/qrels/\(split).tsv"))
    let path = "\(folder)/queries.jsonl"
    let lines = try JudgedSetFile(path).objects(QueryLine.self)
    let judged = lines.filter { judgements.gains[$0.id] != nil }
    queries = judged.compactMap { line in
      let gains = judgements.gains[line.id]?.filter { $0.value > 0 } ?? [:]
      return gains.isEmpty ? nil : Query(id: line.id, text: line.text, gains: gains)
    }
    queriesWithoutRelevant = judged.count - queries.count
    guard !queries.isEmpty else {
      throw HarkError(
        .evaluationInvalid,
        "no query of \(path) has a relevant document in qrels/\(split).tsv: check the ids")
    }
    warnings = Self.warnings(entries, queries, lines, judgements)
  }

  /// A query as its file has it.
  struct QueryLine: Sendable {
    let id: String
    let text: String
  }

  private static func warnings(
    _ entries: [Entry], _ queries: [Query], _ lines: [QueryLine], _ judgements: Judgements
  ) -> [String] {
    var warnings: [String] = []
    let blank = entries.filter(\.isBlank).map(\.id)
    if !blank.isEmpty {
      warnings.append("documents without text, which cannot be found: \(named(blank))")
    }
    let silent = queries.filter(\.isBlank).map(\.id)
    if !silent.isEmpty {
      warnings.append("queries without text, which find nothing: \(named(silent))")
    }
    let unasked = Set(judgements.gains.keys).subtracting(lines.map(\.id)).sorted()
    if !unasked.isEmpty {
      warnings.append(
        "queries that were judged and are not in queries.jsonl, so not counted: \(named(unasked))")
    }
    if judgements.repeated > 0 {
      warnings.append("judgements that stand twice and count once: \(judgements.repeated)")
    }
    return warnings
  }

  /// Some ids in words, the first of many.
  static func named(_ ids: [String]) -> String {
    let first = ids.prefix(5).joined(separator: ", ")
    return ids.count > 5 ? "\(first) and \(ids.count - 5) more" : first
  }
}

/// An object of a set that has an id.
protocol JudgedSetLine: Decodable {
  var id: String { get }
}

extension JudgedSet.Entry: JudgedSetLine {
  /// Reads a line; a missing title or text is an empty one.
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: JudgedSetKey.self)
    id = try container.identifier()
    title = try container.decodeIfPresent(String.self, forKey: .title) ?? ""
    text = try container.decodeIfPresent(String.self, forKey: .text) ?? ""
  }
}

extension JudgedSet.QueryLine: JudgedSetLine {
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: JudgedSetKey.self)
    id = try container.identifier()
    text = try container.decode(String.self, forKey: .text)
  }
}

private enum JudgedSetKey: String, CodingKey {
  case id = "_id"
  case title, text
}

extension KeyedDecodingContainer<JudgedSetKey> {
  /// The id, which some sets write as a whole number.
  fileprivate func identifier() throws -> String {
    let id =
      try (try? decode(Int64.self, forKey: .id)).map(String.init)
      ?? decode(String.self, forKey: .id)
    guard (1...1024).contains(id.utf8.count) else {
      throw DecodingError.dataCorruptedError(
        forKey: .id, in: self, debugDescription: "an id has 1 to 1,024 bytes")
    }
    return id
  }
}
