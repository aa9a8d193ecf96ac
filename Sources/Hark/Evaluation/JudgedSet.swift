import Foundation

/// A set of judged queries in the layout of BEIR (Thakur et al. 2021): `queries.jsonl`,
/// `qrels/SPLIT.tsv` and, unless the documents are files of a folder, `corpus.jsonl`.
struct JudgedSet: Sendable {
  /// A document of `corpus.jsonl`.
  struct Entry: Sendable, Decodable {
    let id: String
    let title: String
    let text: String

    private enum CodingKeys: String, CodingKey {
      case id = "_id"
      case title, text
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      id = try container.decode(String.self, forKey: .id)
      title = try container.decodeIfPresent(String.self, forKey: .title) ?? ""
      text = try container.decodeIfPresent(String.self, forKey: .text) ?? ""
    }
  }

  /// A query with the gains of its relevant documents.
  struct Query: Sendable {
    let id: String
    let text: String
    /// The gain of each judged document that is relevant, by id; greater is better.
    let gains: [String: Double]
  }

  /// The folder's name.
  let name: String
  /// The documents of `corpus.jsonl`; empty where there is no such file.
  let entries: [Entry]
  /// The queries that have at least one relevant document.
  let queries: [Query]

  /// Reads a set.
  ///
  /// - Parameters:
  ///   - folder: the set's folder.
  ///   - split: the name of the judgements' file without its extension.
  /// - Throws: `evaluation-invalid`, naming the file and line.
  init(folder: String, split: String) throws(HarkError) {
    name = URL(filePath: folder).standardizedFileURL.lastPathComponent
    let corpus = "\(folder)/corpus.jsonl"
    entries =
      FileManager.default.fileExists(atPath: corpus)
      ? try Self.objects(Entry.self, corpus) : []
    let gains = try Self.judgements("\(folder)/qrels/\(split).tsv")
    let path = "\(folder)/queries.jsonl"
    queries = try Self.objects(QueryLine.self, path).compactMap { line in
      gains[line._id].map { Query(id: line._id, text: line.text, gains: $0) }
    }
    guard !queries.isEmpty else {
      throw HarkError(
        .evaluationInvalid,
        "no query of \(path) has a relevant document in qrels/\(split).tsv: check the ids")
    }
  }

  private struct QueryLine: Decodable {
    let _id: String
    let text: String
  }

  private static func lines(_ path: String) throws(HarkError) -> [(number: Int, text: Substring)] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw HarkError(
        .evaluationInvalid,
        "\(path) cannot be read: an evaluation folder holds queries.jsonl, qrels/SPLIT.tsv and "
          + "corpus.jsonl (or name the documents' folder with --documents)")
    }
    // Lines end at line feeds alone: JSON strings may hold the other separators of Unicode.
    return data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .enumerated().map { ($0.offset + 1, String(decoding: $0.element, as: UTF8.self)[...]) }
      .filter { !$0.1.allSatisfy(\.isWhitespace) }
  }

  /// The objects of a file with one a line.
  private static func objects<T: Decodable>(
    _ type: T.Type, _ path: String
  ) throws(HarkError) -> [T] {
    let decoder = JSONDecoder()
    var objects: [T] = []
    for line in try lines(path) {
      do {
        objects.append(try decoder.decode(type, from: Data(line.text.utf8)))
      } catch {
        throw HarkError(
          .evaluationInvalid,
          "\(path), line \(line.number) is not an object with the fields _id and text: correct the "
            + "line", cause: error)
      }
    }
    return objects
  }

  /// The gains of relevant documents by query; the first line may be a header.
  private static func judgements(_ path: String) throws(HarkError) -> [String: [String: Double]] {
    var gains: [String: [String: Double]] = [:]
    for line in try lines(path) {
      let fields = line.text.split(separator: "\t").map {
        $0.trimmingCharacters(in: .whitespacesAndNewlines)
      }
      guard fields.count == 3, let gain = Double(fields[2]), gain.isFinite else {
        if line.number == 1 { continue }
        throw HarkError(
          .evaluationInvalid,
          "\(path), line \(line.number) is not a query-id, a corpus-id and a score parted by "
            + "tabs: correct the line")
      }
      if gain > 0 { gains[fields[0], default: [:]][fields[1]] = gain }
    }
    return gains
  }
}
