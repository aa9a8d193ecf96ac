/// Finds where sentences end, in English and Korean text, from bytes of UTF-8.
///
/// A sentence ends
/// - at a blank line, and at the end of the text;
/// - at a line break before or after a row of a table and before a list item, since such lines
///   stand alone;
/// - after `.`, `!`, `?`, `…` with their closing quotes and brackets and then white space, unless a
///   small letter follows, or the full stop belongs to an abbreviation, an initial, the number of a
///   list item or a date (`2024. 3. 5.`); between Hangul a stop needs no white space;
/// - after `。`, `！`, `？`, `｡` with their closing quotes, whatever follows.
///
/// It never ends inside a grapheme cluster.
struct SentenceSplitter: ~Escapable {
  private let bytes: Span<UInt8>

  /// Makes a splitter of a text.
  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) {
    self.bytes = bytes
  }

  /// The sentences of a part of the text, in order. They have no white space at their ends, and
  /// together hold all that is not white space.
  ///
  /// - Complexity: O(*n*).
  func sentences(in range: Range<Int>, _ body: (Range<Int>) -> Void) {
    var start = range.lowerBound
    var index = start
    while index < range.upperBound {
      let (end, isBoundary) = stop(at: index, in: range)
      if isBoundary, end >= range.upperBound || bytes.isClusterBoundary(at: end) {
        emit(start..<end, body)
        start = end
      }
      index = max(index + 1, end)
    }
    emit(start..<range.upperBound, body)
  }

  private func emit(_ range: Range<Int>, _ body: (Range<Int>) -> Void) {
    let trimmed = bytes.trimmingWhitespace(range)
    if !trimmed.isEmpty { body(trimmed) }
  }

  /// Passes what stands at `index`, with all stops and closing quotes that belong together, and
  /// tells whether a sentence ends after it.
  private func stop(at index: Int, in range: Range<Int>) -> (end: Int, isBoundary: Bool) {
    switch bytes[index] {
    case 0x0A: return (index + 1, endsAtLineBreak(index, in: range))
    case 0x21, 0x2E, 0x3F, 0xE2, 0xE3, 0xEF: break
    default: return (index + 1, false)
    }
    let end = skipStops(index, before: range.upperBound)
    guard end > index else { return (index + 1, false) }
    return (end, bytes[index] > 0xE2 || endsSentence(index..<end, in: range))
  }

  /// Whether the stops in `stops` end a sentence. Those of full width always do.
  private func endsSentence(_ stops: Range<Int>, in range: Range<Int>) -> Bool {
    let end = stops.upperBound
    var next = end
    while next < range.upperBound {
      let width = bytes.whitespaceWidth(at: next)
      guard width > 0 else { break }
      next += width
    }
    guard next < range.upperBound else { return true }
    if next == end {
      // Korean is often written on without a space, but `3.5` and `a.b` are one word.
      return stops.lowerBound >= range.lowerBound + 3 && bytes.isHangul(at: stops.lowerBound - 3)
        && bytes.isHangul(at: end)
    }
    if isSmallLetter(bytes[next]) { return false }
    let isFullStop = bytes[stops.lowerBound] == 0x2E && stops.count == 1
    return !(isFullStop && isAbbreviation(before: stops.lowerBound, next: next, in: range))
  }

  private func isSmallLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }

  /// Whether the full stop at `index` shortens a word or a number and ends no sentence.
  private func isAbbreviation(before index: Int, next: Int, in range: Range<Int>) -> Bool {
    var start = index
    while start > range.lowerBound, index - start < 12, bytes[start - 1] > 0x20,
      bytes[start - 1] != 0x28, bytes[start - 1] != 0x22
    {
      start -= 1
    }
    let length = index - start
    guard length > 0 else { return false }
    let isLineStart = start == range.lowerBound || bytes[start - 1] == 0x0A
    let isNumber = (start..<index).allSatisfy { bytes.isDigit(at: $0) }
    if isNumber {
      // A list item, or a part of a date.
      return (isLineStart && length <= 3) || bytes.isDigit(at: next)
        || (start >= range.lowerBound + 3 && bytes[start - 1] == 0x20 && bytes[start - 2] == 0x2E
          && bytes.isDigit(at: start - 3))
    }
    if length == 1 { return (0x41...0x5A).contains(bytes[start]) }
    if length == 3, isLineStart, bytes.isHangul(at: start) { return true }
    return Abbreviations.contains(bytes, start..<index, beforeNumber: bytes.isDigit(at: next))
  }

  /// Whether the line break at `index` ends a sentence by itself.
  private func endsAtLineBreak(_ index: Int, in range: Range<Int>) -> Bool {
    var next = index + 1
    while next < range.upperBound, [0x20, 0x09, 0x0D].contains(bytes[next]) { next += 1 }
    guard next < range.upperBound else { return true }
    return bytes[next] == 0x0A || beginsItem(next, before: range.upperBound)
      || isRow(endingAt: index, in: range) || isRow(startingAt: next, in: range)
  }

  /// Whether a list item begins at `index`: `- `, `* `, `• `, `1. `, `1) `, `(1) `, `가. `.
  private func beginsItem(_ index: Int, before end: Int) -> Bool {
    var next = index
    switch bytes[index] {
    case 0x2A, 0x2B, 0x2D: next += 1
    case 0xE2 where bytes.has(0x80, 0xA2, at: index + 1, before: end): next += 3
    default:
      if bytes[next] == 0x28 { next += 1 }
      let number = next
      while next < end, next - number < 4, bytes.isDigit(at: next) { next += 1 }
      if next == number, next + 3 < end, bytes.isHangul(at: next) { next += 3 }
      guard next > number, next < end, bytes[next] == 0x2E || bytes[next] == 0x29 else {
        return false
      }
      next += 1
    }
    return next < end && bytes[next] == 0x20
  }

  /// How far a line is searched for the mark between the cells of a table.
  private static let rowReach = 200

  private func isRow(endingAt end: Int, in range: Range<Int>) -> Bool {
    var index = end - 1
    while index > max(range.lowerBound, end - Self.rowReach), bytes[index] != 0x0A {
      if bytes.isCellMark(at: index) { return true }
      index -= 1
    }
    return false
  }

  private func isRow(startingAt start: Int, in range: Range<Int>) -> Bool {
    var index = start + 1
    while index < min(range.upperBound - 1, start + Self.rowReach), bytes[index] != 0x0A {
      if bytes.isCellMark(at: index) { return true }
      index += 1
    }
    return false
  }

  /// Passes a stop at `index` with further stops and the closing quotes and brackets after them.
  /// Gives `index` itself where no stop is there.
  private func skipStops(_ index: Int, before end: Int) -> Int {
    var next = index
    while next < end {
      let width = stopWidth(at: next, before: end)
      if width > 0 {
        next += width
      } else if next > index {
        let closer = closerWidth(at: next, before: end)
        guard closer > 0 else { return next }
        next += closer
      } else {
        return next
      }
    }
    return next
  }

  /// The bytes of the stop at `index`, or 0.
  private func stopWidth(at index: Int, before end: Int) -> Int {
    switch bytes[index] {
    case 0x21, 0x2E, 0x3F: 1
    // U+2026
    case 0xE2: bytes.has(0x80, 0xA6, at: index + 1, before: end) ? 3 : 0
    // U+3002
    case 0xE3: bytes.has(0x80, 0x82, at: index + 1, before: end) ? 3 : 0
    // U+FF01, U+FF1F and U+FF61
    case 0xEF:
      bytes.has(0xBC, 0x81, at: index + 1, before: end)
        || bytes.has(0xBC, 0x9F, at: index + 1, before: end)
        || bytes.has(0xBD, 0xA1, at: index + 1, before: end) ? 3 : 0
    default: 0
    }
  }

  /// The bytes of the closing quote or bracket at `index`, or 0.
  private func closerWidth(at index: Int, before end: Int) -> Int {
    switch bytes[index] {
    case 0x22, 0x27, 0x29, 0x5D, 0x7D: 1
    // U+00BB
    case 0xC2: index + 1 < end && bytes[index + 1] == 0xBB ? 2 : 0
    // U+2019 and U+201D
    case 0xE2:
      bytes.has(0x80, 0x99, at: index + 1, before: end)
        || bytes.has(0x80, 0x9D, at: index + 1, before: end) ? 3 : 0
    // U+3009, U+300B, U+300D, U+300F and U+3011
    case 0xE3:
      index + 2 < end && bytes[index + 1] == 0x80
        && [0x89, 0x8B, 0x8D, 0x8F, 0x91].contains(bytes[index + 2]) ? 3 : 0
    // U+FF09
    case 0xEF: bytes.has(0xBC, 0x89, at: index + 1, before: end) ? 3 : 0
    default: 0
    }
  }
}
