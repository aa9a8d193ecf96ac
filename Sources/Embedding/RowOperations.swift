/// The work on rows of numbers between the matrix products: sums, normalisation, activation.
///
/// Each function makes one pass over its rows. What it does to a row depends on that row alone, in
/// an order of operations that its length fixes, so a text's vector does not depend on its
/// neighbours. Sizes are checked once a call, and not again in the loops.
enum RowOperations {
  private typealias Lanes = SIMD16<Float>

  /// Adds `bias` to each of the first rows.
  static func addBias(_ bias: Span<Float>, to values: inout MutableSpan<Float>, rows: Int) {
    let width = bias.count
    precondition(rows >= 0 && rows * width <= values.count)
    for row in 0..<rows {
      let start = row &* width
      for index in 0..<width {
        unsafe values[unchecked: start &+ index] += bias[unchecked: index]
      }
    }
  }

  /// Adds `bias` to each of the first rows, and applies the activation.
  static func addBias(
    _ bias: Span<Float>, activation: ModelConfiguration.Activation,
    to values: inout MutableSpan<Float>, rows: Int
  ) {
    switch activation {
    case .gelu: apply(bias, &values, rows, gelu)
    case .geluTanh: apply(bias, &values, rows, geluTanh)
    case .relu: apply(bias, &values, rows) { $0 > 0 ? $0 : 0 }
    }
  }

  @inline(__always)
  private static func apply(
    _ bias: Span<Float>, _ values: inout MutableSpan<Float>, _ rows: Int,
    _ function: (Float) -> Float
  ) {
    let width = bias.count
    precondition(rows >= 0 && rows * width <= values.count)
    for row in 0..<rows {
      let start = row &* width
      for index in 0..<width {
        unsafe values[unchecked: start &+ index] = function(
          values[unchecked: start &+ index] + bias[unchecked: index])
      }
    }
  }

  /// Adds those of `addend` and `bias` to each of the first rows of `values`, and normalises it.
  static func addAndNormalize(
    _ addend: Span<Float>, bias: Span<Float>, scale: Span<Float>, shift: Span<Float>,
    epsilon: Float, to values: inout MutableSpan<Float>, rows: Int
  ) {
    let width = bias.count
    precondition(rows >= 0 && rows * width <= min(values.count, addend.count))
    for row in 0..<rows {
      let start = row &* width
      for index in 0..<width {
        unsafe values[unchecked: start &+ index] +=
          addend[unchecked: start &+ index] + bias[unchecked: index]
      }
      normalize(&values, start: start, scale: scale, shift: shift, epsilon: epsilon)
    }
  }

  /// Gives one row the mean 0 and the variance 1, then scales and shifts its components (layer
  /// normalisation, Ba et al. 2016).
  static func normalize(
    _ values: inout MutableSpan<Float>, start: Int, scale: Span<Float>, shift: Span<Float>,
    epsilon: Float
  ) {
    let width = scale.count
    precondition(start >= 0 && width > 0 && shift.count == width && start + width <= values.count)
    let mean = sum(values.span, start, width) { $0 } / Float(width)
    let variance =
      sum(values.span, start, width) { lanes in
        let difference = lanes - mean
        return difference * difference
      } / Float(width)
    let factor = 1 / (variance + epsilon).squareRoot()
    for index in 0..<width {
      let value = unsafe (values[unchecked: start &+ index] - mean) * factor
      unsafe values[unchecked: start &+ index] =
        value * scale[unchecked: index] + shift[unchecked: index]
    }
  }

  /// Turns each of the first rows of scores into weights that are positive and have the sum 1:
  /// exp(factor · x), divided by the sum of the row.
  static func softmax(
    _ values: inout MutableSpan<Float>, rows: Int, width: Int, factor: Float
  ) {
    precondition(rows >= 0 && width > 0 && rows * width <= values.count)
    for row in 0..<rows {
      let start = row &* width
      let largest = maximum(values.span, start, width)
      for index in 0..<width {
        unsafe values[unchecked: start &+ index] = exponential(
          (values[unchecked: start &+ index] - largest) * factor)
      }
      let inverse = 1 / sum(values.span, start, width) { $0 }
      for index in 0..<width { unsafe values[unchecked: start &+ index] *= inverse }
    }
  }

