import Embedding
import Foundation
import GRDB
import VectorIndex

/// Answers one query from one state of a store.
struct Searcher: Sendable {
  /// The candidates that each side gives to the fusion.
  static let candidates = 100

  let catalog: Catalog
  let index: IndexReader

  /// The hits of a query, best first; chunks of equal text are one hit.
  ///
  /// - Parameters:
  ///   - query: the text of the query; its terms decide the text side.
  ///   - vector: the query's vector, of unit length; nil for a search by words alone.
  ///   - fusion: how both sides are joined.
  func hits(
    _ query: String, vector: [Float]?, fusion: Fusion, options: SearchOptions
  ) throws -> [SearchHit] {
    let terms = TextAnalysis.queryTerms(of: query)
    return try catalog.read { db in
      // Equal texts collapse, so a few more candidates than hits are asked for.
      let wanted = max(Self.candidates, 2 * options.limit)
      let ranked: [(chunk: Int64, score: Double)]
      switch options.mode {
      case .text:
        ranked = try catalog.textMatches(terms, limit: wanted, db).map { ($0.chunk, $0.score) }
      case .vector:
        ranked = try nearest(vector, k: wanted, db).map { ($0.key, Double($0.score)) }
      case .hybrid:
        ranked = try fuse(terms, vector, fusion, wanted: wanted, db)
      }
      return try show(ranked, terms: terms, limit: options.limit, db)
    }
  }

  private func nearest(_ vector: [Float]?, k: Int, _ db: Database) throws -> [Neighbor] {
    guard let vector, let view = try index.view(db) else { return [] }
    return try view.nearest(to: vector, k: k)
  }

  private func fuse(
    _ terms: TextAnalysis.Terms, _ vector: [Float]?, _ fusion: Fusion, wanted: Int, _ db: Database
  ) throws -> [(chunk: Int64, score: Double)] {
    let texts = try catalog.textMatches(terms, limit: wanted, db)
    let neighbors = try nearest(vector, k: wanted, db)
    var cosines = Dictionary(
      neighbors.map { ($0.key, Double($0.score)) }, uniquingKeysWith: { first, _ in first })
    let unseen = texts.map(\.chunk).filter { cosines[$0] == nil }
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
