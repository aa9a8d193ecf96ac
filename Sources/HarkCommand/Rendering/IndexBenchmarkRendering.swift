import VectorIndex

/// The figures of `hark bench index` in words.
struct IndexBenchmarkRendering: Sendable {
  /// What is rendered.
  let result: IndexBenchmark.Result

  /// The whole text.
  var text: String {
    let threads = Quantity.count(result.build.threads, "thread")
    let head = [
      [
        "vectors",
        "\(Quantity.grouped(result.count)) × \(result.dimension), \(result.metric)",
      ],
      ["index", "\(result.kind), \(result.profile)"],
      ["build", "\(Quantity.decimal(result.build.seconds, places: 2)) s, \(threads)"],
      ["size", "\(Quantity.decimal(result.bytesPerVector, places: 0)) bytes a vector"],
      ["open", "\(Quantity.decimal(result.openMilliseconds, places: 3)) ms"],
      ["machine", "\(result.machine); kernels \(result.kernels)"],
    ]
    let columns = ["recall", "effort", "queries/s", "p50 µs", "p99 µs", "threads"]
    let rows = result.points.map { point in
      [
        Quantity.decimal(point.recall, places: 4), "\(point.effort)",
        Quantity.grouped(Int(point.queriesPerSecond.rounded())),
        Quantity.decimal(point.p50, places: 1), Quantity.decimal(point.p99, places: 1),
        "\(point.threads)",
      ]
    }
    let exact = (result.exact ?? []).map { point in
      let rate = Quantity.grouped(Int(point.queriesPerSecond.rounded()))
      return [
        "exact, all at once", "\(rate) queries/s", Quantity.count(point.threads, "thread"),
      ]
    }
    return Columns.text(of: head) + "\n" + Columns.text(of: [columns] + rows)
      + (exact.isEmpty ? "" : "\n" + Columns.text(of: exact))
  }
}
