/// A set of bytes: what a bracket expression stands for.
struct ByteSet: Sendable, Hashable {
  private var low = UInt128(0)
  private var high = UInt128(0)

  /// Whether a byte is in the set.
  func contains(_ byte: UInt8) -> Bool {
    (byte < 128 ? low : high) & Self.bit(byte) != 0
  }

  private mutating func insert(_ byte: UInt8) {
    if byte < 128 { low |= Self.bit(byte) } else { high |= Self.bit(byte) }
  }

  private static func bit(_ byte: UInt8) -> UInt128 { 1 << UInt128(byte & 127) }

  /// Reads `[…]` as git does, and moves behind it; nil where it does not end, or names an unknown
  /// class: then the pattern matches nothing.
  ///
  /// - Parameter line: what is left of the pattern, from the opening bracket on.
  init?(readingClassFrom line: inout ArraySlice<UInt8>) {
    var rest = line.dropFirst()
    let isNegated = rest.first == UInt8(ascii: "!") || rest.first == UInt8(ascii: "^")
    if isNegated { rest.removeFirst() }
    var isFirst = true
    /// The byte before, which may begin a range.
    var lower: UInt8?
    while let byte = rest.first, byte != UInt8(ascii: "]") || isFirst {
      isFirst = false
      if byte == UInt8(ascii: "["), rest.dropFirst().first == UInt8(ascii: ":") {
        let body = rest.dropFirst(2).prefix { $0 != UInt8(ascii: "]") }
        if body.endIndex == rest.endIndex { return nil }
        if body.last == UInt8(ascii: ":") {
          guard let members = Self.members(ofClass: body.dropLast()) else { return nil }
          for member in UInt8(0)...127 where members(member) { insert(member) }
          rest = rest[(body.endIndex + 1)...]
          lower = nil
          continue
        }
      }
      if byte == UInt8(ascii: "-"), let from = lower, let next = rest.dropFirst().first,
        next != UInt8(ascii: "]")
      {
        rest.removeFirst()
        guard let to = Self.literal(&rest) else { return nil }
        if from <= to { for member in from...to { insert(member) } }
        lower = nil
        continue
      }
      guard let literal = Self.literal(&rest) else { return nil }
      insert(literal)
      lower = literal
    }
    guard !rest.isEmpty else { return nil }
    if isNegated { (low, high) = (~low, ~high) }
    line = rest.dropFirst()
  }

  /// The next byte, which a backslash may precede.
  private static func literal(_ rest: inout ArraySlice<UInt8>) -> UInt8? {
    if rest.first == UInt8(ascii: "\\") { rest.removeFirst() }
    return rest.popFirst()
  }

  /// The classes of POSIX, over ASCII.
  private static func members(ofClass name: ArraySlice<UInt8>) -> ((UInt8) -> Bool)? {
    switch String(decoding: name, as: UTF8.self) {
    case "alnum": { isLetter($0) || isDigit($0) }
    case "alpha": { isLetter($0) }
    case "blank": { $0 == 0x20 || $0 == 0x09 }
    case "cntrl": { $0 < 0x20 || $0 == 0x7F }
    case "digit": { isDigit($0) }
    case "graph": { isGraphic($0) }
    case "lower": { (0x61...0x7A).contains($0) }
    case "print": { isGraphic($0) || $0 == 0x20 }
    case "punct": { isGraphic($0) && !isLetter($0) && !isDigit($0) }
    // As git knows them, without the vertical tab and the form feed.
    case "space": { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
    case "upper": { (0x41...0x5A).contains($0) }
    case "xdigit": { isDigit($0) || (0x41...0x46).contains($0) || (0x61...0x66).contains($0) }
    default: nil
    }
  }

  private static func isGraphic(_ byte: UInt8) -> Bool { (0x21...0x7E).contains(byte) }
  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }
}
