/// The head of a NumPy array file: magic, version, and a Python dictionary in ASCII.
struct NumPyHeader {
  /// The kind of the numbers.
  var kind: NumPyFile.Kind
  /// The lengths of the dimensions, one or two.
  var shape: [Int]
  /// Where the numbers begin, in bytes.
  var length: Int

  /// Headers of plain arrays are 118 bytes long; nothing longer than this is one.
  private static let limit = 65_536
  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// Reads the head of a file, and checks that the file is as long as the head says.
  init(reading bytes: RawSpan, path: String) throws(MachineError) {
    func invalid(_ reason: String) -> MachineError {
      MachineError(
        code: .numpyInvalid,
        message: "\(path) \(reason). Write it with numpy.save, as a C-ordered array of float32.",
        path: path)
    }
    func byte(_ offset: Int) -> UInt8 {
      unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }
    guard bytes.byteCount >= 10, (0..<6).allSatisfy({ byte($0) == NumPyHeader.magic[$0] }) else {
      throw invalid("is not a NumPy array file")
    }
    let widths: [UInt8: Int] = [1: 2, 2: 4]
    guard let width = widths[byte(6)], byte(7) == 0, bytes.byteCount >= 8 + width else {
      throw invalid("has the NumPy format version \(byte(6)).\(byte(7)); 1.0 and 2.0 are read")
    }
    let textLength = (0..<width).reduce(0) { $0 | Int(byte(8 + $1)) << (8 * $1) }
    guard textLength <= NumPyHeader.limit else {
      throw invalid("has a header of \(textLength) bytes; \(NumPyHeader.limit) are the limit")
    }
    guard textLength <= bytes.byteCount - 8 - width else {
      throw invalid("ends within its header")
    }
    length = 8 + width + textLength
    let text = (8 + width..<length).map(byte)

    let fields: [String: PythonLiteral]
    do { fields = try PythonLiteral.dictionary(text) } catch {
      throw invalid("has a header that cannot be read (\(error.reason))")
    }
    guard case .text(let descr)? = fields["descr"] else {
      throw invalid("has a header without a plain 'descr'")
    }
    guard let kind = NumPyFile.Kind(rawValue: descr) else {
      let kinds = NumPyFile.Kind.allCases.map(\.rawValue).joined(separator: ", ")
      throw invalid("holds numbers of the kind '\(descr)'; read are \(kinds)")
    }
    guard case .truth(let columnsFirst)? = fields["fortran_order"] else {
      throw invalid("has a header without 'fortran_order'")
    }
    guard !columnsFirst else { throw invalid("is stored column by column (Fortran order)") }
    guard case .numbers(let shape)? = fields["shape"] else {
      throw invalid("has a header without a 'shape'")
    }
    guard 1...2 ~= shape.count else {
      throw invalid("has \(shape.count) dimensions; one or two are read")
    }
    let (size, overflow) =
      (NumPyHeader.count(of: shape) ?? .max).multipliedReportingOverflow(by: kind.width)
    guard !overflow, size == bytes.byteCount - length else {
      throw invalid("is \(bytes.byteCount) bytes long, which the shape \(shape) does not fit")
    }
    self.kind = kind
    self.shape = shape
  }

  /// How many numbers an array of that shape has; nil where that overflows or makes no sense.
  static func count(of shape: [Int]) -> Int? {
    var count = 1
    for length in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: length)
      guard !overflow, length >= 0 else { return nil }
      count = product
    }
    return 1...2 ~= shape.count ? count : nil
  }

  /// The head of a new file, version 1.0, filled up with spaces to a multiple of 64 bytes.
  static func bytes(kind: NumPyFile.Kind, shape: [Int]) -> [UInt8] {
    let lengths = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var text = "{'descr': '\(kind.rawValue)', 'fortran_order': False, 'shape': (\(lengths)), }"
    let used = 10 + text.utf8.count + 1
    text += String(repeating: " ", count: (64 - used % 64) % 64) + "\n"
    let length = UInt16(text.utf8.count)
    return magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array(text.utf8)
  }
}
