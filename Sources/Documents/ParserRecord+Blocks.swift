// Blocks are nearly all that a parser writes. Their objects are flat, and are written and read here
// by hand, at a tenth of what a coder costs.

extension ParserRecord {
  /// What a line begins with that holds a block.
  static let blockStart = Array(#"{"block":"#.utf8)

  /// Appends a page, heading or text as a JSON object, and gives false for other records.
  func appendBlock(to line: inout [UInt8]) -> Bool {
    switch self {
    case .page(let number, let label):
      line.append(json: #"{"block":"page","number":\#(number)"#)
      if let label { line.append(field: "label", label) }
    case .heading(let level, let text, let join):
      line.append(json: #"{"block":"heading","level":\#(level)"#)
      if join != .paragraph { line.append(field: "join", join.rawValue) }
      line.append(field: "text", text)
    case .text(let text, let join):
      line.append(json: #"{"block":"text""#)
      if join != .paragraph { line.append(field: "join", join.rawValue) }
      line.append(field: "text", text)
    case .start, .end, .failure: return false
    }
    line.append(UInt8(ascii: "}"))
    return true
  }

  /// Reads the JSON object of a block.
  ///
  /// - Throws: `parser-protocol` where it is none.
  init(block json: Span<UInt8>) throws(DocumentError) {
    var kind: String?
    var number: Int?
    var level: Int?
    var label: String?
    var join: Join? = .paragraph
    var text: String?
    var reader = FlatObjectReader(json)
    while let key = try reader.nextKey() {
      switch key {
      case "block": kind = try reader.string()
      case "number": number = try reader.number()
      case "level": level = try reader.number()
      case "label": label = try reader.string()
      case "join": join = Join(rawValue: try reader.string())
      case "text": text = try reader.string()
      default: throw FlatObjectReader.refusal
      }
    }
    if kind == "page", let number {
      self = .page(number: number, label: label)
    } else if kind == "heading", let level, let text, let join {
      self = .heading(level: level, text: text, join: join)
    } else if kind == "text", let text, let join {
      self = .text(text, join: join)
    } else {
      throw FlatObjectReader.refusal
    }
  }
}

extension [UInt8] {
  /// Appends JSON as it is.
  fileprivate mutating func append(json: String) { append(contentsOf: json.utf8) }

  /// Appends a field that is not the first, with its text as a JSON string (RFC 8259, section 7).
  fileprivate mutating func append(field key: String, _ text: String) {
    append(json: ",\"\(key)\":\"")
    let bytes = text.utf8Span.span
    var start = 0
    for index in bytes.indices {
      let byte = bytes[index]
      guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else {
        continue
      }
      append(copying: bytes.extracting(start..<index))
      start = index + 1
      switch byte {
      case 0x0A: append(json: "\\n")
      case 0..<0x20: append(json: "\\u00" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16))
      default:
        append(UInt8(ascii: "\\"))
        append(byte)
      }
    }
    append(copying: bytes.extracting(start...))
    append(UInt8(ascii: "\""))
  }
}

/// Reads a JSON object (RFC 8259) whose values are strings and whole numbers, field by field.
private struct FlatObjectReader: ~Escapable {
  private let json: Span<UInt8>
  private var index = 0
  private var isOpen = false

  static let refusal = DocumentError(
    .parserProtocol, "A line of the parser has the fields of no record.")

  @_lifetime(copy json)
  init(_ json: Span<UInt8>) {
    self.json = json
  }

  /// The next byte that is no white space; zero at the end.
  private mutating func peek() -> UInt8 {
    while index < json.count, [0x20, 0x09, 0x0A, 0x0D].contains(json[index]) { index += 1 }
    return index < json.count ? json[index] : 0
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(DocumentError) {
    guard peek() == UInt8(ascii: character) else { throw Self.refusal }
    index += 1
  }

  /// The key of the next field, or nil at the end of the object, after which nothing comes.
  mutating func nextKey() throws(DocumentError) -> String? {
    if isOpen, peek() == UInt8(ascii: "}") {
      index += 1
      guard peek() == 0, index == json.count else { throw Self.refusal }
      return nil
    }
    try expect(isOpen ? "," : "{")
    isOpen = true
    let key = try string()
    try expect(":")
    return key
  }

  /// A whole number of at most nine digits.
  mutating func number() throws(DocumentError) -> Int {
    let isNegative = peek() == UInt8(ascii: "-")
    if isNegative { index += 1 }
    let start = index
    var value = 0
    while index < json.count, json.isDigit(at: index), index - start < 9 {
      value = value * 10 + Int(json[index] - 0x30)
      index += 1
    }
    guard index > start else { throw Self.refusal }
    return isNegative ? -value : value
  }

  /// A string, which must be valid UTF-8.
  mutating func string() throws(DocumentError) -> String {
    try expect("\"")
    let start = index
    while index < json.count, json[index] != UInt8(ascii: "\""), json[index] != UInt8(ascii: "\\") {
      guard json[index] >= 0x20 else { throw Self.refusal }
      index += 1
    }
    guard index < json.count else { throw Self.refusal }
    if json[index] == UInt8(ascii: "\"") {
      index += 1
      return try Self.text(json.extracting(start..<index - 1))
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(json.count - start)
    bytes.append(copying: json.extracting(start..<index))
    while index < json.count {
      let byte = json[index]
      index += 1
      switch byte {
      case UInt8(ascii: "\""): return try Self.text(bytes.span)
      case UInt8(ascii: "\\"): try appendEscaped(to: &bytes)
      case 0..<0x20: throw Self.refusal
      default: bytes.append(byte)
      }
    }
    throw Self.refusal
  }

  private static func text(_ bytes: Span<UInt8>) throws(DocumentError) -> String {
    guard let text = try? UTF8Span(validating: bytes) else { throw refusal }
    return String(copying: text)
  }

  /// Reads what follows a backslash.
  private mutating func appendEscaped(to bytes: inout [UInt8]) throws(DocumentError) {
    guard index < json.count else { throw Self.refusal }
    let byte = json[index]
    index += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(byte)
    case UInt8(ascii: "b"): bytes.append(0x08)
    case UInt8(ascii: "f"): bytes.append(0x0C)
    case UInt8(ascii: "n"): bytes.append(0x0A)
    case UInt8(ascii: "r"): bytes.append(0x0D)
    case UInt8(ascii: "t"): bytes.append(0x09)
    case UInt8(ascii: "u"):
      // Only what has no shorter form is escaped so, which leaves pairs of surrogates out.
      guard index + 4 <= json.count,
        let digits = try? UTF8Span(validating: json.extracting(index..<index + 4)),
        let value = UInt32(String(copying: digits), radix: 16), let scalar = Unicode.Scalar(value)
      else { throw Self.refusal }
      index += 4
      bytes.append(contentsOf: String(scalar).utf8)
    default: throw Self.refusal
    }
  }
}
