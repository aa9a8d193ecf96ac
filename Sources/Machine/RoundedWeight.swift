import CKernels

/// A precision below float32 that ``EncoderKernels`` multiplies in.
package enum RoundedPrecision: Sendable {
  /// Eight bits: rows are cut into blocks of 192 numbers with scales of their own. Integers are
  /// multiplied and added exactly within a block, and the blocks' sums in float32.
  case int8
  /// Eight bits of significance and eight of exponent; products are added in float32.
  case bfloat16

  fileprivate var precision: hark_precision {
    switch self {
    case .int8: HARK_INT8
    case .bfloat16: HARK_BF16
    }
  }
}

/// A matrix of weights, rounded and laid out as the products of ``EncoderKernels`` read it, with
/// the bias that they add.
@safe package final class RoundedWeight: Sendable {
  /// The rows of the matrix: how many numbers a product gives.
  package let rows: Int
  /// The columns of the matrix: how many numbers a product takes.
  package let columns: Int
  /// To what its numbers are rounded.
  package let precision: RoundedPrecision
  private let numbers: LargeBuffer<UInt8>
  private let factors: LargeBuffer<Float>
  private let bias: LargeBuffer<Float>

  /// Rounds a matrix.
  ///
  /// - Parameters:
  ///   - matrix: `rows` × `columns` numbers. One that is not finite makes products with its row
  ///     that are not finite either.
  ///   - bias: `rows` numbers.
  ///   - precision: to what numbers are rounded.
  /// - Complexity: O(rows · columns).
  package init(
    _ matrix: Span<Float>, rows: Int, columns: Int, bias: Span<Float>,
    to precision: RoundedPrecision
  ) {
    precondition(
      rows > 0 && columns > 0 && matrix.count == rows * columns && bias.count == rows,
      "The matrix does not fit.")
    self.rows = rows
    self.columns = columns
    self.precision = precision
    let kind = precision.precision
    let padded = hark_panel_rows(rows)
    numbers = LargeBuffer(repeating: 0, count: padded * hark_row_bytes(kind, columns))
    factors = LargeBuffer(repeating: 0, count: padded * hark_row_factors(kind, columns))
    self.bias = LargeBuffer(repeating: 0, count: padded)
    for row in 0..<rows { unsafe self.bias.elements[row] = bias[row] }
    unsafe matrix.withUnsafeBufferPointer { matrix in
      guard let matrix = matrix.baseAddress, let numbers = unsafe numbers.elements.baseAddress,
        let factors = unsafe factors.elements.baseAddress
      else { return }
      unsafe hark_pack(kind, matrix, rows, columns, numbers, factors)
    }
  }

  /// Lends what the kernels read.
  func withWeight(_ body: (hark_weight) -> Void) {
    guard let numbers = unsafe numbers.elements.baseAddress,
      let factors = unsafe factors.elements.baseAddress,
      let bias = unsafe bias.elements.baseAddress
    else { return }
    unsafe body(
      hark_weight(numbers: numbers, factors: factors, bias: bias, rows: rows, columns: columns))
  }
}

/// Rows that were rounded for a product; their storage is kept from use to use.
package struct RoundedRows: Sendable {
  private var numbers = LargeBuffer<UInt8>(repeating: 0, count: 0)
  private var factors = LargeBuffer<Float>(repeating: 0, count: 0)

  /// No rows.
  package init() {}

  /// Makes room for rows, filled up to what a product takes at a time.
  mutating func reserve(rows: Int, width: Int, _ precision: RoundedPrecision) {
    let rows = (rows + Int(HARK_BF16_ROWS) - 1) / Int(HARK_BF16_ROWS) * Int(HARK_BF16_ROWS)
    let size = rows * hark_row_bytes(precision.precision, width)
    if unsafe numbers.elements.count < size { numbers = LargeBuffer(repeating: 0, count: size) }
    let count = rows * hark_row_factors(precision.precision, width)
    if unsafe factors.elements.count < count { factors = LargeBuffer(repeating: 0, count: count) }
  }

  /// Lends the storage.
  mutating func withRows(
    _ body: (UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<Float>) -> Void
  ) {
    guard let numbers = unsafe numbers.elements.baseAddress,
      let factors = unsafe factors.elements.baseAddress
    else { return }
    unsafe body(numbers, factors)
  }
}
