import Hark

/// The state of the index, and the outcome of its check, in words.
enum IndexRendering {
  /// What `hark index info` and `hark index rebuild` print.
  static func text(of status: IndexStatus, store: String) -> String {
    let dimensions = Quantity.count(status.dimension, "dimension")
    let fields = [
      ["store", DisplayText.line(store)],
      ["collection", status.collection],
      ["model", "\(DisplayText.line(status.model)), \(dimensions)"],
      ["chunks", Quantity.grouped(status.chunks)],
      ["segments", Quantity.grouped(status.segments.count)],
      ["tail", Quantity.grouped(status.tail)],
      ["masked", Quantity.grouped(status.masked)],
    ]
    let text = Columns.text(of: fields)
    guard !status.segments.isEmpty else { return text }
    let rows = status.segments.map { segment in
      [
        "\(segment.generation)", Quantity.grouped(segment.vectors), Quantity.bytes(segment.bytes),
        segment.file,
      ]
    }
    let head = ["GENERATION", "VECTORS", "SIZE", "FILE"]
    return text + "\n" + Columns.text(of: [head] + rows, leading: [0, 1, 2])
  }

  /// What `hark index verify` prints.
  static func text(of verification: IndexVerification, isQuiet: Bool) -> String {
    let problems = verification.problems
      .map { "\(DisplayText.line($0.message)) [\($0.code)]\n" }.joined()
    if isQuiet { return problems }
    let segments = Quantity.count(verification.segments, "segment")
    let vectors = Quantity.count(verification.vectors, "vector")
    let read = "\(segments) read whole, \(vectors) compared with the catalog"
    guard !verification.problems.isEmpty else { return "\(read): nothing is wrong.\n" }
    return "\(problems)\n\(read): \(Quantity.count(verification.problems.count, "problem")).\n"
  }
}
