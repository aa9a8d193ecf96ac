import Documents

/// Reads plain text: as it is, with form feeds as page breaks and underlined lines as headings.
struct PlainTextParser {
  private let output: BlockOutput

  init(_ output: BlockOutput) {
    self.output = output
  }

  /// Puts out a text.
  ///
  /// - Complexity: O(*n*).
  func parse(_ decoded: DecodedText) {
    if decoded.isRepaired { output.warn("Damaged bytes of the text were replaced.") }
    let pages = decoded.text.utf8.split(separator: 0x0C, omittingEmptySubsequences: false)
    for (index, page) in pages.enumerated() {
      if pages.count > 1 { output.page(index + 1) }
      parse(page: Substring(page))
    }
  }

  /// Puts out a page, cut where a heading begins and ends.
  private func parse(page: Substring) {
    var join = ParserRecord.Join.paragraph
    var start = page.startIndex
    var lineStart = page.startIndex
    var previous = page.startIndex..<page.startIndex
    while lineStart < page.endIndex {
      let lineEnd = page.utf8[lineStart...].firstIndex(of: 0x0A) ?? page.endIndex
      if let level = underlineLevel(page[lineStart..<lineEnd], of: page[previous]) {
        output.text(String(page[start..<previous.lowerBound]), join: join)
        if start < previous.lowerBound { join = .nothing }
        output.heading(String(page[previous]), level: level, join: join)
        join = .nothing
        start = previous.upperBound
      }
      previous = lineStart..<lineEnd
      lineStart = lineEnd < page.endIndex ? page.utf8.index(after: lineEnd) : lineEnd
    }
    output.text(String(page[start...]), join: join)
  }

  /// The level of the heading that `line` underlines, or nil.
  ///
  /// The underline is a run of `=` (level 1) or `-` (level 2) and at least half as wide as the
  /// heading, which must be one short line without an indentation.
  private func underlineLevel(_ line: Substring, of heading: Substring) -> Int? {
    guard let mark = line.utf8.first, mark == UInt8(ascii: "=") || mark == UInt8(ascii: "-"),
      line.utf8.count >= 3, line.utf8.allSatisfy({ $0 == mark }),
      (1...200).contains(heading.utf8.count), line.utf8.count * 2 >= heading.utf8.count,
      let first = heading.unicodeScalars.first, !first.properties.isWhitespace,
      heading.unicodeScalars.contains(where: \.properties.isAlphabetic)
    else { return nil }
    return mark == UInt8(ascii: "=") ? 1 : 2
  }
}
