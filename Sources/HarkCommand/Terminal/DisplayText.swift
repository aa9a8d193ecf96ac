/// Text from documents, file names and errors in a form that is safe on a terminal.
///
/// A document may hold escape sequences that move the cursor, rename the window or paste input, and
/// directional marks that show a line in another order than it has. None reaches a terminal raw.
enum DisplayText {
  /// One line: white space, line breaks included, becomes single spaces; controls are replaced.
  static func line(_ text: some StringProtocol) -> String {
    var line = String.UnicodeScalarView()
    var atSpace = true
    for scalar in text.unicodeScalars {
      guard let shown = shown(scalar) else { continue }
      if shown.properties.isWhitespace {
        if !atSpace { line.append(" ") }
        atSpace = true
      } else {
        line.append(shown)
        atSpace = false
      }
    }
    if atSpace, !line.isEmpty { line.removeLast() }
    return String(line)
  }

  /// Several lines: line feeds and tabs stay, other controls are replaced.
  static func paragraphs(_ text: some StringProtocol) -> String {
    var paragraphs = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if scalar == "\n" || scalar == "\t" {
        paragraphs.append(scalar)
      } else if let shown = shown(scalar) {
        paragraphs.append(shown)
      }
    }
    return String(paragraphs)
  }

  /// What stands for a scalar on a terminal: itself, a space for white space among the controls,
  /// the replacement character for other controls, nothing for directional marks.
  static func shown(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
    switch scalar.value {
    case 0x09...0x0D, 0x85, 0x2028, 0x2029: " "
    case 0x00...0x1F, 0x7F...0x9F: "\u{FFFD}"
    case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: nil
    default: scalar
    }
  }

  /// The columns that a line fills on a terminal.
  static func columns(_ line: some StringProtocol) -> Int {
    line.reduce(0) { $0 + columns($1) }
  }

  /// The columns that a character fills: two for the wide and fullwidth ones of UAX #11 and for
  /// pictures, else one.
  static func columns(_ character: Character) -> Int {
    guard let first = character.unicodeScalars.first else { return 0 }
    if first.value < 0x1100 {
      return first.properties.generalCategory == .nonspacingMark ? 0 : 1
    }
    if isWide(first) || character.unicodeScalars.contains("\u{FE0F}") { return 2 }
    switch first.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: return 1
    }
  }

  /// The first characters of a line that fill at most `columns`.
  static func prefix(_ line: some StringProtocol, columns limit: Int) -> String {
    var left = limit
    return String(
      line.prefix { character in
        left -= columns(character)
        return left >= 0
      })
  }

  /// The text with spaces to its left or right, up to `columns`.
  static func padded(_ text: String, to columns: Int, leading: Bool = false) -> String {
    let spaces = String(repeating: " ", count: max(0, columns - self.columns(text)))
    return leading ? spaces + text : text + spaces
  }

  /// Hangul, Han, kana and their companions by the blocks of EastAsianWidth.txt (Unicode 15), and
  /// scalars that are shown as pictures by themselves.
  private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x3247, 0x3250...0x4DBF, 0x4E00...0xA4CF,
      0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F,
      0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18CFF, 0x1AFF0...0x1B2FF, 0x1F200...0x1F265,
      0x20000...0x3FFFD:
      true
    default:
      scalar.properties.isEmojiPresentation
    }
  }
}
