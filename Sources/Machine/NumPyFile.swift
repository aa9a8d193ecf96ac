/// A NumPy array file (.npy), mapped for reading.
///
/// Follows the format's description in NumPy's `numpy/lib/format.py`, versions 1.0 and 2.0:
/// little-endian numbers of the kinds in ``Kind``, C order, one or two dimensions.
package struct NumPyFile: ~Copyable, Sendable {
  /// The kinds of number that are understood; raw values are NumPy's own.
  package enum Kind: String, Sendable, CaseIterable {
    /// IEEE 754 binary16.
    case float16 = "<f2"
    /// IEEE 754 binary32.
    case float32 = "<f4"
    /// Signed, 4 bytes.
    case int32 = "<i4"
    /// Signed, 8 bytes.
    case int64 = "<i8"

    /// The size of a number in bytes.
    package var width: Int {
      switch self {
      case .float16: 2
      case .float32, .int32: 4
      case .int64: 8
      }
    }
  }

  /// The kind of the numbers.
  package let kind: Kind
  /// The lengths of the dimensions, one or two.
  package let shape: [Int]

  private let file: MappedFile
  private let start: Int

  /// The length of the first dimension.
  package var rows: Int { shape[0] }
  /// The length of the second dimension; 1 where there is none.
  package var columns: Int { shape.count > 1 ? shape[1] : 1 }
  /// How many numbers there are.
  package var count: Int { rows * columns }
  /// The file's path.
  package var path: String { file.path }

  /// Maps the file at `path` and reads its header.
  ///
  /// - Throws: `numpy-invalid` where the file is not such an array or ends early, and the errors
  ///   of ``MappedFile``.
  /// - Complexity: O(1) in the length of the file.
  package init(_ path: String) throws(MachineError) {
    let file = try MappedFile(path, advice: .sequential)
    let header = try NumPyHeader(reading: file.bytes, path: path)
    self.kind = header.kind
    self.shape = header.shape
    self.start = header.length
    self.file = file
  }

  /// Numbers of a file of floating point, row by row, as float32.
  ///
  /// - Parameter rows: which rows; all of them if nil.
  /// - Throws: `numpy-invalid` where the file holds integers, `shape-invalid` where it has fewer
  ///   rows.
  /// - Complexity: O(numbers).
  package func floats(rows: Range<Int>? = nil) throws(MachineError) -> [Float] {
    switch kind {
    case .float32: try copy(rows) { (number: Float) in number }
    case .float16: try copy(rows) { (number: UInt16) in Float(halfBits: number) }
    case .int32, .int64: throw wrongKind("floating point")
    }
  }

  /// Numbers of a file of integers, row by row.
  ///
  /// - Parameter rows: which rows; all of them if nil.
  /// - Throws: `numpy-invalid` where the file holds floating point, `shape-invalid` where it has
  ///   fewer rows.
  /// - Complexity: O(numbers).
  package func integers(rows: Range<Int>? = nil) throws(MachineError) -> [Int64] {
    switch kind {
    case .int32: try copy(rows) { (number: Int32) in Int64(number) }
    case .int64: try copy(rows) { (number: Int64) in number }
    case .float16, .float32: throw wrongKind("integers")
    }
  }

  private func copy<Stored: BitwiseCopyable, Result>(
    _ chosen: Range<Int>?, _ convert: (Stored) -> Result
  ) throws(MachineError) -> [Result] {
    let chosen = chosen ?? 0..<rows
    guard chosen.lowerBound >= 0, chosen.upperBound <= rows else {
      throw MachineError(
        code: .shapeInvalid, message: "\(path) has \(rows) rows; \(chosen) are asked for.",
        path: path)
    }
    let width = MemoryLayout<Stored>.size
    let bytes = file.bytes
    let first = start + chosen.lowerBound * columns * width
    var result: [Result] = []
    result.reserveCapacity(chosen.count * columns)
    for i in 0..<(chosen.count * columns) {
      // The data may begin at any byte in a file of another writer.
      let number = unsafe bytes.unsafeLoadUnaligned(
        fromByteOffset: first + i * width, as: Stored.self)
      result.append(convert(number))
    }
    return result
  }

  private func wrongKind(_ wanted: String) -> MachineError {
    MachineError(
      code: .numpyInvalid,
      message: "\(path) holds numbers of the kind \(kind.rawValue); \(wanted) is wanted.",
      path: path)
  }
}

extension Float {
  /// The number of a binary16, exactly. What processors have an instruction for is a call into a
  /// library otherwise, once a number.
  fileprivate init(halfBits half: UInt16) {
    let bits = UInt32(half)
    // The exponent's bias is 15 there and 127 here; subnormal numbers come out right, too.
    var magnitude = Float(bitPattern: (bits & 0x7FFF) << 13) * 0x1p112
    // An infinity or NaN: the greatest exponent here, too.
    if magnitude >= 65_536 {
      magnitude = Float(bitPattern: magnitude.bitPattern | 0x7F80_0000)
    }
    self.init(bitPattern: magnitude.bitPattern | (bits & 0x8000) << 16)
  }
}
