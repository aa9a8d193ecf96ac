import Documents

/// The text of a block of HTML as it comes, with white space collapsed.
struct HTMLInlineText {
  private var bytes: [UInt8] = []
  private var hasPendingSpace = false

  /// The bytes so far.
  var count: Int { bytes.count }

  /// Adds text in which any run of white space is one space (CSS Text 3, section 4.1.1). No-break
  /// spaces count as white space, and zero-width ones as nothing.
  mutating func append(_ text: Span<UInt8>) {
    var index = 0
    while index < text.count {
      let byte = text[index]
      let next = index + 1 < text.count ? text[index + 1] : 0
      switch byte {
      case 0x09, 0x0A, 0x0C, 0x0D, 0x20:
        breakWord()
        index += 1
      case 0xC2 where next == 0xA0:
        breakWord()
        index += 2
      case 0xE2 where next == 0x80 && index + 2 < text.count && text[index + 2] == 0x8B:
        index += 3
      default:
        if hasPendingSpace {
          if let last = bytes.last, last != 0x0A { bytes.append(0x20) }
          hasPendingSpace = false
        }
        let start = index
        repeat { index += 1 } while index < text.count && !Self.maySpace(text[index])
        bytes.append(copying: text.extracting(start..<index))
      }
    }
  }

  /// Whether a space may begin with this byte.
  private static func maySpace(_ byte: UInt8) -> Bool {
    byte <= 0x20 || byte == 0xC2 || byte == 0xE2
  }

  /// Adds text as it is.
  mutating func appendVerbatim(_ text: Span<UInt8>) {
    bytes.append(copying: text)
  }

  /// Ends a word.
  mutating func breakWord() {
    hasPendingSpace = true
  }

  /// Ends a line.
  mutating func breakLine() {
    hasPendingSpace = false
    if !bytes.isEmpty { bytes.append(0x0A) }
  }

  /// Gives the text and begins anew.
  ///
  /// - Parameter isPreformatted: Whether spaces at the beginning count.
  mutating func take(isPreformatted: Bool) -> String {
    let isLead: (UInt8) -> Bool = { $0 == 0x0A || $0 == 0x0D || (!isPreformatted && $0 == 0x20) }
    let isTrail: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
    let end = bytes.lastIndex { !isTrail($0) }.map { $0 + 1 } ?? 0
    let text = String(decoding: bytes[..<end].drop(while: isLead), as: UTF8.self)
    bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 20)
    hasPendingSpace = false
    return text.withoutControlCharacters
  }
}
