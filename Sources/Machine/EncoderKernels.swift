import CKernels

/// What a transformer's encoder does to rows of numbers, by the widest instructions of this
/// processor.
///
/// A row's result depends on that row alone, in an order of operations that its length fixes.
@safe package struct EncoderKernels: Sendable {
  private let table: hark_encoder_kernels

  /// Those of the table that this process uses.
  package static var shared: EncoderKernels { Kernels.shared.encoder }

  init(_ table: hark_encoder_kernels) {
    self.table = table
  }

  /// Whether the processor has instructions for products in a precision.
  package func multiplies(in precision: RoundedPrecision) -> Bool {
    unsafe product(in: precision).multiply != nil
  }

  private func product(in precision: RoundedPrecision) -> hark_product {
    switch precision {
    case .int8: table.int8
    case .bfloat16: table.bf16
    }
  }

  /// Gives each row the mean 0 and the variance 1, then scales and shifts its numbers (layer
  /// normalisation, Ba et al. 2016).
  ///
  /// - Parameters:
  ///   - state: rows of as many numbers as `scale` and `shift` have.
  ///   - addend: as many rows, which are added before; an empty span adds none.
  ///   - start: the first of the rows of `state`.
  ///   - epsilon: what is added to the variance.
  package func normalize(
    _ state: inout MutableSpan<Float>, adding addend: Span<Float> = Span(), from start: Int = 0,
    rows: Int, scale: Span<Float>, shift: Span<Float>, epsilon: Float
  ) {
    let width = scale.count
    precondition(
      rows >= 0 && start >= 0 && width > 0 && shift.count == width
        && (addend.isEmpty || rows * width <= addend.count)
        && (start + rows) * width <= state.count,
      "The rows do not fit.")
    unsafe state.withUnsafeMutableBufferPointer { state in
      unsafe addend.withUnsafeBufferPointer { addend in
        unsafe scale.withUnsafeBufferPointer { scale in
          unsafe shift.withUnsafeBufferPointer { shift in
            guard let state = state.baseAddress, let scale = scale.baseAddress,
              let shift = shift.baseAddress
            else { return }
            unsafe table.add_normalize(
              state + start * width, addend.isEmpty ? nil : addend.baseAddress, scale, shift,
              epsilon, rows, width)
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
  ///   - precision: that of the products; nil for float32.
  ///   - context: receives `length` rows of `width` numbers.
  ///   - scratch: is grown as needed, and kept for the next text.
  /// - Precondition: ``multiplies(in:)`` the precision.
  /// - Complexity: O(length² · width).
  package func attend(
    _ input: Span<Float>, from start: Int, length: Int, width: Int, size: Int,
    in precision: RoundedPrecision? = nil, into context: inout MutableSpan<Float>,
    _ scratch: inout [Float]
  ) {
    precondition(
      start >= 0 && length >= 0 && size > 0 && width >= size && width.isMultiple(of: size)
        && (start + length) * 3 * width <= input.count
        && (start + length) * width <= context.count, "The rows do not fit.")
    let room = hark_attention_room(length, size)
    // Bytes need scales, which a row of scores has not got.
    let attend = unsafe precision == .bfloat16 ? table.attend_bf16 : table.attend
    guard let attend = unsafe attend else { preconditionFailure("There is no such kernel.") }
    if scratch.count < room { scratch = Array(repeating: 0, count: room) }
    unsafe input.withUnsafeBufferPointer { input in
      unsafe context.withUnsafeMutableBufferPointer { context in
        unsafe scratch.withUnsafeMutableBufferPointer { scratch in
          guard let input = input.baseAddress, let context = context.baseAddress,
            let scratch = scratch.baseAddress
          else { return }
          unsafe attend(
            input + 3 * start * width, length, width, size, 1 / Float(size).squareRoot(),
            context + start * width, scratch)
        }
      }
    }
  }

  /// Multiplies rows by a matrix and adds its bias; where asked for, each number x is then
  /// replaced by x · Φ(x). The rows are rounded first, as the matrix was.
  ///
  /// - Parameters:
  ///   - input: `rows` × weight.columns numbers.
  ///   - output: receives `rows` × weight.rows numbers.
  ///   - scratch: holds the rounded rows meanwhile.
  /// - Precondition: ``multiplies(in:)`` the weight's precision, and the rows lie within their
  ///   spans.
  /// - Complexity: O(rows · weight.rows · weight.columns).
  package func multiply(
    _ input: Span<Float>, rows: Int, by weight: RoundedWeight, gelu: Bool,
    into output: inout MutableSpan<Float>, _ scratch: inout RoundedRows
  ) {
    precondition(
      rows >= 0 && rows * weight.columns <= input.count && rows * weight.rows <= output.count,
      "The rows do not fit.")
    let product = product(in: weight.precision)
    guard let round = unsafe product.round, let multiply = unsafe product.multiply else {
      preconditionFailure("There is no such kernel.")
    }
    scratch.reserve(rows: rows, width: weight.columns, weight.precision)
    unsafe input.withUnsafeBufferPointer { input in
      unsafe output.withUnsafeMutableBufferPointer { output in
        guard let input = input.baseAddress, let output = output.baseAddress else { return }
        unsafe scratch.withRows { numbers, factors in
          unsafe round(input, rows, weight.columns, numbers, factors)
          unsafe weight.withWeight { weight in
            unsafe multiply(numbers, factors, rows, weight, gelu ? 1 : 0, output, weight.rows)
          }
        }
      }
    }
  }
}
