import Documents

/// One word of a text: a run of letters and digits of one kind of script.
struct Word {
  /// How a word is analysed.
  enum Script {
    /// Letters of scripts that set words off by spaces, and digits.
    case spaced
    /// Hangul, syllables or letters.
    case hangul
    /// Han and kana, which set no words off.
    case unspaced
  }

  /// The word's UTF-8 offsets in the text.
  var range: Range<Int>
  /// How the word is analysed.
  var script: Script
  /// Whether all bytes are ASCII.
  var isASCII: Bool
}

/// Cuts text into words, over bytes.
///
/// Letters, digits and marks make words; everything else parts them. A change of the kind of
/// script parts words too, so that `API를` is `API` and `를`.
enum WordScanner {
  /// Calls `body` for each word of valid UTF-8 in order.
  ///
  /// - Complexity: O(*n*) in the text's length.
  static func forEachWord(in text: Span<UInt8>, _ body: (Word) -> Void) {
    var start = 0
    var offset = 0
    var script: Word.Script?
    var isASCII = true

    func finish(at end: Int) {
      if let script { body(Word(range: start..<end, script: script, isASCII: isASCII)) }
      script = nil
    }
    while offset < text.count {
      let byte = text[offset]
      let next: Word.Script?
      let width: Int
      if byte < 0x80 {
        (next, width) = (isLetterOrDigit(byte) ? .spaced : nil, 1)
      } else {
        guard let scalar = text.scalar(at: offset) else { break }
        (next, width) = (kind(of: scalar, after: script), UTF8.width(scalar))
      }
      if next != script {
        finish(at: offset)
        start = offset
        script = next
        isASCII = true
      }
      if width > 1 { isASCII = false }
      offset += width
    }
    finish(at: offset)
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte)
  }

  /// The script of a scalar beyond ASCII, or nil where it belongs to no word.
  private static func kind(of scalar: Unicode.Scalar, after previous: Word.Script?) -> Word.Script?
  {
    switch scalar.value {
    case 0xAC00...0xD7A3, 0x1100...0x11FF, 0x3130...0x318F, 0xA960...0xA97F, 0xD7B0...0xD7FF,
      0xFFA0...0xFFDC:
      return .hangul
    case 0x3041...0x30FF, 0x31F0...0x31FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF,
      0xFF66...0xFF9F, 0x20000...0x323AF:
      return .unspaced
    default:
      switch scalar.properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
        .decimalNumber, .letterNumber, .otherNumber:
        return .spaced
      case .nonspacingMark, .spacingMark, .enclosingMark:
        // A mark belongs to the letter before it.
        return previous
      default:
        return nil
      }
    }
  }
}
