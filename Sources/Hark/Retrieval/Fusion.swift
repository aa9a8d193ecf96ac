import Documents

/// Joins the ranking by vectors and the ranking by words into one.
///
/// A convex combination of both scores (Bruch, Gai and Ingber, “An Analysis of Fusion Functions for
/// Hybrid Retrieval”, 2023), each on a scale of its own that does not depend on the other
/// candidates: the cosine, and the share of the greatest BM25 score that the query could have. So a
/// score tells how good a hit is, not only that it is better than the next.
struct Fusion: Sendable {
  /// How far the model is trusted with the query's language, 0…1.
  let trust: Double
  /// The weight of the vectors, 0…1; the words have the rest.
  let vectorWeight: Double

  /// The weight that vectors get where the model knows the language and the search names no other.
  static let fullVectorWeight = 0.5
  /// Up to this many tokens a word, the model knows the language.
  private static let knownPieces = 1.5
  /// From this many tokens a word on, it does not.
  private static let strangePieces = 2.5

  /// - Parameters:
  ///   - trust: how far the model is trusted with the query.
  ///   - fullWeight: the weight that vectors get where it is trusted wholly.
  ///   - hasMatches: whether any chunk holds a word of the query; where none does, the vectors are
  ///     all there is.
  init(trust: Double, fullWeight: Double? = nil, hasMatches: Bool) {
    self.trust = trust
    vectorWeight = hasMatches ? (fullWeight ?? Self.fullVectorWeight) * trust : 1
  }

  /// How far the model is trusted with a query, 0…1.
  ///
  /// A model is as good as its command of the query's language, and the tokenizer tells: words of
  /// a language that it was trained on are one or two tokens, words of another fall to pieces. So
  /// trust falls as the pieces grow in number.
  static func trust(in query: PreparedQuery) -> Double {
    guard query.wordCount > 0 else { return 1 }
    let pieces = Double(query.tokenCount) / Double(query.wordCount)
    return max(0, min(1, (strangePieces - pieces) / (strangePieces - knownPieces)))
  }

  /// The fused score of a candidate.
  func score(_ candidate: Candidate) -> Double {
    let cosine = candidate.refined ?? candidate.cosine ?? 0
    return vectorWeight * max(0, cosine) + (1 - vectorWeight) * (candidate.share ?? 0)
  }
}

/// Moves a query towards what answers it best: pseudo relevance feedback after Rocchio (1971), in
/// the space of vectors.
///
/// The best candidates of both sides are taken for answers; the mean of their vectors joins the
/// query's, and all candidates are compared with both.
enum Feedback {
  /// How many of the best candidates are taken for answers.
  private static let count = 5
  /// The weight of their mean beside the query.
  private static let weight: Float = 0.6
  /// Vectors with a greater cosine are of the same text.
  private static let sameText = 0.99999

  /// The first of some chunks, of equal texts one.
  ///
  /// - Parameters:
  ///   - ranked: chunks, best first.
  ///   - rows: their vectors.
  static func answers(_ ranked: [Int64], _ rows: [Int64: [Float]]) -> [Int64] {
    var answers: [Int64] = []
    for chunk in ranked where answers.count < count {
      guard let row = rows[chunk] else { continue }
      let isKnown = answers.contains { (rows[$0]?.dot(row) ?? 0) > sameText }
      if !isKnown { answers.append(chunk) }
    }
    return answers
  }

  /// The query moved towards some vectors, of unit length.
  ///
  /// - Complexity: O(vectors · dimension).
  static func refine(_ query: [Float], by vectors: [[Float]]) -> [Float] {
    let mean = unit(query.indices.map { index in vectors.reduce(0) { $0 + $1[index] } })
    return unit(zip(query, mean).map { $0 + weight * $1 })
  }

  /// A vector of length one; zeros stay zeros.
  private static func unit(_ vector: [Float]) -> [Float] {
    let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return length > 0 ? vector.map { $0 / length } : vector
  }
}
