/// An evaluation held against an earlier one of the same queries.
public struct EvaluationComparison: Sendable, Encodable {
  /// What became of one measure.
  public struct Difference: Sendable, Encodable {
    /// The mean of the earlier run.
    public let earlier: Double
    /// This run's mean less the earlier one.
    public let difference: Double
    /// The interval that holds the difference of means in 95 of 100 sets of such queries.
    public let interval: ClosedRange<Double>
    /// How probable a difference of at least this size is where both runs are equally good.
    public let probability: Double
    /// The ids of the queries that are ranked better now, those that gained most first.
    public let better: [String]
    /// The ids of the queries that are ranked worse now, those that lost most first.
    public let worse: [String]

    enum CodingKeys: String, CodingKey {
      case earlier, difference, interval, better, worse
      case probability = "p"
    }

    /// Differences below this are roundings of another machine.
    private static let least = 1e-9

    /// Compares a measure of the same queries, by their ids.
    init(_ pairs: [(id: String, earlier: Double, now: Double)]) {
      let moves = pairs.map { pair in
        let move = pair.now - pair.earlier
        return (id: pair.id, by: abs(move) < Self.least ? 0 : move)
      }
      let count = Double(max(1, pairs.count))
      earlier = pairs.reduce(0) { $0 + $1.earlier } / count
      difference = moves.reduce(0) { $0 + $1.by } / count
      interval = Resampling.interval(ofMean: moves.map(\.by))
      probability = Resampling.probability(ofDifferences: moves.map(\.by))
      better = moves.filter { $0.by > 0 }.sorted { ($1.by, $0.id) < ($0.by, $1.id) }.map(\.id)
      worse = moves.filter { $0.by < 0 }.sorted { ($0.by, $0.id) < ($1.by, $1.id) }.map(\.id)
    }
  }

  /// The file of the earlier run.
  public let run: String
  /// How the earlier run ranked.
  public let mode: SearchMode
  /// What became of each measure.
  public let differences: PerMeasure<Difference>

  /// Compares this run's queries with those of an earlier run, which has to have the same ones.
  init(of queries: [QueryEvaluation], with run: EvaluationRun) {
    self.run = run.path
    mode = run.mode
    differences = PerMeasure(of: queries, since: run.queries)
  }
}

extension PerMeasure<EvaluationComparison.Difference> {
  /// Compares queries with the same ones as they were ranked earlier, by their ids.
  init(of queries: [QueryEvaluation], since earlier: [QueryEvaluation]) {
    let earlier = Dictionary(
      earlier.map { ($0.id, $0.values) }, uniquingKeysWith: { first, _ in first })
    self.init { measure in
      EvaluationComparison.Difference(
        queries.compactMap { query in
          earlier[query.id].map { (query.id, $0[measure], query.values[measure]) }
        })
    }
  }
}
