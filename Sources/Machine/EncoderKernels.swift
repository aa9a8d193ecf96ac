import CKernels

/// What a transformer's encoder does to rows of numbers, by the widest instructions of this
/// processor.
///
/// A row's result depends on that row alone, in an order of operations that its length fixes.
@safe package struct EncoderKernels: Sendable {
  /// The table's name: `scalar`, `avx2`, `avx512`, `avx512vnni` or `neon`.
  package let name: String
  private let table: hark_encoder_kernels

  /// The table that this process uses: the one that the environment variable `HARK_KERNELS`
  /// names, if the processor runs it, else the widest.
  package static let shared: EncoderKernels =
    Kernels.requested.flatMap(EncoderKernels.init(named:)) ?? .widest

  private static var widest: EncoderKernels {
    unsafe EncoderKernels(hark_encoder_best().pointee)
  }

  /// The table of that name, or nil where this processor cannot run it.
  package init?(named name: String) {
    guard let table = unsafe hark_encoder_named(name) else { return nil }
    unsafe self.init(table.pointee)
  }

  private init(_ table: hark_encoder_kernels) {
    unsafe self.name = String(cString: table.name)
    unsafe self.table = table
  }

  /// Whether the processor multiplies bytes fast enough for products in eight bits to pay.
  package var multipliesBytes: Bool { unsafe table.multiply_int8 != nil }

  /// Gives each of the first rows the mean 0 and the variance 1, then scales and shifts its
  /// numbers (layer normalisation, Ba et al. 2016).
  ///
  /// - Parameters:
  ///   - state: rows of as many numbers as `scale` and `shift` have.
  ///   - epsilon: what is added to the variance.
  package func normalize(
    _ state: inout MutableSpan<Float>, scale: Span<Float>, shift: Span<Float>, epsilon: Float,
    rows: Int
  ) {
    let width = scale.count
    precondition(
      rows >= 0 && width > 0 && shift.count == width && rows * width <= state.count,
      "The rows do not fit.")
    unsafe state.withUnsafeMutableBufferPointer { state in
      unsafe scale.withUnsafeBufferPointer { scale in
        unsafe shift.withUnsafeBufferPointer { shift in
          guard let state = state.baseAddress, let scale = scale.baseAddress,
            let shift = shift.baseAddress
          else { return }
          unsafe table.add_normalize(state, nil, scale, shift, epsilon, rows, width)
        }
      }
    }
  }

  /// Adds the rows of `addend` to as many rows of `state`, and normalises these.
  ///
  /// - Parameters: as ``normalize(_:scale:shift:epsilon:rows:)``; `start` is the first of the rows
  ///   of `state`.
  package func addAndNormalize(
    _ addend: Span<Float>, to state: inout MutableSpan<Float>, from start: Int,
    scale: Span<Float>, shift: Span<Float>, epsilon: Float, rows: Int
  ) {
    let width = scale.count
    precondition(
      rows >= 0 && start >= 0 && width > 0 && shift.count == width
        && rows * width <= addend.count && (start + rows) * width <= state.count,
      "The rows do not fit.")
    unsafe state.withUnsafeMutableBufferPointer { state in
      unsafe addend.withUnsafeBufferPointer { addend in
        unsafe scale.withUnsafeBufferPointer { scale in
          unsafe shift.withUnsafeBufferPointer { shift in
            guard let state = state.baseAddress, let scale = scale.baseAddress,
              let shift = shift.baseAddress
            else { return }
            unsafe table.add_normalize(
              state + start * width, addend.baseAddress, scale, shift, epsilon, rows, width)
          }
        }
      }
    }
  }

  /// Adds `bias` to each of the first rows and, where asked for, replaces each number x by x · Φ(x)
  /// with an error below 10⁻⁶ (GELU, Hendrycks & Gimpel 2016).
  package func addBias(
    _ bias: Span<Float>, gelu: Bool, to values: inout MutableSpan<Float>, rows: Int
  ) {
    let width = bias.count
    precondition(rows >= 0 && rows * width <= values.count, "The rows do not fit.")
    unsafe values.withUnsafeMutableBufferPointer { values in
      unsafe bias.withUnsafeBufferPointer { bias in
        guard let values = values.baseAddress, let bias = bias.baseAddress else { return }
        if gelu {
          unsafe table.add_bias_gelu(values, bias, rows, width)
        } else {
          unsafe table.add_bias(values, bias, rows, width)
        }
      }
    }
  }

  /// Attention of each token of a text to all of them: softmax(Q · Kᵀ / √size) · V for each head
  /// (Vaswani et al. 2017).
  ///
  /// - Parameters:
  ///   - input: rows of 3 · `width` numbers: queries, keys and values side by side.
  ///   - start: the first row of the text in `input` and in `context`.
  ///   - length: the rows of the text.
  ///   - width: the numbers of all heads.
  ///   - size: the numbers of one head.
  ///   - context: receives `length` rows of `width` numbers.
  ///   - scratch: is grown as needed, and kept for the next text.
  /// - Complexity: O(length² · width).
  package func attend(
    _ input: Span<Float>, from start: Int, length: Int, width: Int, size: Int,
    into context: inout MutableSpan<Float>, _ scratch: inout [Float]
  ) {
    precondition(
      start >= 0 && length >= 0 && size > 0 && width >= size && width.isMultiple(of: size)
        && (start + length) * 3 * width <= input.count
        && (start + length) * width <= context.count, "The rows do not fit.")
    let room = hark_attention_width(length) * (2 * size + Int(HARK_ATTENTION_ROWS))
    if scratch.count < room { scratch = Array(repeating: 0, count: room) }
    unsafe input.withUnsafeBufferPointer { input in
      unsafe context.withUnsafeMutableBufferPointer { context in
        unsafe scratch.withUnsafeMutableBufferPointer { scratch in
          guard let input = input.baseAddress, let context = context.baseAddress,
            let scratch = scratch.baseAddress
          else { return }
          unsafe table.attend(
            input + 3 * start * width, length, width, size, 1 / Float(size).squareRoot(),
            context + start * width, scratch)
        }
      }
    }
  }
}

