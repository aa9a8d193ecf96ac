internal import Machine

/// A matrix or vector of the model in float32, mapped from the file where that is possible.
struct Weight: Sendable {
  private enum Storage: Sendable {
    /// Numbers that are read where they lie in the file.
    case mapped(Safetensors, offset: Int)
    /// Numbers that were converted or put together.
    case owned([Float])
  }

  /// The number of rows: what a product with this matrix gives.
  let rows: Int
  /// The number of columns: what a product with this matrix takes; one for a vector.
  let columns: Int
  private let storage: Storage

  /// Gives the numbers, row by row, to `body`.
  func withValues<Result, Failure: Error>(
    _ body: (Span<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    switch storage {
    case .owned(let values):
      return try body(values.span)
    case .mapped(let weights, let offset):
      return try weights.withFile { (file) throws(Failure) in
        // The range and its alignment were checked when the weight was made.
        let span = file.elements(of: Float.self, at: offset, count: rows * columns)
        guard let span else { return try body(Span()) }
        return try body(span)
      }
    }
  }

  /// Takes a tensor of a model.
  ///
  /// - Parameters:
  ///   - names: the names that the tensor may have, the usual one first.
  ///   - rows: the rows that it must have.
  ///   - columns: the columns that it must have, or nil for a vector.
  /// - Throws: ``EmbeddingError`` with the code `model-tensor-invalid` or `model-unsupported`.
  init(
    _ weights: Safetensors, _ names: [String], rows: Int, columns: Int? = nil
  ) throws(EmbeddingError) {
    let candidates = names.flatMap { [$0, "bert." + $0] }
    guard let name = candidates.first(where: { weights.entries[$0] != nil }),
      let entry = weights.entries[name]
    else {
      throw EmbeddingError(
        code: .tensorInvalid,
        message: """
          \(weights.path) has no tensor \(names[0]) (nor bert.\(names[0])): it is not a BERT model, \
          or config.json belongs to another model. \(EmbeddingError.fetchAgain)
          """)
    }
    let shape = columns.map { [rows, $0] } ?? [rows]
    guard entry.shape == shape else {
      throw EmbeddingError(
        code: .tensorInvalid,
        message: """
          \(weights.path): the tensor \(name) has the shape \(entry.shape), and config.json asks \
          for \(shape). \(EmbeddingError.fetchAgain)
          """)
    }
    self.rows = rows
    self.columns = columns ?? 1
    storage = try Self.storage(weights, name, entry)
  }

  /// Puts matrices of the same width one below another, so that one product serves them all.
  init(stacking parts: [Weight]) {
    var values: [Float] = []
    values.reserveCapacity(parts.reduce(0) { $0 + $1.rows * $1.columns })
    for part in parts {
      part.withValues { span in
        for index in span.indices { values.append(span[index]) }
      }
    }
    rows = parts.reduce(0) { $0 + $1.rows }
    columns = parts.first?.columns ?? 1
    storage = .owned(values)
  }

  private static func storage(
    _ weights: Safetensors, _ name: String, _ entry: Safetensors.Entry
  ) throws(EmbeddingError) -> Storage {
    let offset = entry.range.lowerBound
    switch entry.type {
    case "F32" where offset.isMultiple(of: MemoryLayout<Float>.alignment):
      return .mapped(weights, offset: offset)
    case "F32":
      return .owned(weights.convert(entry.range, UInt32.self) { Float(bitPattern: $0) })
    case "F16":
      return .owned(weights.convert(entry.range, UInt16.self) { Float(Float16(bitPattern: $0)) })
    case "BF16":
      return .owned(
        weights.convert(entry.range, UInt16.self) { Float(bitPattern: UInt32($0) << 16) })
    default:
      throw .unsupported(
        weights.path, "the tensor \(name) has the type \(entry.type), not F32, F16 or BF16")
    }
  }
}

extension Safetensors {
  /// Converts the little-endian numbers of a range, wherever they lie.
  fileprivate func convert<Stored: FixedWidthInteger & BitwiseCopyable>(
    _ range: Range<Int>, _ type: Stored.Type, _ value: (Stored) -> Float
  ) -> [Float] {
    withFile { file in
      let bytes = file.bytes
      let width = MemoryLayout<Stored>.size
      var values: [Float] = []
      values.reserveCapacity(range.count / width)
      for offset in stride(from: range.lowerBound, to: range.upperBound, by: width) {
        let stored = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: type)
        values.append(value(Stored(littleEndian: stored)))
      }
      return values
    }
  }
}
