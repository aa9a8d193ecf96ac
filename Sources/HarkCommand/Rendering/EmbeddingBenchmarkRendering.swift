import Hark

/// The figures of `hark bench embed` in words.
struct EmbeddingBenchmarkRendering: Sendable {
  /// What is rendered.
  let result: EmbeddingBenchmark.Result

  /// The whole text.
  var text: String {
    let threads = Quantity.count(result.threads, "thread")
    let tokens = Quantity.grouped(Int(result.tokensPerSecond.rounded()))
    let chunks = Quantity.decimal(result.chunksPerSecond, places: 1)
    let median = Quantity.decimal(result.p50, places: 2)
    let slow = Quantity.decimal(result.p99, places: 2)
    return Columns.text(of: [
      ["model", "\(result.model), \(result.precision)"],
      [
        "texts",
        "\(Quantity.grouped(result.chunks)), \(Quantity.count(result.tokens, "token"))",
      ],
      ["tokenize", "\(Quantity.decimal(result.tokenizeSeconds, places: 4)) s, \(threads)"],
      ["embed", "\(Quantity.decimal(result.embedSeconds, places: 3)) s, \(threads)"],
      ["rate", "\(tokens) tokens/s, \(chunks) chunks/s"],
      ["query", "p50 \(median) ms, p99 \(slow) ms, 1 thread"],
      ["load", "\(Quantity.decimal(result.loadMilliseconds, places: 1)) ms"],
      ["machine", "\(result.machine); kernels \(result.kernels)"],
    ])
  }
}
