/// Joins the ranking by vectors and the ranking by words into one.
///
/// A convex combination of both scores, each brought to 0…1 within the candidates (Bruch, Gai and
/// Ingber, “An Analysis of Fusion Functions for Hybrid Retrieval”, 2023): unlike ranks, scores tell
/// a clear winner from a crowd of near misses. Every candidate has a true cosine, also where only
/// its words were found; a candidate whose words are not among the best matches counts as having
/// none.
struct Fusion {
  /// The weight of the vectors, 0…1; the words have the rest.
  let vectorWeight: Double

  /// The greatest weight that vectors get.
  static let fullVectorWeight = 0.5

  /// - Parameters:
  ///   - tokens: the tokens that the model's tokenizer makes of the query.
  ///   - words: the words of the query.
  ///
  /// A model is as good as its command of the query's language, and the tokenizer tells: words of
  /// a language that it was trained on are one or two tokens, words of another fall to pieces. So
  /// the weight falls as the pieces grow in number.
  init(tokens: Int, words: Int) {
    let pieces = words > 0 ? Double(tokens) / Double(words) : 1
    let command = max(
      0, min(1, (Self.strangePieces - pieces) / (Self.strangePieces - Self.knownPieces)))
    vectorWeight = Self.fullVectorWeight * (Self.leastShare + (1 - Self.leastShare) * command)
  }

  /// Up to this many tokens a word, the model knows the language.
  private static let knownPieces = 2.0
  /// From this many tokens a word on, it does not.
  private static let strangePieces = 4.0
  /// The share of the full weight that vectors keep in a language that the model does not know.
  private static let leastShare = 0.1

  /// The fused scores of candidates, best first, ties by id.
  ///
  /// - Parameters:
  ///   - cosines: the cosine of each candidate.
  ///   - texts: the BM25 score of each candidate that holds words of the query.
  func ranked(cosines: [Int64: Double], texts: [Int64: Double]) -> [(chunk: Int64, score: Double)] {
    let greatestText = texts.values.max() ?? 0
    let greatest = cosines.values.max() ?? 0
    let least = cosines.values.min() ?? 0
    let span = greatest - least
    return cosines.map { chunk, cosine in
      let text = greatestText > 0 ? (texts[chunk] ?? 0) / greatestText : 0
      let vector = span > 0 ? (cosine - least) / span : 1
      return (chunk: chunk, score: vectorWeight * vector + (1 - vectorWeight) * text)
    }
    .sorted { ($0.score, $1.chunk) > ($1.score, $0.chunk) }
  }
}
