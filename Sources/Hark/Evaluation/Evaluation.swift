import Foundation

/// Measures how well Hark ranks a set of judged queries.
public enum Evaluation {
  /// The documents ranked for each query.
  private static let depth = 100
  /// The chunks asked for, so that enough different documents are among them.
  private static let chunks = 400

  /// Ingests a set's documents and ranks them for each of its queries.
  ///
  /// - Parameters:
  ///   - folder: a folder in the layout of BEIR.
  ///   - documents: a folder whose files are the documents, with their paths relative to it as
  ///     ids; nil where `corpus.jsonl` holds them.
  ///   - mode: how hits are ranked.
  ///   - split: the judgements to use, `qrels/SPLIT.tsv`.
  ///   - store: where the store is kept for another run; nil for a temporary one.
  ///   - model: the folder of the embedding model; nil for the default.
  ///   - progress: called as the documents are ingested.
  /// - Throws: `evaluation-invalid` and what an ingest throws.
  public static func run(
    folder: String, documents: String? = nil, mode: SearchMode = .hybrid, split: String = "test",
    store: String? = nil, model: String? = nil,
    progress: (@Sendable (IngestProgress) -> Void)? = nil
  ) async throws(HarkError) -> EvaluationReport {
    let set = try JudgedSet(folder: folder, split: split)
    guard documents != nil || !set.entries.isEmpty else {
      throw HarkError(
        .evaluationInvalid,
        "\(folder)/corpus.jsonl is missing or empty: name the documents' folder with --documents")
    }
    let temporary = FileManager.default.temporaryDirectory.appending(path: "hark-eval-\(UUID())")
    defer { if store == nil { try? FileManager.default.removeItem(at: temporary) } }
    let engine = try await Engine(store: store ?? temporary.path, model: model)
    var root = ""
    var failures: [IngestFailure] = []
    if let documents {
      failures = try await engine.ingest([documents], progress: progress).failures
      root = URL(filePath: documents).resolvingSymlinksInPath().path + "/"
    } else {
      failures = try await engine.ingest(entries: set.entries, progress: progress)
    }
    let count = try await engine.documents().count
    var totals = [Double](repeating: 0, count: 5)
    for query in set.queries {
      let ranking = try await rank(query.text, engine, mode, root: root)
      let measures = [
        RankingMeasures.ndcg(ranking, gains: query.gains, depth: 10),
        RankingMeasures.recall(ranking, gains: query.gains, depth: 10),
        RankingMeasures.recall(ranking, gains: query.gains, depth: depth),
        RankingMeasures.success(ranking, gains: query.gains, depth: 1),
        RankingMeasures.success(ranking, gains: query.gains, depth: 3),
      ]
      for (index, measure) in measures.enumerated() { totals[index] += measure }
    }
    let means = totals.map { $0 / Double(set.queries.count) }
    return EvaluationReport(
      dataset: set.name, mode: mode, queries: set.queries.count, documents: count,
      failures: failures,
      ndcgAt10: means[0], recallAt10: means[1], recallAt100: means[2], firstAt1: means[3],
      firstAt3: means[4])
  }

  /// The documents in the order of their best chunks.
  private static func rank(
    _ query: String, _ engine: Engine, _ mode: SearchMode, root: String
  ) async throws(HarkError) -> [String] {
    let options = SearchOptions(limit: chunks, mode: mode)
    var seen: Set<String> = []
    var ranking: [String] = []
    for hit in try await engine.search(query, options: options).hits {
      let path = hit.document.location
      let id = path.hasPrefix(root) ? String(path.dropFirst(root.count)) : path
      if seen.insert(id).inserted { ranking.append(id) }
    }
    return Array(ranking.prefix(depth))
  }
}

extension Engine {
  /// Ingests the documents of a judged set, with their ids as the program's own.
  fileprivate func ingest(
    entries: [JudgedSet.Entry], progress: (@Sendable (IngestProgress) -> Void)?
  ) async throws(HarkError) -> [IngestFailure] {
    let documents = entries.map { entry in
      SourceDocument(
        externalID: entry.id, content: .text(entry.text, heading: entry.title))
    }
    return try await upsert(documents, progress: progress).failures
  }
}
