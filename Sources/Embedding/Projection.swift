internal import Machine

/// The precision of an encoder's matrix products.
package enum EncoderPrecision: String, Sendable, CaseIterable {
  /// IEEE 754 binary32, by the BLAS library.
  case float32
  /// Eight bits of significance and eight of exponent, by tiles: vectors have a cosine of about
  /// 0.99999 with those of float32.
  case bfloat16
  /// Eight bits, in blocks of 192 numbers with scales of their own: vectors have a cosine of about
  /// 0.999 with those of float32.
  case int8

  /// The precision that this processor is best at: bfloat16 where it multiplies tiles, else eight
  /// bits where it has products of bytes that are several times as fast, else float32.
  package static var automatic: EncoderPrecision {
    [.bfloat16, .int8].first(where: \.isAvailable) ?? .float32
  }

  /// That of the products of ``EncoderKernels``; nil for those of the BLAS library.
  var rounded: RoundedPrecision? {
    switch self {
    case .float32: nil
    case .bfloat16: .bfloat16
    case .int8: .int8
    }
  }

  /// What computes in this precision.
  ///
  /// - Throws: `library-missing` where it takes a BLAS library, and there is none.
  func arithmetic() throws(EmbeddingError) -> Arithmetic {
    if let rounded { return .rounded(rounded) }
    do { return .float32(try BLAS.shared.get()) } catch {
      throw EmbeddingError(code: .libraryMissing, message: error.message, cause: error)
    }
  }

  /// Whether this processor has the kernels.
  package var isAvailable: Bool { rounded.map(EncoderKernels.shared.multiplies) ?? true }
}

/// What multiplies matrices.
enum Arithmetic: Sendable {
  case float32(BLAS)
  case rounded(RoundedPrecision)
}

/// A linear part of a layer: rows times a matrix, plus a bias.
struct Projection: Sendable {
  private enum Storage: Sendable {
    case float32(Weight, bias: Weight, BLAS)
    case rounded(RoundedWeight)
  }

  /// How many numbers a row of its products has.
  let rows: Int
  /// How many numbers a row that it multiplies has.
  let columns: Int
  private let storage: Storage

  /// Takes a matrix and a bias, and rounds them where the arithmetic asks for it.
  init(_ matrix: Weight, bias: Weight, _ arithmetic: Arithmetic) {
    rows = matrix.rows
    columns = matrix.columns
    switch arithmetic {
    case .float32(let blas):
      storage = .float32(matrix, bias: bias, blas)
    case .rounded(let precision):
      storage = .rounded(
        matrix.withValues { values in
          bias.withValues { bias in
            RoundedWeight(
              values, rows: matrix.rows, columns: matrix.columns, bias: bias, to: precision)
          }
        })
    }
  }

  /// Multiplies rows, adds the bias, and applies an activation.
  ///
  /// - Parameters:
  ///   - input: rows of ``columns`` numbers.
  ///   - start: the first row of `input` that is multiplied.
  ///   - count: how many rows are multiplied.
  ///   - activation: what is done to each number in the end.
  ///   - output: receives `count` × ``rows`` numbers from its front.
  ///   - scratch: holds rounded rows meanwhile.
  func apply(
    to input: [Float], from start: Int = 0, count: Int,
    activation: ModelConfiguration.Activation? = nil, into output: inout [Float],
    _ scratch: inout RoundedRows
  ) {
    let input = input.span.extracting(start * columns..<(start + count) * columns)
    var output = output.mutableSpan
    let kernels = EncoderKernels.shared
    switch storage {
    case .rounded(let weight):
      kernels.multiply(
        input, rows: count, by: weight, gelu: activation == .gelu, into: &output, &scratch)
    case .float32(let matrix, let bias, let blas):
      matrix.withValues { values in
        blas.sgemm(
          rows: count, columns: rows, depth: columns, a: input, aStride: columns,
          b: values, bStride: columns, bOrientation: .transposed, c: &output, cStride: rows)
      }
      bias.withValues { bias in
        kernels.addBias(bias, gelu: activation == .gelu, to: &output, rows: count)
      }
    }
    if let activation { activation.applyUnlessExact(to: &output, count: count * rows) }
  }
}

extension ModelConfiguration.Activation {
  /// Applies the activation, but the exact one, which the kernels have.
  fileprivate func applyUnlessExact(to values: inout MutableSpan<Float>, count: Int) {
    switch self {
    case .gelu: break
    case .geluTanh: for i in 0..<count { values[i] = RowOperations.geluTanh(values[i]) }
    case .relu: for i in 0..<count where values[i] < 0 { values[i] = 0 }
    }
  }
}
