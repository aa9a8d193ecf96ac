/// Finds and reads the vocabulary in the bytes of a `tokenizer.json`.
///
/// Foundation decodes an object to a dictionary of strings, and Swift's strings are equal when they
/// are canonically equivalent: tokens would be lost, such as one of U+00B7 and U+0387. So this one
/// object is read here, byte for byte, and cut out of what Foundation gets, which also saves most
/// of the time that the file takes.
struct VocabularyReader {
  /// One entry of the vocabulary.
  struct Entry {
    var bytes: [UInt8]
    var token: Int32
  }

  private struct Malformed: Error {}

  private let bytes: [UInt8]
  private var position = 0

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Reads the object at the field `model.vocab`.
  ///
  /// - Parameter file: the bytes of the file.
  /// - Returns: the entries, and the file with an empty object in their place; nil where there is
  ///   no such object of strings and numbers of 31 bits.
  static func read(_ file: [UInt8]) -> (entries: [Entry], rest: [UInt8])? {
    var reader = VocabularyReader(file)
    do {
      var result: (entries: [Entry], rest: [UInt8])?
      try reader.members { reader, name in
        guard name == Array("model".utf8) else { return try reader.skip() }
        try reader.members { reader, name in
          guard name == Array("vocab".utf8) else { return try reader.skip() }
          reader.space()
          let start = reader.position
          var entries: [Entry] = []
          try reader.members { reader, name in
            entries.append(Entry(bytes: name, token: try reader.number()))
          }
          let rest = reader.bytes[..<start] + Array("{}".utf8) + reader.bytes[reader.position...]
          result = (entries, Array(rest))
        }
      }
      return result
    } catch {
      return nil
    }
  }

  /// Walks over the members of an object; `body` reads each value.
  private mutating func members(
    _ body: (inout VocabularyReader, _ name: [UInt8]) throws -> Void
  ) throws {
    try expect(UInt8(ascii: "{"))
    if take(UInt8(ascii: "}")) { return }
    repeat {
      space()
      let name = try string()
      try expect(UInt8(ascii: ":"))
      try body(&self, name)
    } while take(UInt8(ascii: ","))
    try expect(UInt8(ascii: "}"))
  }

  /// Skips a value of any kind; Foundation checks it later.
  private mutating func skip() throws {
    var depth = 0
    while true {
      space()
      guard position < bytes.count else { throw Malformed() }
      switch bytes[position] {
      case UInt8(ascii: "\""): _ = try string()
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        position += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == 0 { return }
        depth -= 1
        position += 1
        if depth == 0 { return }
      case UInt8(ascii: ","):
        if depth == 0 { return }
        position += 1
      default: position += 1
      }
    }
  }

  private mutating func number() throws -> Int32 {
    space()
    var value: Int32 = 0
    let start = position
    while position < bytes.count, case let digit = bytes[position] &- 48, digit < 10 {
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(Int32(digit))
      guard !overflow, !carry else { throw Malformed() }
      value = sum
      position += 1
    }
    guard position > start else { throw Malformed() }
    return value
  }

  private mutating func string() throws -> [UInt8] {
    try expect(UInt8(ascii: "\""))
    var text: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return text
      case UInt8(ascii: "\\"): try escape(&text)
      default: text.append(byte)
      }
    }
    throw Malformed()
  }

  /// Reads what follows a backslash.
  private mutating func escape(_ text: inout [UInt8]) throws {
    guard position < bytes.count else { throw Malformed() }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "b"): text.append(8)
    case UInt8(ascii: "f"): text.append(12)
    case UInt8(ascii: "n"): text.append(10)
    case UInt8(ascii: "r"): text.append(13)
    case UInt8(ascii: "t"): text.append(9)
    case UInt8(ascii: "u"):
      var unit = try hexadecimal()
      if 0xD800..<0xDC00 ~= unit {
        guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw Malformed() }
        let low = try hexadecimal()
        guard 0xDC00..<0xE000 ~= low else { throw Malformed() }
        unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(unit) else { throw Malformed() }
      text += Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    default: text.append(byte)
    }
  }

  private mutating func hexadecimal() throws -> UInt32 {
    guard position + 4 <= bytes.count else { throw Malformed() }
    let digits = String(decoding: bytes[position..<(position + 4)], as: UTF8.self)
    guard let value = UInt32(digits, radix: 16) else { throw Malformed() }
    position += 4
    return value
  }

  private mutating func space() {
    while position < bytes.count, [32, 9, 10, 13].contains(bytes[position]) { position += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    space()
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ byte: UInt8) throws {
    guard take(byte) else { throw Malformed() }
  }
}
