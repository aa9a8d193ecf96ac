import Documents

/// A paragraph or heading of a page, put together from lines.
struct PDFBlock {
  /// The text on one line.
  var text: String
  /// The level of a heading, or nil for a paragraph.
  var headingLevel: Int?
  /// How it follows the block before it; only the first block of a page runs on from another.
  var join = ParserRecord.Join.paragraph
  /// The last line, and the box around all lines.
  private var last: PDFLine
  private var box: PDFLine.Box

  private init(_ line: PDFLine) {
    text = line.text
    headingLevel = line.headingLevel
    last = line
    box = line.box
  }

  private mutating func append(_ line: PDFLine) {
    PDFText.append(line.text, to: &text)
    last = line
    box = box.union(line.box)
  }

  /// Puts the lines of a page together.
  ///
  /// - Complexity: O(*n* log *n*) in the number of lines.
  static func blocks(of lines: [PDFLine]) -> [PDFBlock] {
    let gap = usualGap(of: lines)
    var blocks: [PDFBlock] = []
    for line in lines {
      if let current = blocks.indices.last, blocks[current].goesOn(with: line, usualGap: gap) {
        blocks[current].append(line)
      } else {
        blocks.append(PDFBlock(line))
      }
    }
    return blocks
  }

  /// The median gap between a line and the next below it, in heights of a line.
  private static func usualGap(of lines: [PDFLine]) -> Float {
    var gaps: [Float] = []
    for (upper, lower) in zip(lines, lines.dropFirst()) where upper.isAlike(lower) {
      let gap = (lower.box.top - upper.box.bottom) / max(1, lower.size)
      if (-0.5...1.5).contains(gap) { gaps.append(gap) }
    }
    gaps.sort()
    return gaps.isEmpty ? 0.2 : gaps[gaps.count / 2]
  }

  /// Whether a line belongs to this block.
  ///
  /// A paragraph ends before a wider gap than usual, another size of letters, a list item, a new
  /// column, or an indentation; and after a line that ends short. What ends neither a sentence nor
  /// a line early goes on.
  private func goesOn(with line: PDFLine, usualGap: Float) -> Bool {
    guard headingLevel == line.headingLevel, last.isAlike(line) else { return false }
    let size = max(1, line.size)
    let overlap = min(last.box.bottom, line.box.bottom) - max(last.box.top, line.box.top)
    if overlap > size / 2 { return true }
    let endsSentence = PDFText.endsSentence(text)
    if line.box.top < last.box.top {
      return headingLevel == nil && !endsSentence && line.beginsSmall
    }
    guard (line.box.top - last.box.bottom) / size <= usualGap + 0.4 else { return false }
    if headingLevel != nil { return true }
    if PDFText.beginsItem(line.text) { return false }
    let column = box.union(line.box)
    let missing = (column.right - last.box.right) / max(1, column.width)
    if missing > (endsSentence ? 0.15 : 0.5) { return false }
    let indentation = (line.box.left - last.box.left) / size
    return !(endsSentence && indentation > 0.7)
  }

  /// How this block, the first of its page, follows the last block of the page before it.
  func join(afterPageWith block: PDFBlock) -> ParserRecord.Join {
    guard headingLevel == nil, block.headingLevel == nil, last.isAlike(block.last),
      !PDFText.endsSentence(block.text), !PDFText.beginsItem(text),
      let first = text.unicodeScalars.first
    else { return .paragraph }
    if PDFText.isBrokenWord(block.text, before: text) { return .nothing }
    if first.properties.isLowercase { return .word }
    // Hangul has no small letters; a line that reaches the margin is the other sign.
    let missing = (block.box.right - block.last.box.right) / max(1, block.box.width)
    return PDFText.isHangul(first) && missing < 0.1 ? .word : .paragraph
  }
}

extension PDFLine {
  /// Whether two lines have letters of about the same size.
  fileprivate func isAlike(_ other: PDFLine) -> Bool {
    size <= other.size * 1.2 && other.size <= size * 1.2
  }

  /// Whether the line begins with a small letter.
  fileprivate var beginsSmall: Bool { text.unicodeScalars.first?.properties.isLowercase ?? false }
}
