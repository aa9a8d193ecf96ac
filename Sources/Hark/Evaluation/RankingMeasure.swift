import Foundation

/// A measure of how well one query's documents are ranked, from 0 to 1, as trec_eval defines it.
///
/// A document is relevant where its gain is above 0. All others count the same, whether they were
/// judged or not. What stands beyond the end of a ranking was not found. The name in JSON and on the
/// command line is the raw value.
public enum RankingMeasure: String, Sendable, CaseIterable, CodingKey {
  /// The normalised discounted cumulative gain of the first ten documents, with linear gain and a
  /// discount of log2(rank + 1) (Järvelin and Kekäläinen 2002): 1 for the best ranking there could
  /// be.
  case ndcgAt10 = "ndcg_at_10"
  /// The share of the relevant documents that are among the first ten.
  case recallAt10 = "recall_at_10"
  /// The share of the relevant documents that are among the first hundred.
  case recallAt100 = "recall_at_100"
  /// One over the rank of the first relevant document; 0 where none is among the first ten.
  case mrrAt10 = "mrr_at_10"
  /// The average precision: the mean over all relevant documents of the precision at the rank of
  /// each, 0 for one that is not among the first hundred. Its mean over queries is MAP.
  case averagePrecision = "map"
  /// 1 where the first document is relevant, else 0.
  case successAt1 = "success_at_1"
  /// 1 where one of the first three documents is relevant, else 0.
  case successAt3 = "success_at_3"

  /// The deepest rank that any measure looks at.
  static let depth = 100

  /// The measure of a ranking.
  ///
  /// - Parameters:
  ///   - ranking: the documents found, best first, each once.
  ///   - gains: the gains of the relevant documents, all above 0.
  /// - Complexity: O(*n*) in the documents up to the measure's depth, and a sort of the gains.
  func value(of ranking: [String], gains: [String: Double]) -> Double {
    switch self {
    case .ndcgAt10: Self.ndcg(ranking, gains: gains, depth: 10)
    case .recallAt10: Self.recall(ranking, gains: gains, depth: 10)
    case .recallAt100: Self.recall(ranking, gains: gains, depth: Self.depth)
    case .mrrAt10: Self.reciprocalRank(ranking, gains: gains, depth: 10)
    case .averagePrecision: Self.averagePrecision(ranking, gains: gains, depth: Self.depth)
    case .successAt1: Self.success(ranking, gains: gains, depth: 1)
    case .successAt3: Self.success(ranking, gains: gains, depth: 3)
    }
  }
}

extension RankingMeasure {
  static func ndcg(_ ranking: [String], gains: [String: Double], depth: Int) -> Double {
    let ideal = discounted(gains.values.sorted(by: >).prefix(depth))
    guard ideal > 0 else { return 0 }
    return discounted(ranking.prefix(depth).map { gains[$0] ?? 0 }) / ideal
  }

  static func recall(_ ranking: [String], gains: [String: Double], depth: Int) -> Double {
    guard !gains.isEmpty else { return 0 }
    return Double(ranking.prefix(depth).count { gains[$0] != nil }) / Double(gains.count)
  }

  static func reciprocalRank(_ ranking: [String], gains: [String: Double], depth: Int) -> Double {
    firstRelevant(ranking.prefix(depth), gains: gains).map { 1 / Double($0) } ?? 0
  }

  static func averagePrecision(_ ranking: [String], gains: [String: Double], depth: Int) -> Double {
    guard !gains.isEmpty else { return 0 }
    var found = 0
    var sum = 0.0
    for (index, document) in ranking.prefix(depth).enumerated() where gains[document] != nil {
      found += 1
      sum += Double(found) / Double(index + 1)
    }
    return sum / Double(gains.count)
  }

  static func success(_ ranking: [String], gains: [String: Double], depth: Int) -> Double {
    firstRelevant(ranking.prefix(depth), gains: gains) == nil ? 0 : 1
  }

  /// The rank of the first relevant document, from 1; nil where there is none.
  static func firstRelevant(_ ranking: some Collection<String>, gains: [String: Double]) -> Int? {
    ranking.enumerated().first { gains[$0.element] != nil }.map { $0.offset + 1 }
  }

  private static func discounted(_ gains: some Sequence<Double>) -> Double {
    gains.enumerated().reduce(0) { $0 + $1.element / log2(Double($1.offset + 2)) }
  }
}

/// One value for each measure; as JSON an object with the measures' names.
public struct PerMeasure<Value: Sendable>: Sendable {
  private let values: [Value]

  /// Makes a value for each measure.
  init(_ value: (RankingMeasure) throws -> Value) rethrows {
    values = try RankingMeasure.allCases.map(value)
  }

  /// The value for a measure.
  public subscript(measure: RankingMeasure) -> Value {
    values[RankingMeasure.allCases.firstIndex(of: measure) ?? 0]
  }
}

extension PerMeasure: Equatable where Value: Equatable {}
extension PerMeasure: Hashable where Value: Hashable {}

extension PerMeasure: Encodable where Value: Encodable {
  /// Writes each value under its measure's name.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: RankingMeasure.self)
    for measure in RankingMeasure.allCases { try container.encode(self[measure], forKey: measure) }
  }
}

extension PerMeasure: Decodable where Value: Decodable {
  /// Reads what ``encode(to:)`` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: RankingMeasure.self)
    try self.init { try container.decode(Value.self, forKey: $0) }
  }
}
