import VectorIndex

/// The full text's side of one search.
struct TextSide {
  let query: TextQuery
  let scores: TextScores
  /// What may be found: what the filter allows, without what the query says must not be there; nil
  /// for everything.
  let allowed: KeySet?
  /// The places of phrases that no chunk holds, which are searched as the words that they are.
  let missingPhrases: [Int]
  private let index: TextIndex

  /// - Parameter filtered: the chunks that a filter allows; nil for all.
  /// - Throws: `segment-damaged`.
  init(
    _ query: PreparedQuery, _ index: TextIndex, among filtered: KeySet?
  ) throws(HarkError) {
    self.query = query.textQuery
    self.index = index
    scores = try index.scores(of: query.textQuery)
    guard query.textQuery.isConstrained else {
      (allowed, missingPhrases) = (filtered, [])
      return
    }
    let (chunks, missing) = try index.chunks(allowedBy: query.textQuery)
    let holders = KeySet(chunks)
    allowed = filtered.map { $0.intersection(holders) } ?? holders
    missingPhrases = missing
  }

  /// The best chunks by their words.
  func best(_ k: Int) -> [TextMatch] { scores.best(k, allowing: allowed) }

  /// The share of the greatest score that the query could have.
  func score(of chunk: Int64) -> Double { scores.score(of: chunk) }

  /// The document that holds a chunk; nil where the full text does not know the chunk.
  func document(of chunk: Int64) -> Int64? { scores.document(of: chunk) }

  /// What each clause adds to the score of a chunk.
  func contributions(to chunk: Int64) throws(HarkError) -> [HitExplanation.Term] {
    zip(query.clauses, try index.contributions(to: chunk, of: query, scores)).compactMap {
      clause, value in
      value > 0 ? HitExplanation.Term(text: clause.text, score: value / scores.best) : nil
    }
  }

  /// How much of what the query is about stands in a chunk: the share of the weight and rarity of
  /// its terms, common ones left out, 0…1.
  func coverage(of chunk: Int64) throws(HarkError) -> Double {
    let found = try index.contributions(to: chunk, of: query, scores)
    var (covered, all) = (0.0, 0.0)
    for (index, clause) in query.clauses.enumerated() where !clause.isCommon {
      let mass = clause.weight * scores.rarities[index]
      all += mass
      if found[index] > 0 { covered += mass }
    }
    return all > 0 ? covered / all : 0
  }
}