/// A matrix of weights in eight bits with the bias of its products: ``EncoderKernels`` multiplies
/// rows by it.
///
/// Each row of the matrix is cut into blocks of 192 numbers, each block with a scale of its own.
@safe package final class Int8Weight: Sendable {
  /// The rows of the matrix: how many numbers a product gives.
  package let rows: Int
  /// The columns of the matrix: how many numbers a product takes.
  package let columns: Int
  private let codes: LargeBuffer<Int8>
  private let factors: LargeBuffer<Float>
  private let bias: LargeBuffer<Float>

  /// Rounds a matrix.
  ///
  /// - Parameters:
  ///   - matrix: `rows` × `columns` numbers. One that is not finite makes products with its row
  ///     that are not numbers.
  ///   - bias: `rows` numbers.
  /// - Complexity: O(rows · columns).
  package init(_ matrix: Span<Float>, rows: Int, columns: Int, bias: Span<Float>) {
    precondition(
      rows > 0 && columns > 0 && matrix.count == rows * columns && bias.count == rows,
      "The matrix does not fit.")
    self.rows = rows
    self.columns = columns
    let padded = hark_int8_padded(rows)
    codes = LargeBuffer(repeating: 0, count: padded * hark_int8_width(columns))
    factors = LargeBuffer(repeating: 0, count: 2 * padded * hark_int8_blocks(columns))
    self.bias = LargeBuffer(repeating: 0, count: padded)
    for row in 0..<rows { unsafe self.bias.elements[row] = bias[row] }
    unsafe matrix.withUnsafeBufferPointer { matrix in
      guard let matrix = matrix.baseAddress, let codes = unsafe codes.elements.baseAddress,
        let factors = unsafe factors.elements.baseAddress
      else { return }
      unsafe hark_int8_pack(matrix, rows, columns, codes, factors)
    }
  }

  /// Lends what the kernels read.
  fileprivate func withWeight(_ body: (hark_int8_weight) -> Void) {
    guard let codes = unsafe codes.elements.baseAddress,
      let factors = unsafe factors.elements.baseAddress,
      let bias = unsafe bias.elements.baseAddress
    else { return }
    unsafe body(
      hark_int8_weight(
        codes: codes, factors: factors, bias: bias, rows: rows, columns: columns))
  }
}

/// Rows of numbers in eight bits; its storage is kept from use to use.
package struct Int8Rows: Sendable {
  fileprivate var bytes: [UInt8] = []
  fileprivate var factors: [Float] = []

  /// No rows.
  package init() {}

  fileprivate mutating func reserve(rows: Int, width: Int) {
    let size = rows * hark_int8_width(width)
    if bytes.count < size { bytes = Array(repeating: 0, count: size) }
    let count = 2 * rows * hark_int8_blocks(width)
    if factors.count < count { factors = Array(repeating: 0, count: count) }
  }
}

extension EncoderKernels {
  /// Multiplies rows by a matrix in eight bits and adds its bias; where asked for, each number x
  /// is then replaced by x · Φ(x).
  ///
  /// The rows are rounded first, in blocks of 192 numbers with a scale and a zero of their own.
  /// Bytes are multiplied and added exactly within a block, and the blocks' sums in float32.
  ///
  /// - Parameters:
  ///   - input: `rows` × weight.columns numbers.
  ///   - output: receives `rows` × weight.rows numbers.
  ///   - scratch: holds the rounded rows meanwhile.
  /// - Precondition: ``multipliesBytes``, and the rows lie within their spans.
  /// - Complexity: O(rows · weight.rows · weight.columns).
  package func multiply(
    _ input: Span<Float>, rows: Int, by weight: Int8Weight, gelu: Bool,
    into output: inout MutableSpan<Float>, _ scratch: inout Int8Rows
  ) {
    precondition(
      rows >= 0 && rows * weight.columns <= input.count && rows * weight.rows <= output.count,
      "The rows do not fit.")
    guard let multiply = unsafe table.multiply_int8 else {
      preconditionFailure("This processor has no products of bytes.")
    }
    scratch.reserve(rows: rows, width: weight.columns)
    unsafe input.withUnsafeBufferPointer { input in
      unsafe output.withUnsafeMutableBufferPointer { output in
        unsafe scratch.bytes.withUnsafeMutableBufferPointer { bytes in
          unsafe scratch.factors.withUnsafeMutableBufferPointer { factors in
            guard let input = input.baseAddress, let output = output.baseAddress,
              let bytes = bytes.baseAddress, let factors = factors.baseAddress
            else { return }
            unsafe table.quantize(input, rows, weight.columns, bytes, factors)
            unsafe weight.withWeight { packed in
              unsafe multiply(bytes, factors, rows, packed, gelu ? 1 : 0, output, weight.rows)
            }
          }
        }
      }
    }
  }
}
