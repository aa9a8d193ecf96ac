import Hark

/// The measures of an evaluation in words.
struct EvaluationRendering: Sendable {
  /// What is rendered.
  let report: EvaluationReport
  /// Whether each query is shown.
  var showsQueries = false

  /// The columns of a query in a table.
  private static let queryColumns = 40
  /// How many queries are named that are ranked otherwise than in an earlier run.
  private static let named = 20

  /// The whole text.
  var text: String {
    var parts = [head, means]
    if showsQueries { parts.append(queries) }
    if let comparison = report.comparison {
      parts.append("Against \(DisplayText.line(comparison.run)), \(comparison.mode.rawValue):\n")
      parts.append(
        Self.table(of: comparison.differences, means: report.means, names: ("earlier", "now")))
      let moves = changes(of: comparison)
      if !moves.isEmpty { parts.append(moves) }
    }
    if let tuning = report.tuning { parts.append(TuningRendering(tuning: tuning).text) }
    return parts.joined(separator: "\n")
  }

  private var head: String {
    let queries = Quantity.count(report.queries.count, "query", plural: "queries")
    let documents = Quantity.count(report.documents, "document")
    let time = Quantity.decimal(report.millisecondsPerQuery, places: 1)
    let left = report.queriesWithoutRelevant
    return "\(DisplayText.line(report.dataset)): \(queries), \(documents), "
      + "\(report.mode.rawValue), \(time) ms a query\n"
      + (left == 0 ? "" : "\(Quantity.grouped(left)) more without relevant documents left out\n")
  }

  private var means: String {
    let rows = RankingMeasure.allCases.map { measure in
      [
        measure.label, Self.decimal(report.means[measure]),
        Self.interval(report.intervals[measure]),
      ]
    }
    return Columns.text(of: [["", "mean", "95 % interval"]] + rows)
  }

  private var queries: String {
    let measures = RankingMeasure.allCases.filter { $0 != .successAt1 && $0 != .successAt3 }
    let rows = report.queries.map { query in
      [DisplayText.line(query.id)] + measures.map { Self.decimal(query.values[$0]) }
        + [
          query.firstRelevant.map { "\($0)" } ?? "-", "\(query.relevant)",
          DisplayText.prefix(DisplayText.line(query.text), columns: Self.queryColumns),
        ]
    }
    return Columns.text(
      of: [["ID"] + measures.map(\.label) + ["FIRST", "RELEVANT", "QUERY"]] + rows,
      leading: Set(1...measures.count + 2))
  }

  /// A table of what changed.
  ///
  /// - Parameters:
  ///   - differences: what became of each measure.
  ///   - means: what each measure is now.
  ///   - names: the titles of the earlier means and of these.
  static func table(
    of differences: PerMeasure<EvaluationComparison.Difference>, means: PerMeasure<Double>,
    names: (earlier: String, now: String)
  ) -> String {
    let rows = RankingMeasure.allCases.map { measure in
      let change = differences[measure]
      return [
        measure.label, decimal(change.earlier), decimal(means[measure]),
        signed(change.difference), interval(change.interval, signed),
        decimal(change.probability), Quantity.grouped(change.better.count),
        Quantity.grouped(change.worse.count),
      ]
    }
    let head = ["", names.earlier, names.now, "change", "95 % interval", "p", "better", "worse"]
    return Columns.text(of: [head] + rows, leading: [1, 2, 3, 5, 6, 7])
  }

  /// The queries that changed, by the first measure.
  private func changes(of comparison: EvaluationComparison) -> String {
    let change = comparison.differences[.ndcgAt10]
    func line(_ ids: [String], _ word: String) -> String {
      guard !ids.isEmpty else { return "" }
      let rest = ids.count - Self.named
      return "\(word) by nDCG@10: "
        + DisplayText.line(ids.prefix(Self.named).joined(separator: ", "))
        + (rest > 0 ? " and \(Quantity.grouped(rest)) more; --json lists all" : "") + "\n"
    }
    return line(change.better, "Better") + line(change.worse, "Worse")
  }

  static func decimal(_ value: Double) -> String { Quantity.decimal(value, places: 4) }

  private static func signed(_ value: Double) -> String {
    (value < 0 ? "" : "+") + Quantity.decimal(value, places: 4)
  }

  private static func interval(
    _ range: ClosedRange<Double>,
    _ number: (Double) -> String = { Quantity.decimal($0, places: 4) }
  ) -> String {
    "\(number(range.lowerBound)) to \(number(range.upperBound))"
  }
}

extension RankingMeasure {
  /// The measure's name as the field writes it.
  var label: String {
    switch self {
    case .ndcgAt10: "nDCG@10"
    case .recallAt10: "recall@10"
    case .recallAt100: "recall@100"
    case .mrrAt10: "MRR@10"
    case .averagePrecision: "MAP"
    case .successAt1: "success@1"
    case .successAt3: "success@3"
    }
  }
}
