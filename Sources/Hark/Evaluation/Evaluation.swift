import Foundation
import Machine

/// A measurement of how well Hark ranks the documents of a set of judged queries.
public struct Evaluation: Sendable {
  /// The chunks asked for, so that enough different documents are among them.
  private static let chunks = 400

  /// A folder in the layout of BEIR.
  public var folder: String
  /// A folder whose files are the documents, with their paths relative to it as ids; nil where
  /// `corpus.jsonl` holds them.
  public var documents: String?
  /// How hits are ranked.
  public var mode: SearchMode
  /// The judgements to use, `qrels/SPLIT.tsv`.
  public var split: String
  /// Where the store is kept for another run; nil for a temporary one.
  public var store: String?
  /// The folder of the embedding model; nil for the default.
  public var model: String?
  /// A run of the same queries to compare with.
  public var earlier: EvaluationRun?
  /// Whether the weight of the vectors is fitted on half of the queries and tried on the other half;
  /// for a hybrid search of at least eight queries.
  public var tunes: Bool

  /// A measurement that is still to be run.
  public init(
    folder: String, documents: String? = nil, mode: SearchMode = .hybrid, split: String = "test",
    store: String? = nil, model: String? = nil, earlier: EvaluationRun? = nil,
    tunes: Bool = false
  ) {
    self.folder = folder
    self.documents = documents
    self.mode = mode
    self.split = split
    self.store = store
    self.model = model
    self.earlier = earlier
    self.tunes = tunes
  }

  /// Ingests the documents and ranks them for each query.
  ///
  /// Documents stand in the order of their best chunks; the search breaks ties.
  ///
  /// - Parameter progress: called as the documents are ingested.
  /// - Throws: `evaluation-invalid`, `invalid-argument` and what an ingest throws.
  public func run(
    progress: (@Sendable (IngestProgress) -> Void)? = nil
  ) async throws(HarkError) -> EvaluationReport {
    let set = try JudgedSet(folder: folder, split: split)
    guard documents != nil || !set.entries.isEmpty else {
      throw HarkError(
        .evaluationInvalid,
        "\(folder)/corpus.jsonl is missing or empty: name the documents' folder with --documents")
    }
    try earlier?.check(isOf: set)
    if tunes { try WeightTuning.check(set, mode: mode) }
    let temporary = FileManager.default.temporaryDirectory.appending(path: "hark-eval-\(UUID())")
    defer { if store == nil { try? FileManager.default.removeItem(at: temporary) } }
    let engine = try await Engine(store: store ?? temporary.path, model: model)
    var corpus = EvaluationCorpus()
    if let documents {
      corpus.root = URL(filePath: documents).resolvingSymlinksInPath().path + "/"
      corpus.failures = try await engine.ingest([documents], progress: progress).failures
    } else {
      corpus.failures = try await engine.ingest(entries: set.entries, progress: progress)
    }
    corpus.documents = try await engine.documents().map { corpus.id(of: $0.location) }
    let options = SearchOptions(limit: Self.chunks, mode: mode)
    let queries = try await Self.rank(set.queries, of: corpus, by: engine, options: options)
    var tuning: WeightTuning?
    if tunes {
      tuning = try await WeightTuning(of: set.queries, evaluated: queries) {
        half, weight throws(HarkError) in
        var options = options
        options.vectorWeight = weight
        return try await Self.rank(half, of: corpus, by: engine, options: options)
      }
    }
    return EvaluationReport(
      of: set, mode: mode, queries: queries, documents: corpus.documents.count,
      failures: corpus.failures,
      warnings: corpus.warnings(on: set, isOfFiles: documents != nil), against: earlier,
      tuning: tuning)
  }

  /// Ranks a corpus that was ingested for each of some queries, with as many searches under way as
  /// there are cores.
  ///
  /// - Returns: the measures of each query, in the order of the queries.
  static func rank(
    _ queries: [JudgedSet.Query], of corpus: EvaluationCorpus, by engine: Engine,
    options: SearchOptions
  ) async throws(HarkError) -> [QueryEvaluation] {
    try await HarkError.wrapping {
      try await withThrowingTaskGroup(of: (Int, QueryEvaluation).self) { group in
        var evaluated: [QueryEvaluation?] = Array(repeating: nil, count: queries.count)
        for (index, query) in queries.enumerated() {
          if index >= WorkerPool.availableCores, let (done, evaluation) = try await group.next() {
            evaluated[done] = evaluation
          }
          group.addTask {
            (index, try await rank(query, of: corpus, by: engine, options: options))
          }
        }
        for try await (done, evaluation) in group { evaluated[done] = evaluation }
        return evaluated.compactMap(\.self)
      }
    }
  }

  /// The documents in the order of their best chunks; a query without words finds none.
  private static func rank(
    _ query: JudgedSet.Query, of corpus: EvaluationCorpus, by engine: Engine,
    options: SearchOptions
  ) async throws(HarkError) -> QueryEvaluation {
    guard !query.isBlank else { return QueryEvaluation(query, ranking: [], tookMilliseconds: 0) }
    let result = try await engine.search(query.text, options: options)
    var seen: Set<String> = []
    let ranking = result.hits.map { corpus.id(of: $0.document.location) }
      .filter { seen.insert($0).inserted }
    return QueryEvaluation(query, ranking: ranking, tookMilliseconds: result.tookMilliseconds)
  }
}

/// The documents that are ranked, as the store holds them.
struct EvaluationCorpus: Sendable {
  /// What stands before the ids in the paths of files; empty for documents of `corpus.jsonl`.
  var root = ""
  /// The ids of the documents.
  var documents: [String] = []
  /// The documents that could not be ingested.
  var failures: [IngestFailure] = []

  /// The id of a document by its place.
  func id(of location: String) -> String {
    location.hasPrefix(root) ? String(location.dropFirst(root.count)) : location
  }

  /// What does not fit to the judgements, one sentence each.
  func warnings(on set: JudgedSet, isOfFiles: Bool) -> [String] {
    let known = Set(documents).union(failures.map { id(of: $0.filePath) })
    var warnings: [String] = []
    let lost = set.queries.filter { query in query.gains.keys.allSatisfy { !known.contains($0) } }
    if !lost.isEmpty {
      warnings.append(
        "queries whose relevant documents are not in the corpus, so that none can be found: "
          + JudgedSet.named(lost.map(\.id)))
    }
    let strange = isOfFiles ? 0 : documents.count - known.intersection(set.entries.map(\.id)).count
    if strange > 0 {
      warnings.append(
        "documents of the store that are not of the set and are ranked with it: \(strange); name a "
          + "store that holds nothing else")
    }
    return warnings
  }
}

extension Engine {
  /// Ingests the documents of a judged set, with their ids as the program's own.
  fileprivate func ingest(
    entries: [JudgedSet.Entry], progress: (@Sendable (IngestProgress) -> Void)?
  ) async throws(HarkError) -> [IngestFailure] {
    let documents = entries.filter { !$0.isBlank }.map { entry in
      SourceDocument(externalID: entry.id, content: .text(entry.text, heading: entry.title))
    }
    return try await upsert(documents, progress: progress).failures
  }
}
