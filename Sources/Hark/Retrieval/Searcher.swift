import Embedding
import Foundation
import GRDB
import VectorIndex

/// Answers one query from one state of a store.
struct Searcher: Sendable {
  /// The candidates that each side gives to the fusion.
  private static let candidates = 100
  /// The most candidates that are asked for where many collapse into one hit.
  private static let mostCandidates = 6400

  let catalog: Catalog
  let index: IndexReader
  /// The collection that is searched, as it was when the query was embedded.
  let collection: CollectionScope

  /// The hits of a query, best first; chunks of equal text are one hit.
  ///
  /// - Parameters:
  ///   - query: the text of the query; its terms decide the text side.
  ///   - vector: the query's vector, of unit length; nil for a search by words alone.
  ///   - fusion: how both sides are joined.
  func hits(
    _ query: String, vector: [Float]?, fusion: Fusion, options: SearchOptions
  ) throws -> [SearchHit] {
    try catalog.readOpeningSegments { db in
      try hits(query, vector: vector, fusion: fusion, options: options, db)
    }
  }

  /// The hits of a query as one text for a language model, from one state of the store.
  ///
  /// - Parameters:
  ///   - budget: how many tokens the text may have.
  ///   - countTokens: counts them.
  func context(
    _ query: String, vector: [Float]?, fusion: Fusion, options: SearchOptions, budget: Int,
    countTokens: (Substring) -> Int
  ) throws -> ContextSelection {
    try catalog.readOpeningSegments { db in
      let hits = try hits(query, vector: vector, fusion: fusion, options: options, db)
      return try ContextSelection(hits, budget: budget, countTokens: countTokens) {
        (document, range) in
        try catalog.text(of: document, range, db)
      }
    }
  }

  private func hits(
    _ query: String, vector: [Float]?, fusion: Fusion, options: SearchOptions, _ db: Database
  ) throws -> [SearchHit] {
    let terms = TextAnalysis.queryTerms(of: query)
    try checkAnalysis(options.mode, db)
    // Equal texts collapse, so more candidates than hits are asked for, and more again where
    // too few hits are left.
    var wanted = max(Self.candidates, 2 * options.limit)
    while true {
      let ranked: [(chunk: Int64, score: Double)] =
        switch options.mode {
        case .text:
          try catalog.textMatches(terms, in: collection.id, limit: wanted, db).map {
            ($0.chunk, $0.score)
          }
        case .vector: try nearest(vector, k: wanted, db).map { ($0.key, Double($0.score)) }
        case .hybrid: try fuse(terms, vector, fusion, wanted: wanted, db)
        }
      let hits = try show(ranked, terms: terms, limit: options.limit, db)
      let isWhole = hits.count == options.limit || ranked.count < wanted
      if isWhole || wanted >= Self.mostCandidates { return hits }
      wanted *= 4
    }
  }

  /// Postings of another analysis would be searched for terms that they do not have.
  private func checkAnalysis(_ mode: SearchMode, _ db: Database) throws {
    guard mode != .vector else { return }
    let known = try catalog.state(db).analysisVersion
    guard known != TextAnalysis.version else { return }
    throw HarkError(
      .init(rawValue: "analysis-outdated"),
      "the full text in \(catalog.path) was made by another version of the text analysis "
        + "(\(known), not \(TextAnalysis.version)): run `hark index rebuild`")
  }

  /// The collection as this state of the store has it; its model may have been changed meanwhile.
  private func current(_ db: Database) throws -> CollectionScope {
    let scope = try catalog.scope(collection.id, db)
    guard let known = scope.modelFingerprint, let asked = collection.modelFingerprint,
      known != asked
    else { return scope }
    throw HarkError(
      .modelMismatch,
      "the model of the collection was changed while the query was embedded: ask "
        + "again")
  }

  private func nearest(_ vector: [Float]?, k: Int, _ db: Database) throws -> [Neighbor] {
    guard let vector, let view = try index.view(of: try current(db), db) else { return [] }
    return try view.nearest(to: vector, k: k)
  }

  private func fuse(
    _ terms: TextAnalysis.Terms, _ vector: [Float]?, _ fusion: Fusion, wanted: Int, _ db: Database
  ) throws -> [(chunk: Int64, score: Double)] {
    // Scores reach further down than candidates, for the vectors' candidates hold words too.
    let texts = try catalog.textMatches(terms, in: collection.id, limit: 10 * wanted, db)
    let neighbors = try nearest(vector, k: wanted, db)
    var cosines = Dictionary(
      neighbors.map { ($0.key, Double($0.score)) }, uniquingKeysWith: { first, _ in first })
    let unseen = texts.prefix(wanted).map(\.chunk).filter { cosines[$0] == nil }
    for (chunk, values) in try catalog.vectors(of: unseen, db) {
      cosines[chunk] = zip(values, vector ?? []).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    return fusion.ranked(
      cosines: cosines,
      texts: Dictionary(texts.map { ($0.chunk, $0.score) }, uniquingKeysWith: { first, _ in first })
    )
  }

  private func show(
    _ ranked: [(chunk: Int64, score: Double)], terms: TextAnalysis.Terms, limit: Int,
    _ db: Database
  ) throws -> [SearchHit] {
    var hits: [SearchHit] = []
    var seen: Set<Data> = []
    for (chunk, score) in ranked where hits.count < limit {
      guard let row = try catalog.chunkRow(chunk, db), seen.insert(row.contentHash).inserted else {
        continue
      }
      hits.append(
        SearchHit(
          rank: hits.count + 1, score: score, document: row.document, chunk: row.reference,
          text: row.text, matches: TextAnalysis.matches(of: terms, in: row.text)))
    }
    return hits
  }
}
