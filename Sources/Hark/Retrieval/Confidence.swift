import Foundation

/// How sure it is that the best hit answers the query: below ``SearchResult/answerable``, probably
/// nothing does.
///
/// A logistic function of what both sides know: how much of what the query is about stands in the
/// best hit, and how near the nearest vector is, as far as the model is trusted with the query's
/// language. Its constants were fitted on half of the queries that docs/retrieval.md names, and
/// measured on the others.
enum Confidence {
  /// - Parameters:
  ///   - coverage: the share of the query's terms that the best hit holds, by weight and rarity.
  ///   - cosine: the greatest cosine among the candidates.
  ///   - trust: how far the model is trusted with the query.
  ///   - hasAnswer: whether anything was found.
  static func ofAnswer(coverage: Double, cosine: Double, trust: Double, hasAnswer: Bool) -> Double {
    guard hasAnswer else { return 0 }
    return 1 / (1 + exp(-(-2.2 + 11 * coverage + trust * (6 * cosine - 2))))
  }
}
