/// Questions about UTF-8 text that is held as bytes.
///
/// All offsets are of first bytes of scalars, in valid UTF-8.
extension Span<UInt8> {
  /// The bytes of the white space character at `index`, or 0 where there is none.
  ///
  /// White space is the Unicode property White_Space.
  func whitespaceWidth(at index: Int) -> Int {
    switch self[index] {
    case 0x20, 0x09...0x0D: 1
    case 0xC2: self[index + 1] == 0x85 || self[index + 1] == 0xA0 ? 2 : 0
    case 0xE1: self[index + 1] == 0x9A && self[index + 2] == 0x80 ? 3 : 0
    case 0xE2: isWideSpace(self[index + 1], self[index + 2]) ? 3 : 0
    case 0xE3: self[index + 1] == 0x80 && self[index + 2] == 0x80 ? 3 : 0
    default: 0
    }
  }

  /// Whether E2 and these bytes are one of U+2000…200A, 2028, 2029, 202F and 205F.
  private func isWideSpace(_ second: UInt8, _ third: UInt8) -> Bool {
    switch second {
    case 0x80: (0x80...0x8A).contains(third) || [0xA8, 0xA9, 0xAF].contains(third)
    case 0x81: third == 0x9F
    default: false
    }
  }

  /// A range without the white space at its ends.
  ///
  /// - Complexity: O(*w*) in the bytes of white space.
  func trimmingWhitespace(_ range: Range<Int>) -> Range<Int> {
    var start = range.lowerBound
    var end = range.upperBound
    while start < end {
      let width = whitespaceWidth(at: start)
      guard width > 0 else { break }
      start += width
    }
    while end > start {
      let last = scalarStart(before: end)
      guard whitespaceWidth(at: last) > 0 else { break }
      end = last
    }
    return start..<end
  }

  /// Where the scalar begins that ends at `index`.
  func scalarStart(before index: Int) -> Int {
    var index = index - 1
    while index > 0, self[index] & 0xC0 == 0x80 { index -= 1 }
    return index
  }

  /// The scalar at `index`.
  package func scalar(at index: Int) -> Unicode.Scalar? {
    let lead = self[index]
    let width = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
    guard width > 1 else { return Unicode.Scalar(lead) }
    guard index + width <= count else { return nil }
    var value = UInt32(lead) & (0x7F >> UInt32(width))
    for next in index + 1..<index + width { value = value << 6 | UInt32(self[next] & 0x3F) }
    return Unicode.Scalar(value)
  }

  /// Whether the text may be cut at `index` without cutting a grapheme cluster, as far as the
  /// scalars on both sides tell: right after white space and punctuation, and only there.
  func isClusterBoundary(at index: Int) -> Bool {
    guard index > 0, index < count else { return true }
    if self[index] < 0x80 { return !(self[index] == 0x0A && self[index - 1] == 0x0D) }
    guard let next = scalar(at: index), let last = scalar(at: scalarStart(before: index)) else {
      return false
    }
    if PlainScripts.contains(next) { return true }
    var both = String.UnicodeScalarView()
    both.append(last)
    both.append(next)
    return String(both).count == 2
  }

  /// Whether a syllable of Hangul begins at `index` (U+AC00…D7A3).
  func isHangul(at index: Int) -> Bool {
    switch self[index] {
    case 0xEA: index + 1 < count && self[index + 1] >= 0xB0
    case 0xEB, 0xEC: true
    case 0xED: index + 1 < count && self[index + 1] <= 0x9E
    default: false
    }
  }

  /// Whether there is a digit of ASCII at `index`.
  func isDigit(at index: Int) -> Bool { (0x30...0x39).contains(self[index]) }

  /// Whether there is a tab or ` | ` at `index`, as between the cells of a table.
  func isCellMark(at index: Int) -> Bool {
    self[index] == 0x09
      || (self[index] == 0x7C && index > 0 && self[index - 1] == 0x20 && index + 1 < count
        && self[index + 1] == 0x20)
  }

  /// Whether two bytes stand at `index` and end before `end`.
  func has(_ first: UInt8, _ second: UInt8, at index: Int, before end: Int) -> Bool {
    index + 1 < end && self[index] == first && self[index + 1] == second
  }
}

extension [UInt8] {
  /// Appends bytes, many at a time.
  package mutating func append(copying bytes: Span<UInt8>) {
    unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }
}

/// Scripts whose characters never join the one before them.
private enum PlainScripts {
  static func contains(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    // Latin-1 letters, Hangul syllables and Han.
    case 0xC0...0x2FF, 0xAC00...0xD7A3, 0x4E00...0x9FFF: true
    default: false
    }
  }
}
