/// The weight of the vectors in a hybrid search, fitted on half of some judged queries and tried on
/// the other half.
///
/// The best of several weights looks better on the queries that chose it than it is. The other half
/// had no part in the choice, so what it gains there is what it gains on queries like these.
public struct WeightTuning: Sendable {
  /// A weight with what it is worth on the first half.
  public struct Trial: Sendable, Hashable, Encodable {
    /// The weight of the vectors, 0 to 1.
    public let vectorWeight: Double
    /// The mean nDCG@10 over the first half.
    public let ndcgAt10: Double

    enum CodingKeys: String, CodingKey {
      case vectorWeight = "vector_weight"
      case ndcgAt10 = "ndcg_at_10"
    }
  }

  /// The weight of a search that names none.
  public let defaultWeight: Double
  /// Each weight that was tried on the first half, ascending.
  public let trials: [Trial]
  /// The weight that is best on the first half.
  public let fittedWeight: Double
  /// The ids of the queries that chose the weight.
  public let fittedOn: [String]
  /// The ids of the other queries, which tell what it gains.
  public let triedOn: [String]
  /// The means of the fitted weight over the other half.
  public let means: PerMeasure<Double>
  /// What the fitted weight changes on the other half; the earlier means are the default's.
  public let differences: PerMeasure<EvaluationComparison.Difference>

  /// A gain is significant where its probability is below this.
  public static let significance = 0.05
  /// The least number of queries that are split; with less than 11 no gain can be significant.
  static let leastQueries = 8
  /// The weights that are tried.
  static let weights = (0...10).map { Double($0) / 10 }
  /// Means that are nearer to each other than this are equal.
  private static let least = 1e-9

  /// Whether the fitted weight ranks the other half better, by nDCG@10, than chance explains.
  public var isGainSignificant: Bool {
    let gain = differences[.ndcgAt10]
    return gain.difference > 0 && gain.probability < Self.significance
  }

  /// The weight to search with: the fitted one where its gain is significant, else the default.
  public var recommendedWeight: Double { isGainSignificant ? fittedWeight : defaultWeight }
}

extension WeightTuning {
  /// Fits the weight, and tries it.
  ///
  /// - Parameters:
  ///   - queries: the judged queries.
  ///   - evaluated: their measures with the default weight.
  ///   - rank: ranks the documents of some queries with a weight of the vectors, and gives the
  ///     measures in the order of the queries. It is called once for each other weight, and once
  ///     more for the other half.
  /// - Throws: what `rank` throws.
  init(
    of queries: [JudgedSet.Query], evaluated: [QueryEvaluation],
    rank: ([JudgedSet.Query], Double) async throws(HarkError) -> [QueryEvaluation]
  ) async throws(HarkError) {
    let usual = Fusion.fullVectorWeight
    let known = Dictionary(evaluated.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let (fitting, trying) = Self.halves(of: queries)
    let usualFitting = fitting.compactMap { known[$0.id] }
    let usualTrying = trying.compactMap { known[$0.id] }
    var trials: [Trial] = []
    for weight in Self.weights {
      let ranked = weight == usual ? usualFitting : try await rank(fitting, weight)
      trials.append(
        Trial(vectorWeight: weight, ndcgAt10: ranked.mean { $0.values[.ndcgAt10] }))
    }
    let fitted = Self.best(of: trials, near: usual)
    let tried = fitted == usual ? usualTrying : try await rank(trying, fitted)
    defaultWeight = usual
    self.trials = trials
    fittedWeight = fitted
    fittedOn = fitting.map(\.id)
    triedOn = trying.map(\.id)
    means = PerMeasure { measure in tried.mean { $0.values[measure] } }
    differences = PerMeasure(of: tried, since: usualTrying)
  }

  /// Refuses what has no weight to be fitted, or too few queries to be split.
  ///
  /// - Throws: `invalid-argument`, `evaluation-invalid`.
  static func check(_ set: JudgedSet, mode: SearchMode) throws(HarkError) {
    guard mode == .hybrid else {
      throw HarkError(
        .invalidArgument,
        "mode is \(mode.rawValue), where no weight is to be tuned: take hybrid")
    }
    guard set.queries.count >= leastQueries else {
      throw HarkError(
        .evaluationInvalid,
        "\(set.name), split \(set.split), has too few queries with a relevant document to tune by "
          + "one half and try on the other, \(set.queries.count) of at least \(leastQueries): judge "
          + "more queries")
    }
  }

  /// Two halves of some queries, drawn by their ids alone, so that the same queries fall into the
  /// same halves in any order; of an odd number the second half has one more.
  static func halves(
    of queries: [JudgedSet.Query]
  ) -> (first: [JudgedSet.Query], second: [JudgedSet.Query]) {
    var drawn = queries.sorted { $0.id < $1.id }
    var generator = SeededGenerator(seed: 1)
    for last in drawn.indices.dropFirst().reversed() {
      drawn.swapAt(last, generator.index(below: last + 1))
    }
    let half = drawn.count / 2
    return (Array(drawn[..<half]), Array(drawn[half...]))
  }

  /// The weight with the greatest mean: of equal ones the nearest to the default, and of two as near
  /// the lower.
  static func best(of trials: [Trial], near usual: Double) -> Double {
    let greatest = trials.map(\.ndcgAt10).max() ?? 0
    let steps = { (weight: Double) in (abs(weight - usual) * 10).rounded() }
    return trials.filter { $0.ndcgAt10 > greatest - least }.map(\.vectorWeight)
      .min { (steps($0), $0) < (steps($1), $1) } ?? usual
  }
}

extension WeightTuning: Encodable {
  enum CodingKeys: String, CodingKey {
    case trials, means, differences
    case defaultWeight = "default_weight"
    case fittedWeight = "fitted_weight"
    case recommendedWeight = "recommended_weight"
    case fittedOn = "fitted_on"
    case triedOn = "tried_on"
  }

  /// Writes the figures, and the weight that follows from them.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(defaultWeight, forKey: .defaultWeight)
    try container.encode(fittedWeight, forKey: .fittedWeight)
    try container.encode(recommendedWeight, forKey: .recommendedWeight)
    try container.encode(trials, forKey: .trials)
    try container.encode(fittedOn, forKey: .fittedOn)
    try container.encode(triedOn, forKey: .triedOn)
    try container.encode(means, forKey: .means)
    try container.encode(differences, forKey: .differences)
  }
}
