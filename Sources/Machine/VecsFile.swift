/// A file of vectors as the TEXMEX collections have them (.fvecs, .ivecs), mapped for reading.
///
/// Each row is its dimension as a little-endian 32-bit integer and then so many 32-bit numbers:
/// floating point in .fvecs, integers in .ivecs (http://corpus-texmex.irisa.fr). All rows of a file
/// have the same dimension here.
package struct VecsFile: ~Copyable, Sendable {
  /// How many numbers a row has.
  package let columns: Int
  /// How many rows there are.
  package let rows: Int

  private let file: MappedFile

  /// Maps the file at `path`.
  ///
  /// - Throws: `vecs-invalid` where the file is no such file or ends within a row, and the errors
  ///   of ``MappedFile``.
  /// - Complexity: O(1) in the length of the file.
  package init(_ path: String) throws(MachineError) {
    let file = try MappedFile(path, advice: .sequential)
    let columns = file.count >= 4 ? Int(VecsFile.word(file.bytes, 0)) : 0
    let width = 4 * (columns + 1)
    guard 1...1_000_000 ~= columns, file.count % width == 0 else {
      throw MachineError(
        code: .vecsInvalid,
        message: "\(path) is no file of vectors of one dimension (.fvecs or .ivecs).", path: path)
    }
    self.columns = columns
    rows = file.count / width
    self.file = file
  }

  private static func word(_ bytes: RawSpan, _ offset: Int) -> UInt32 {
    UInt32(
      littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  /// The numbers of a row, as their bits.
  ///
  /// - Throws: `shape-invalid` where there is no such row, `vecs-invalid` where it has another
  ///   dimension than the first one.
  package func words(row: Int) throws(MachineError) -> [UInt32] {
    guard 0..<rows ~= row else {
      throw MachineError(
        code: .shapeInvalid, message: "\(file.path) has \(rows) rows; \(row) is asked for.",
        path: file.path)
    }
    let bytes = file.bytes
    let start = row * 4 * (columns + 1)
    guard VecsFile.word(bytes, start) == UInt32(columns) else {
      throw MachineError(
        code: .vecsInvalid,
        message: "Row \(row) of \(file.path) has another dimension than the first one.",
        path: file.path)
    }
    return (1...columns).map { VecsFile.word(bytes, start + 4 * $0) }
  }
}
