extension VectorSet {
  /// Checks a vector, scales it to length 1 if the metric asks for it, and appends it with its
  /// padding.
  ///
  /// - Parameters:
  ///   - vector: the numbers as they are given.
  ///   - rows: receives `stride` numbers; nothing upon an error.
  ///   - key: the vector's key, or nil for a query.
  static func append(
    _ vector: Span<Float>, to rows: inout [Float], stride: Int, metric: Metric, key: Int64?
  ) throws(IndexError) {
    let squares = squaredLength(of: vector)
    let name = key.map { "The vector of key \($0)" } ?? "The query"
    guard squares.isFinite else {
      throw IndexError(
        .vectorNotFinite, "\(name) holds a NaN or an infinity. Embed its text again.", key: key)
    }
    if metric.isNormalized {
      guard squares > 0 else {
        throw IndexError(
          .vectorZero,
          "\(name) is zero, which has no direction. Leave it out, or use another metric.",
          key: key)
      }
    } else if squares > lengthLimit {
      throw IndexError(
        .vectorTooLarge,
        "\(name) has the length \(squares.squareRoot()); scores would overflow. Scale it down.",
        key: key)
    }
    // A vector of length 1 up to its own rounding stays as it is: scaling is idempotent, and a
    // merged segment holds the very bits of its sources.
    let isScaled = metric.isNormalized && (squares - 1).magnitude > roundingOfUnitLength
    let scale = isScaled ? 1 / squares.squareRoot() : 1
    let start = rows.count
    rows.append(contentsOf: repeatElement(0, count: stride))
    var span = rows.mutableSpan
    if isScaled {
      for i in vector.indices { span[start + i] = Float(Double(vector[i]) * scale) }
    } else {
      for i in vector.indices { span[start + i] = vector[i] }
    }
  }

  /// The sum of the squares of some numbers, in four sums that do not wait for each other.
  static func squaredLength(of vector: Span<Float>) -> Double {
    var (a, b, c, d) = (0.0, 0.0, 0.0, 0.0)
    var i = 0
    while i + 4 <= vector.count {
      a += Double(vector[i]) * Double(vector[i])
      b += Double(vector[i + 1]) * Double(vector[i + 1])
      c += Double(vector[i + 2]) * Double(vector[i + 2])
      d += Double(vector[i + 3]) * Double(vector[i + 3])
      i += 4
    }
    while i < vector.count {
      a += Double(vector[i]) * Double(vector[i])
      i += 1
    }
    return (a + b) + (c + d)
  }

  /// A query made ready for a search: checked, scaled and padded.
  static func prepare(
    _ query: [Float], dimension: Int, metric: Metric, into row: inout [Float]
  ) throws(IndexError) {
    guard query.count == dimension else {
      throw .dimension(query.count, expected: dimension)
    }
    row.removeAll(keepingCapacity: true)
    try append(
      query.span, to: &row, stride: stride(dimension: dimension), metric: metric, key: nil)
  }

  /// The greatest squared length: with it no inner product and no squared distance overflows.
  private static let lengthLimit = Double(Float.greatestFiniteMagnitude) / 4

  /// Numbers rounded to float32 change by at most 2⁻²⁴ of themselves, and so the squared length
  /// of a scaled vector lies within 2⁻²³ of 1; with room for the rounding of the sum.
  private static let roundingOfUnitLength = 0x1p-22
}
