import Embedding
import Foundation
import GRDB
import VectorIndex

/// Answers one query from one state of a store.
///
/// What may be found at all comes first: the filter, and the phrases and exclusions of the query,
/// as one set of chunks for both sides. Each side then gives its best candidates, every candidate gets the true score of both sides, ``Fusion`` joins
/// them, and the best are read from the catalog. docs/retrieval.md describes the ranking.
struct Searcher: Sendable {
  /// The candidates that each side gives to the fusion.
  private static let candidates = 100
  /// The most candidates that are asked for where many collapse into one hit.
  private static let mostCandidates = 6400

  let catalog: Catalog
  let index: IndexReader
  let texts: TextIndexReader
  let filters: FilterCompiler
  /// The collection that is searched, as it was when the query was embedded.
  let collection: CollectionScope

  /// Answers a query; chunks of equal text are one hit.
  func answer(_ query: PreparedQuery, options: SearchOptions) throws -> SearchAnswer {
    try catalog.readOpeningSegments { db in try answer(query, options: options, db) }
  }

  /// The hits of a query as one text for a language model, from one state of the store.
  ///
  /// - Parameters:
  ///   - budget: how many tokens the text may have.
  ///   - countTokens: counts them.
  func context(
    _ query: PreparedQuery, options: SearchOptions, budget: Int,
    countTokens: (Substring) -> Int
  ) throws -> (ContextSelection, confidence: Double) {
    try catalog.readOpeningSegments { db in
      let answer = try answer(query, options: options, db)
      let selection = try ContextSelection(answer.hits, budget: budget, countTokens: countTokens) {
        (document, range) in
        try catalog.text(of: document, range, db)
      }
      return (selection, answer.confidence)
    }
  }

  private func answer(
    _ query: PreparedQuery, options: SearchOptions, _ db: Database
  ) throws -> SearchAnswer {
    var answer = SearchAnswer()
    var watch = Stopwatch()
    let filtered = try options.filter.map { filter in
      try filters.compile(filter, of: catalog.scope(collection.id, db), db)
    }
    let text =
      options.mode == .vector
      ? nil : try TextSide(query, texts.view(of: collection.id, db), among: filtered)
    let allowed = text.map(\.allowed) ?? filtered
    if let allowed, allowed.isEmpty {
      let ranking = Ranking(query, options, near: [], words: [], text: text, vectors: nil)
      try explain(&answer, query, ranking, text, options)
      return answer
    }
    let vectors =
      options.mode == .text && options.diversity == 0
      ? nil : try index.view(of: try current(db), db)
    // Equal texts collapse, so more candidates than hits are asked for, and more again where
    // too few hits are left.
    var wanted = max(Self.candidates, 2 * options.limit)
    while true {
      let words = text?.best(wanted) ?? []
      answer.timing.words += watch.lap()
      let near =
        try query.vector.flatMap { vector in
          try vectors?.nearest(to: vector, k: wanted, allowing: allowed)
        } ?? []
      answer.timing.vectors += watch.lap()
      let ranking = Ranking(
        query, options, near: near, words: words, text: text, vectors: vectors)
      let ranked = ranking.candidates.filter { $0.score >= options.minimumScore ?? 0 }
        .diversified(by: options.diversity, limit: options.limit, vectors)
      answer.timing.fusion += watch.lap()
      answer.hits = try show(ranked, query, limit: options.limit, db)
      answer.timing.fetching += watch.lap()
      let isWhole = answer.hits.count == options.limit || max(words.count, near.count) < wanted
      if isWhole || wanted >= Self.mostCandidates {
        try explain(&answer, query, ranking, text, options)
        return answer
      }
      wanted *= 4
    }
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

  private func show(
    _ ranked: [Candidate], _ query: PreparedQuery, limit: Int, _ db: Database
  ) throws -> [SearchHit] {
    var hits: [SearchHit] = []
    var seen: Set<Data> = []
    for candidate in ranked where hits.count < limit {
      guard let row = try catalog.chunkRow(candidate.chunk, db),
        seen.insert(row.contentHash).inserted
      else { continue }
      hits.append(
        SearchHit(
          rank: hits.count + 1, score: candidate.score, document: row.document,
          chunk: row.reference, text: row.text,
          matches: TextAnalysis.matches(of: query.terms, in: row.text)))
    }
    return hits
  }

  /// Says how sure the answer is and, where that is asked for, how it came about.
  private func explain(
    _ answer: inout SearchAnswer, _ query: PreparedQuery, _ ranking: Ranking, _ text: TextSide?,
    _ options: SearchOptions
  ) throws {
    let best = answer.hits.first?.chunk.id
    let coverage = try best.flatMap { try text?.coverage(of: $0) } ?? 0
    answer.confidence = Confidence.ofAnswer(
      coverage: coverage, cosine: ranking.candidates.compactMap(\.cosine).max() ?? 0,
      trust: ranking.trust, hasAnswer: best != nil)
    guard options.explains else { return }
    let candidates = Dictionary(
      ranking.candidates.map { ($0.chunk, $0) }, uniquingKeysWith: { first, _ in first })
    answer.explanation = SearchExplanation(query, ranking, coverage: coverage, text)
    for place in answer.hits.indices {
      let chunk = answer.hits[place].chunk.id
      guard let candidate = candidates[chunk] else { continue }
      answer.hits[place].explanation = HitExplanation(
        candidate, terms: try text?.contributions(to: chunk) ?? [])
    }
  }
}

/// What a search found, and how.
struct SearchAnswer: Sendable {
  var hits: [SearchHit] = []
  /// How sure it is that the best hit answers the query, 0…1.
  var confidence = 0.0
  var explanation: SearchExplanation?
  var timing = SearchTiming()
}

/// How long the stages of a search took, the embedding of its query apart.
struct SearchTiming: Sendable {
  /// The full text.
  var words = Duration.zero
  /// The nearest vectors.
  var vectors = Duration.zero
  /// Scores of all candidates, feedback, fusion and diversity.
  var fusion = Duration.zero
  /// The hits' texts and documents from the catalog.
  var fetching = Duration.zero
}

/// Measures stages that follow each other.
private struct Stopwatch {
  private let clock = ContinuousClock()
  private var last: ContinuousClock.Instant

  init() { last = clock.now }

  /// The time since the last lap.
  mutating func lap() -> Duration {
    let now = clock.now
    defer { last = now }
    return now - last
  }
}
