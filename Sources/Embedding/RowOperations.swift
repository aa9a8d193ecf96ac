internal import Foundation

/// What is done to rows of numbers beside the kernels: once a text, or for models of rarer kinds.
enum RowOperations {
  /// Divides a vector by its length.
  ///
  /// - Returns: false, and nothing is changed, where the length is zero or not finite.
  static func normalizeLength(_ values: inout MutableSpan<Float>) -> Bool {
    var squares: Float = 0
    for index in values.indices { squares += values[index] * values[index] }
    guard squares.isFinite, squares > 0 else { return false }
    let inverse = 1 / squares.squareRoot()
    for index in values.indices { values[index] *= inverse }
    return true
  }

  /// The approximation of x · Φ(x) with tanh: x / (1 + exp(−2 √(2/π) (x + 0.044715 x³))).
  static func geluTanh(_ x: Float) -> Float {
    let inner = 1.595_769_1 * (x + 0.044_715 * x * x * x)
    return x / (1 + exp(-inner))
  }
}
