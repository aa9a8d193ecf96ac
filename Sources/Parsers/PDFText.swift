import Documents

/// Repairs of what the extraction of text brings.
enum PDFText {
  /// Marks that stand before the items of a list and nowhere else.
  private static let bullets = Set("•‣◦▪●○■□◆◇▶※".unicodeScalars)
  /// Dots in a row, with or without spaces, that lead the eye and end no sentence.
  private static let leaderLength = 4

  /// A line with single spaces, ligatures as letters, and without what cannot be read, nor the
  /// dots that lead from a title to its page number.
  static func clean(_ line: Substring) -> String {
    var result: [Unicode.Scalar] = []
    var hasPendingSpace = false
    var dots = 0
    var leaderStart = 0
    func endLeader() {
      if dots >= leaderLength {
        result.removeSubrange(leaderStart...)
        hasPendingSpace = !result.isEmpty
      }
      dots = 0
    }
    for scalar in line.unicodeScalars {
      if scalar.properties.isWhitespace {
        hasPendingSpace = !result.isEmpty
        continue
      }
      guard let readable = readable(scalar) else { continue }
      if scalar == "." {
        if dots == 0 { leaderStart = result.count }
        dots += 1
      } else {
        endLeader()
      }
      if hasPendingSpace { result.append(" ") }
      hasPendingSpace = false
      result.append(contentsOf: readable.unicodeScalars)
    }
    endLeader()
    if result.count > 1, bullets.contains(result[0]), result[1] != " " {
      result.insert(" ", at: 1)
    }
    return String(String.UnicodeScalarView(result))
  }

  /// What a character is to a reader, or nil for nothing.
  private static func readable(_ scalar: Unicode.Scalar) -> String? {
    switch scalar.value {
    case 0xFB00: "ff"
    case 0xFB01: "fi"
    case 0xFB02: "fl"
    case 0xFB03: "ffi"
    case 0xFB04: "ffl"
    case 0xFB05, 0xFB06: "st"
    // The bullets of the symbol fonts, which have no Unicode of their own.
    case 0xF0B7, 0xF0A7: "•"
    // Control characters, byte order marks, and glyphs without a meaning.
    case 0x00...0x1F, 0x7F...0x9F, 0xFEFF, 0xFFFD, 0xE000...0xF8FF: nil
    default: String(scalar)
    }
  }

  /// Adds a line to a paragraph.
  ///
  /// A hyphen at the end goes where letters of ASCII stand before it and a small one follows, and
  /// a soft hyphen always. Lines of Chinese and Japanese meet without a space; lines of Korean
  /// and all others with one.
  static func append(_ line: String, to paragraph: inout String) {
    guard let last = paragraph.unicodeScalars.last, let first = line.unicodeScalars.first else {
      paragraph += line
      return
    }
    if isBrokenWord(paragraph, before: line) {
      paragraph.unicodeScalars.removeLast()
    } else if !(isUnspaced(last) && isUnspaced(first)) {
      paragraph += " "
    }
    paragraph += line
  }

  /// Whether a text ends in the hyphen of a word that goes on with the next line.
  static func isBrokenWord(_ text: String, before line: String) -> Bool {
    var scalars = text.unicodeScalars.suffix(2)
    guard let last = scalars.popLast(), let first = line.unicodeScalars.first else { return false }
    if last.value == 0xAD { return true }
    guard last == "-" || last.value == 0x2010, let letter = scalars.last else { return false }
    return ("a"..."z").contains(first)
      && (("a"..."z").contains(letter) || ("A"..."Z").contains(letter))
  }

  /// Whether a character belongs to a script that puts no spaces between words.
  private static func isUnspaced(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x3001...0x30FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0xFF01...0xFF0F,
      0x20000...0x3FFFF:
      true
    default: false
    }
  }

  /// Whether a text ends with a sentence, or with what introduces the next paragraph.
  static func endsSentence(_ text: String) -> Bool {
    for scalar in text.unicodeScalars.reversed() {
      switch scalar {
      case ".", "!", "?", ":", "。", "！", "？", "…": return true
      case ")", "]", "\"", "'", "”", "’", "」", "』", "）", "»": continue
      default: return false
      }
    }
    return false
  }

  /// Whether a line begins with a bullet or the number of a list item.
  static func beginsItem(_ line: String) -> Bool {
    var scalars = line.unicodeScalars[...]
    guard let first = scalars.popFirst() else { return false }
    if bullets.contains(first) { return true }
    if "·–—-*".unicodeScalars.contains(first) { return scalars.first == " " }
    if "①"..."⑳" ~= first { return true }
    guard first.properties.numericType == .decimal || first == "(" || isHangul(first) else {
      return false
    }
    var width = 1
    while let next = scalars.first, next.properties.numericType == .decimal, width < 3 {
      scalars.removeFirst()
      width += 1
    }
    if first == "(", let letter = scalars.first, letter.properties.isAlphabetic {
      scalars.removeFirst()
    }
    guard let mark = scalars.popFirst(), mark == "." || mark == ")" else { return false }
    return scalars.first == " "
  }

  /// Whether a character is a syllable of Hangul.
  static func isHangul(_ scalar: Unicode.Scalar) -> Bool { (0xAC00...0xD7A3) ~= scalar.value }
}
