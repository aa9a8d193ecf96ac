import Hark

/// The measures of an evaluation in words.
struct EvaluationRendering: Sendable {
  /// What is rendered.
  let report: EvaluationReport

  /// The whole text.
  var text: String {
    let queries = Quantity.count(report.queries, "query", plural: "queries")
    let documents = Quantity.count(report.documents, "document")
    let measures = [
      ("nDCG@10", report.ndcgAt10), ("recall@10", report.recallAt10),
      ("recall@100", report.recallAt100), ("success@1", report.firstAt1),
      ("success@3", report.firstAt3),
    ]
    let rows = measures.map { [$0, Quantity.decimal($1, places: 4)] }
    let set = DisplayText.line(report.dataset)
    return "\(set): \(queries), \(documents), \(report.mode.rawValue)\n\n"
      + Columns.text(of: rows)
  }
}
