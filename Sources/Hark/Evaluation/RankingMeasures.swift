import Foundation

/// Measures of one ranking against the gains of its relevant documents, as trec_eval defines them.
enum RankingMeasures {
  /// The normalised discounted cumulative gain of the first `depth` documents, with linear gain
  /// (Järvelin and Kekäläinen 2002): 1 for the best ranking there could be.
  static func ndcg(_ ranking: [String], gains: [String: Double], depth: Int) -> Double {
    let ideal = discounted(gains.values.sorted(by: >).prefix(depth))
    guard ideal > 0 else { return 0 }
    return discounted(ranking.prefix(depth).map { gains[$0] ?? 0 }) / ideal
  }

  /// The share of the relevant documents among the first `depth`.
  static func recall(_ ranking: [String], gains: [String: Double], depth: Int) -> Double {
    guard !gains.isEmpty else { return 0 }
    return Double(ranking.prefix(depth).count { gains[$0] != nil }) / Double(gains.count)
  }

  /// 1 where one of the first `depth` documents is relevant, else 0.
  static func success(_ ranking: [String], gains: [String: Double], depth: Int) -> Double {
    ranking.prefix(depth).contains { gains[$0] != nil } ? 1 : 0
  }

  private static func discounted(_ gains: some Sequence<Double>) -> Double {
    gains.enumerated().reduce(0) { $0 + $1.element / log2(Double($1.offset + 2)) }
  }
}