  /// Divides a vector by its length.
  ///
  /// - Returns: false, and nothing is changed, where the length is zero or not finite.
  static func normalizeLength(_ values: inout MutableSpan<Float>) -> Bool {
    let squares = sum(values.span, 0, values.count) { $0 * $0 }
    guard squares.isFinite, squares > 0 else { return false }
    let inverse = 1 / squares.squareRoot()
    for index in values.indices { unsafe values[unchecked: index] *= inverse }
    return true
  }

  // MARK: Reductions

  /// The sum of `map` over one row; `map` is applied to sixteen components at a time.
  @inline(__always)
  private static func sum(
    _ values: Span<Float>, _ start: Int, _ count: Int, _ map: (Lanes) -> Lanes
  ) -> Float {
    var total = Lanes.zero
    var index = 0
    while index &+ Lanes.scalarCount <= count {
      total += unsafe map(load(values, start &+ index))
      index &+= Lanes.scalarCount
    }
    var rest: Float = 0
    while index < count {
      rest += unsafe map(Lanes(repeating: values[unchecked: start &+ index]))[0]
      index &+= 1
    }
    return total.sum() + rest
  }

  @inline(__always)
  private static func maximum(_ values: Span<Float>, _ start: Int, _ count: Int) -> Float {
    var largest = Lanes(repeating: -.infinity)
    var index = 0
    while index &+ Lanes.scalarCount <= count {
      let lanes = unsafe load(values, start &+ index)
      largest.replace(with: lanes, where: lanes .> largest)
      index &+= Lanes.scalarCount
    }
    var result = largest.max()
    while index < count {
      result = unsafe max(result, values[unchecked: start &+ index])
      index &+= 1
    }
    return result
  }

  @unsafe @inline(__always)
  private static func load(_ values: Span<Float>, _ index: Int) -> Lanes {
    unsafe values.bytes.unsafeLoadUnaligned(
      fromByteOffset: index &* MemoryLayout<Float>.stride, as: Lanes.self)
  }
}

// MARK: - Functions of one number
//
// Without branches or calls, so that loops over them become vector code.

extension RowOperations {
  /// eˣ with a relative error below 4·10⁻⁷; arguments are confined to −60…88.
  ///
  /// Below −60 a result counts for nothing beside 1, and far below, products with it would be
  /// subnormal, which processors are slow at.
  ///
  /// x = n · ln 2 + r with |r| ≤ ln 2 / 2; the series of eʳ to its sixth power; 2ⁿ by the exponent
  /// bits.
  @inline(__always)
  static func exponential(_ x: Float) -> Float {
    let low = x < -60 ? -60 : x
    let confined = low > 88 ? 88 : low
    // Adding 1.5 · 2²³ rounds to the nearest whole number, which then stands in the low bits.
    let magic: Float = 12_582_912
    let shifted = confined * 1.442_695_04 + magic
    let whole = shifted - magic
    // ln 2 in two parts, of which the first has few bits, so that its products are exact.
    let r = (confined - whole * 0.693_359_375) - whole * -2.121_944_4e-4
    var series: Float = 1 / 720
    series = series * r + 1 / 120
    series = series * r + 1 / 24
    series = series * r + 1 / 6
    series = series * r + 1 / 2
    series = series * r + 1
    series = series * r + 1
    let exponent = (shifted.bitPattern &- magic.bitPattern &+ 127) &<< 23
    return series * Float(bitPattern: exponent)
  }

  /// x · Φ(x), Φ being the normal distribution; error below 10⁻⁶.
  ///
  /// The complementary error function is the approximation 7.1.26 of Abramowitz & Stegun,
  /// Handbook of Mathematical Functions (1964), with an error below 1.5·10⁻⁷.
  @inline(__always)
  static func gelu(_ x: Float) -> Float {
    let z = x.magnitude * 0.707_106_78
    let t = 1 / (1 + 0.327_591_1 * z)
    var polynomial: Float = 1.061_405_429
    polynomial = polynomial * t - 1.453_152_027
    polynomial = polynomial * t + 1.421_413_741
    polynomial = polynomial * t - 0.284_496_736
    polynomial = polynomial * t + 0.254_829_592
    let tail = 0.5 * polynomial * t * exponential(-z * z)
    return x * (x < 0 ? tail : 1 - tail)
  }

  /// The approximation of x · Φ(x) with tanh: x / (1 + exp(−2 √(2/π) (x + 0.044715 x³))).
  @inline(__always)
  static func geluTanh(_ x: Float) -> Float {
    let inner = 1.595_769_1 * (x + 0.044_715 * x * x * x)
    return x / (1 + exponential(-inner))
  }
}
