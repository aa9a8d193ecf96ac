import Hark

/// The figures of `hark bench search` in words.
struct SearchMeasurementRendering: Sendable {
  /// What is rendered.
  let measurement: SearchMeasurement

  /// The whole text.
  var text: String {
    let chunks = Quantity.count(measurement.chunks, "chunk")
    let documents = Quantity.count(measurement.documents, "document")
    let segments = Quantity.count(measurement.segments, "segment")
    let queries = Quantity.count(measurement.queries, "query", plural: "queries")
    let rounds = Quantity.count(measurement.rounds, "round")
    let head = [
      [
        "store",
        "\(chunks) of \(documents)\(measurement.isSynthetic ? ", generated" : ""); \(segments), "
          + "\(Quantity.grouped(measurement.tail)) in the tail",
      ],
      [
        "model",
        "\(DisplayText.line(measurement.model)), \(measurement.dimension) dimensions"
          + (measurement.isStubbed ? "; nothing is embedded" : ""),
      ],
      [
        "queries",
        "\(queries)\(measurement.isSample ? " from the store" : ""), \(measurement.limit) hits at "
          + "most, \(rounds) in turns after \(measurement.warmUpRounds)",
      ],
      ["machine", "\(measurement.machine); kernels \(measurement.kernels)"],
    ]
    let columns = ["mode", "stage", "mean ms", "p50 ms", "p95 ms", "p99 ms", "hits"]
    let rows = measurement.modes.flatMap { mode in
      mode.stages.map { row(mode.mode, $0.stage.rawValue, $0.times) }
        + [row(mode.mode, "total", mode.total, Quantity.decimal(mode.hits, places: 1))]
    }
    return Columns.text(of: head) + "\n"
      + Columns.text(of: [columns] + rows, leading: [2, 3, 4, 5, 6])
  }

  private func row(
    _ mode: SearchMode, _ stage: String, _ times: SearchMeasurement.Times, _ hits: String = "-"
  ) -> [String] {
    [mode.rawValue, stage]
      + [times.mean, times.p50, times.p95, times.p99].map { Quantity.decimal($0, places: 3) }
      + [hits]
  }
}
