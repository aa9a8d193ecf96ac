import Documents

/// Words that stand together as one: a code, a version, a file name, a hyphenated word.
struct Compound {
  /// How many words it has.
  private(set) var count = 0
  /// The place of its first word.
  private(set) var place = 0
  /// The folded words, without the marks between them but those between digits.
  private(set) var form: [UInt8] = []
  private var end = -1

  /// The most words of a compound; what is longer is no name of anything.
  private static let mostWords = 8
  /// The most bytes of its form.
  private static let mostBytes = 64
  /// The most letters of what follows an apostrophe and is no word: `'s`, `'ll`.
  private static let encliticLetters = 2

  /// Whether a word goes on where the compound ends: one mark stands between them.
  func takes(_ word: Word, in text: Span<UInt8>) -> Bool {
    guard count > 0, count < Self.mostWords, word.range.lowerBound == end + 1,
      form.count + word.range.count < Self.mostBytes
    else { return false }
    return switch text[end] {
    case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
    case UInt8(ascii: ","): isDigit(text[end - 1]) && isDigit(text[end + 1])
    default: false
    }
  }

  /// Whether a word is what an apostrophe cuts off the word before it.
  func isEnclitic(_ word: Word, in text: Span<UInt8>) -> Bool {
    guard count > 0, word.range.count <= Self.encliticLetters, !isDigit(text[word.range.lowerBound])
    else { return false }
    if word.range.lowerBound == end + 1 { return text[end] == UInt8(ascii: "'") }
    // U+2019, the apostrophe of typography.
    return word.range.lowerBound == end + 3 && text[end] == 0xE2 && text[end + 1] == 0x80
      && text[end + 2] == 0x99
  }

  /// Adds a word; the first one begins the compound.
  mutating func add(_ word: Word, place: Int, in text: String) {
    let bytes = text.utf8Span.span
    if count == 0 {
      self.place = place
    } else if isDigit(bytes[end - 1]), isDigit(bytes[word.range.lowerBound]),
      bytes[end] != UInt8(ascii: ",")
    {
      form.append(bytes[end])
    }
    if word.isASCII {
      for index in word.range {
        let byte = bytes[index]
        form.append((0x41...0x5A).contains(byte) ? byte | 0x20 : byte)
      }
    } else {
      form.append(contentsOf: TextAnalysis.fold(TextAnalysis.string(text, word.range)).utf8)
    }
    end = word.range.upperBound
    count += 1
  }

  mutating func clear() {
    count = 0
    form.removeAll(keepingCapacity: true)
  }

  private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}

/// Words that are written in camel case.
enum CamelCase {
  /// The parts of a word: `maxRetryCount` has three, `HTTPServer` two, a plain word none.
  static func parts(of word: Word, in text: Span<UInt8>) -> [Word] {
    guard word.isASCII, word.range.count > 3 else { return [] }
    var parts: [Word] = []
    var start = word.range.lowerBound
    for index in word.range.dropFirst() {
      let rises = isUpper(text[index]) && isLower(text[index - 1])
      let falls =
        isUpper(text[index]) && isUpper(text[index - 1]) && index + 1 < word.range.upperBound
        && isLower(text[index + 1])
      guard rises || falls, index - start > 1, word.range.upperBound - index > 1 else { continue }
      parts.append(Word(range: start..<index, script: .spaced, isASCII: true))
      start = index
    }
    guard !parts.isEmpty else { return [] }
    parts.append(Word(range: start..<word.range.upperBound, script: .spaced, isASCII: true))
    return parts
  }

  private static func isUpper(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) }
  private static func isLower(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }
}
