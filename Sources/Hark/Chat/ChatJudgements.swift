import Foundation
import Machine

/// What was written for an evaluation.
public struct JudgementExport: Sendable, Hashable, Encodable {
  /// Turns with feedback whose sources are still in the store.
  public let queries: Int
  /// Pairs of a query and a document.
  public let judgements: Int
  /// Documents of the corpus.
  public let documents: Int
}

extension ChatLog {
  /// Writes what users thought of answers as an evaluation set in the layout of BEIR, which
  /// ``Evaluation`` reads: the questions are the queries, the documents of the store are the corpus.
  ///
  /// An answer that more users found helpful than not says that the documents which it cites
  /// (`[1]`, `[2]`) answer the question, with a gain of 1 to 3: the mean rating less two, or 1 where
  /// nobody rated. An answer that was not helpful gives them a gain of 0. An answer without
  /// citations speaks of its best source alone. Documents that have gone since are left out.
  ///
  /// - Parameter folder: made where it is missing; files in it are replaced: `queries.jsonl`,
  ///   `corpus.jsonl`, `qrels/test.tsv`.
  /// - Throws: `file-write-failed`, `disk-full`.
  /// - Complexity: O(*n*) in the bytes of the feedback's turns and of the documents; memory holds one
  ///   document at a time, and the judgements.
  public func exportJudgements(to folder: String) async throws(HarkError) -> JudgementExport {
    let judgements = try await detached { store in try store.judgements() }
    return try await engine.detached { catalog in
      let documents = try catalog.documents()
      let names = Dictionary(
        documents.map { ($0.id, $0.location) }, uniquingKeysWith: { first, _ in first })
      let known = judgements.compactMap { judgement in
        let gains = judgement.gains.compactMap { id, gain in names[id].map { ($0, gain) } }
        return gains.isEmpty
          ? nil
          : (
            query: JudgementFile.Query(_id: String(judgement.turn), text: judgement.question),
            gains: gains.sorted { $0.0 < $1.0 }
          )
      }
      try FileManager.default.createDirectory(
        atPath: "\(folder)/qrels", withIntermediateDirectories: true)
      try JudgementFile.write("\(folder)/queries.jsonl", known.map(\.query)) {
        try Catalog.json($0)
      }
      var seen: Set<String> = []
      let corpus = documents.filter { seen.insert($0.location).inserted }
      try JudgementFile.write("\(folder)/corpus.jsonl", corpus) { document in
        try Catalog.json(
          JudgementFile.Document(
            _id: document.location, title: "", text: catalog.document(document.id).text))
      }
      let rows = known.flatMap { judgement in
        judgement.gains.map { "\(judgement.query._id)\t\($0)\t\($1)" }
      }
      try JudgementFile.write("\(folder)/qrels/test.tsv", ["query-id\tcorpus-id\tscore"] + rows) {
        $0
      }
      return JudgementExport(
        queries: known.count, judgements: rows.count, documents: corpus.count)
    }
  }
}

/// What users thought of one answer, as gains of documents.
struct Judgement: Sendable, Hashable {
  let turn: Int64
  let question: String
  /// The gain of each document by its id.
  let gains: [Int64: Int]

  /// Takes a turn and what users thought of it; nil where as many found it helpful as not, or where
  /// it names no source.
  init?(_ turn: ChatTurn, _ feedback: [ChatFeedback]) {
    let helpful = feedback.filter { $0.kind == .helpful }
    let unhelpful = feedback.count - helpful.count
    guard helpful.count != unhelpful else { return nil }
    let cited = Self.citations(in: turn.assistantResponse)
    let sources = turn.sources.filter { cited.contains($0.rank) }
    let meant = Set((sources.isEmpty ? Array(turn.sources.prefix(1)) : sources).map(\.documentID))
    guard !meant.isEmpty else { return nil }
    let gain = helpful.count > unhelpful ? Self.gain(of: helpful.compactMap(\.rating)) : 0
    self.turn = turn.id
    question = turn.userMessage
    gains = Dictionary(meant.map { ($0, gain) }) { first, _ in first }
  }

  private static func gain(of ratings: [Int]) -> Int {
    guard !ratings.isEmpty else { return 1 }
    let mean = Double(ratings.reduce(0, +)) / Double(ratings.count)
    return max(1, min(3, Int(mean.rounded()) - 2))
  }

  /// The numbers in square brackets: `[2]`, `[1, 3]`.
  static func citations(in answer: String) -> Set<Int> {
    var numbers: Set<Int> = []
    for match in answer.matches(of: /\[(\d{1,4}(?:\s*,\s*\d{1,4})*)\]/) {
      for number in match.1.split(separator: ",") {
        if let number = Int(number.trimmingCharacters(in: .whitespaces)) { numbers.insert(number) }
      }
    }
    return numbers
  }
}

/// The files of an evaluation set.
private enum JudgementFile {
  struct Query: Encodable {
    let _id: String
    let text: String
  }

  struct Document: Encodable {
    let _id: String
    let title: String
    let text: String
  }

  /// Writes one line for each item; an older file is replaced when all is written.
  static func write<T>(_ path: String, _ items: [T], line: (T) throws -> String) throws {
    try AtomicFile.publish(path, failure: HarkError.init(wrapping:)) { (writer) throws(HarkError) in
      do {
        for item in items { try writer.write(line(item) + "\n") }
      } catch {
        throw HarkError(wrapping: error)
      }
    }
  }
}
