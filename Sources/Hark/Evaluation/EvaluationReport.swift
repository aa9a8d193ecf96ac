/// How well a search ranks a set of judged queries.
public struct EvaluationReport: Sendable {
  /// The set's folder name.
  public let dataset: String
  /// The name of the judgements' file.
  public let split: String
  /// How hits were ranked.
  public let mode: SearchMode
  /// The queries with at least one relevant document, in the order of the set.
  public let queries: [QueryEvaluation]
  /// Queries that were judged and have no relevant document: they are in no mean.
  public let queriesWithoutRelevant: Int
  /// Documents in the store.
  public let documents: Int
  /// Documents that could not be ingested, which the measures count as not found.
  public let failures: [IngestFailure]
  /// What in the set is odd, one sentence each.
  public let warnings: [String]
  /// The mean of each measure over the queries.
  public let means: PerMeasure<Double>
  /// For each mean the interval that holds it in 95 of 100 sets of such queries.
  public let intervals: PerMeasure<ClosedRange<Double>>
  /// The mean time of a search in milliseconds, with as many under way as there are cores.
  public let millisecondsPerQuery: Double
  /// What changed since the earlier run that was named, if one was.
  public let comparison: EvaluationComparison?
  /// The weight of the vectors that suits the queries best, where it was asked for; all other figures
  /// are of the default weight.
  public let tuning: WeightTuning?

  /// Takes the means of what was measured.
  init(
    of set: JudgedSet, mode: SearchMode, queries: [QueryEvaluation], documents: Int,
    failures: [IngestFailure] = [], warnings: [String] = [], against earlier: EvaluationRun? = nil,
    tuning: WeightTuning? = nil
  ) {
    dataset = set.name
    split = set.split
    self.mode = mode
    self.queries = queries
    queriesWithoutRelevant = set.queriesWithoutRelevant
    self.documents = documents
    self.failures = failures
    self.warnings = set.warnings + warnings
    means = PerMeasure { measure in queries.mean { $0.values[measure] } }
    intervals = PerMeasure { measure in
      Resampling.interval(ofMean: queries.map { $0.values[measure] })
    }
    millisecondsPerQuery = queries.mean(\.tookMilliseconds)
    comparison = earlier.map { EvaluationComparison(of: queries, with: $0) }
    self.tuning = tuning
  }
}

extension EvaluationReport: Encodable {
  enum CodingKeys: String, CodingKey {
    case dataset, split, mode, queries, documents, failures, warnings, intervals, against, tuning
    case queriesWithoutRelevant = "queries_without_relevant"
    case millisecondsPerQuery = "ms_per_query"
    case perQuery = "per_query"
  }

  /// Writes the means beside the other figures, and `against` and `tuning` only where they were
  /// asked for.
  public func encode(to encoder: any Encoder) throws {
    try means.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(dataset, forKey: .dataset)
    try container.encode(split, forKey: .split)
    try container.encode(mode, forKey: .mode)
    try container.encode(queries.count, forKey: .queries)
    try container.encode(queriesWithoutRelevant, forKey: .queriesWithoutRelevant)
    try container.encode(documents, forKey: .documents)
    try container.encode(failures, forKey: .failures)
    try container.encode(warnings, forKey: .warnings)
    try container.encode(intervals, forKey: .intervals)
    try container.encode(millisecondsPerQuery, forKey: .millisecondsPerQuery)
    try container.encodeIfPresent(comparison, forKey: .against)
    try container.encodeIfPresent(tuning, forKey: .tuning)
    try container.encode(queries, forKey: .perQuery)
  }
}
