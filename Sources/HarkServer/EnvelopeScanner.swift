/// One pass over the text of a request, recursing no deeper than the limit: checks JSON's
/// grammar, and remembers where the few members lie that the transport itself reads.
struct EnvelopeScanner {
  /// Why a text is refused.
  enum Fault: Error {
    /// The byte at this offset does not belong there.
    case syntax(Int)
    /// Objects and arrays are nested too deep.
    case depth
    /// A member that counts is there twice, and readers might not agree on which one counts.
    case duplicate(Member)
  }

  /// A member that the transport reads, by its path in the request.
  enum Member: String {
    case version = "jsonrpc"
    case id = "id"
    case method = "method"
    case params = "params"
    case deadline = "params.deadline_ms"
    case target = "params.id"
  }

  /// Where a value stands.
  private enum Place { case envelope, params, elsewhere }

  /// Where the values of the members lie.
  private(set) var members: [Member: Range<Int>] = [:]
  private var position = 0
  private let depthLimit: Int

  /// Makes a scanner for a text nested at most this deep.
  ///
  /// Each level takes some of the stack, so the limit has a limit of its own.
  init(depthLimit: Int) { self.depthLimit = min(depthLimit, 512) }

  /// Reads the whole text. O(bytes).
  mutating func scan(_ text: Span<UInt8>) throws(Fault) {
    skipSpace(text)
    try scanValue(text, depth: 0, place: .envelope)
    skipSpace(text)
    guard position == text.count else { throw .syntax(position) }
  }

  private func byte(_ text: Span<UInt8>) -> UInt8? {
    position < text.count ? text[position] : nil
  }

  private mutating func skipSpace(_ text: Span<UInt8>) {
    while let byte = byte(text), byte == 0x20 || (0x09...0x0A).contains(byte) || byte == 0x0D {
      position += 1
    }
  }

  private mutating func take(_ expected: Character, _ text: Span<UInt8>) -> Bool {
    guard byte(text) == expected.asciiValue else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ expected: Character, _ text: Span<UInt8>) throws(Fault) {
    guard take(expected, text) else { throw .syntax(position) }
  }

  private mutating func scanValue(
    _ text: Span<UInt8>, depth: Int, place: Place
  ) throws(Fault) {
    switch byte(text) {
    case UInt8(ascii: "{"): try scanObject(text, depth: depth + 1, place: place)
    case UInt8(ascii: "["): try scanArray(text, depth: depth + 1)
    case UInt8(ascii: "\""): try scanString(text)
    case UInt8(ascii: "t"): try scanWord("true", text)
    case UInt8(ascii: "f"): try scanWord("false", text)
    case UInt8(ascii: "n"): try scanWord("null", text)
    default: try scanNumber(text)
    }
  }

  private mutating func scanObject(
    _ text: Span<UInt8>, depth: Int, place: Place
  ) throws(Fault) {
    guard depth <= depthLimit else { throw .depth }
    position += 1
    skipSpace(text)
    if take("}", text) { return }
    repeat {
      skipSpace(text)
      let start = position
      try scanString(text)
      let member = self.member(named: start..<position, in: text, place: place)
      skipSpace(text)
      try expect(":", text)
      skipSpace(text)
      let value = position
      try scanValue(text, depth: depth, place: member == .params ? .params : .elsewhere)
      if let member, members.updateValue(value..<position, forKey: member) != nil {
        throw .duplicate(member)
      }
      skipSpace(text)
    } while take(",", text)
    try expect("}", text)
  }

  private mutating func scanArray(_ text: Span<UInt8>, depth: Int) throws(Fault) {
    guard depth <= depthLimit else { throw .depth }
    position += 1
    skipSpace(text)
    if take("]", text) { return }
    repeat {
      skipSpace(text)
      try scanValue(text, depth: depth, place: .elsewhere)
      skipSpace(text)
    } while take(",", text)
    try expect("]", text)
  }

  private mutating func scanString(_ text: Span<UInt8>) throws(Fault) {
    try expect("\"", text)
    while let byte = byte(text), byte >= 0x20 {
      position += 1
      if byte == UInt8(ascii: "\"") { return }
      if byte == UInt8(ascii: "\\") { try scanEscape(text) }
    }
    throw .syntax(position)
  }

  private mutating func scanEscape(_ text: Span<UInt8>) throws(Fault) {
    guard let kind = byte(text), "\"\\/bfnrtu".utf8.contains(kind) else { throw .syntax(position) }
    position += 1
    guard kind == UInt8(ascii: "u") else { return }
    for _ in 0..<4 {
      guard let digit = byte(text), Character(Unicode.Scalar(digit)).isHexDigit else {
        throw .syntax(position)
      }
      position += 1
    }
  }

  private mutating func scanWord(_ word: StaticString, _ text: Span<UInt8>) throws(Fault) {
    for expected in word.description.utf8 {
      guard byte(text) == expected else { throw .syntax(position) }
      position += 1
    }
  }

  private mutating func scanNumber(_ text: Span<UInt8>) throws(Fault) {
    _ = take("-", text)
    if !take("0", text) { try scanDigits(text) }
    if take(".", text) { try scanDigits(text) }
    if take("e", text) || take("E", text) {
      if !take("+", text) { _ = take("-", text) }
      try scanDigits(text)
    }
  }

  private mutating func scanDigits(_ text: Span<UInt8>) throws(Fault) {
    let start = position
    while let byte = byte(text), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      position += 1
    }
    guard position > start else { throw .syntax(position) }
  }

  /// Which member a quoted name means, or nil where the transport does not care.
  private func member(
    named range: Range<Int>, in text: Span<UInt8>, place: Place
  ) -> Member? {
    // No name that counts is longer, even with each letter escaped.
    guard place != .elsewhere, range.count <= 2 + 6 * 11,
      let name = JSONText.string(range, of: text)
    else { return nil }
    switch place {
    case .envelope: return name.contains(".") ? nil : Member(rawValue: name)
    case .params: return Member(rawValue: "params." + name)
    case .elsewhere: return nil
    }
  }
}
