/// A page of a PDF as its lines in reading order.
struct PDFPage {
  /// The place of the page in the file, from 1.
  var number: Int
  /// The number printed on the page.
  var label: String?
  /// The lines that have text.
  var lines: [PDFLine]
}

/// An entry of a PDF's outline.
struct PDFOutlineEntry {
  /// The title as the outline gives it.
  var title: String
  /// The depth, from 1.
  var level: Int
  /// The page that it leads to, from 1.
  var page: Int
}

/// A line of a page.
struct PDFLine {
  /// The text, with single spaces.
  var text: String
  /// Where the line stands on the page.
  var box: Box
  /// The mean height of its characters, which follows the size of the font.
  var size: Float
  /// The level of the heading that this line is or belongs to.
  var headingLevel: Int?

  /// A rectangle on a page, in points from the upper left corner.
  struct Box {
    var left, right, top, bottom: Float
    var height: Float { bottom - top }
    var width: Float { right - left }
  }

  /// Cuts the text of a page into lines.
  ///
  /// - Parameters:
  ///   - text: The text as poppler gives it.
  ///   - boxes: A box for each Unicode scalar of the text. Where the numbers differ, as they do
  ///     for some ligatures, the lines are laid out as if typed on a typewriter.
  ///   - convert: Makes a box of one of poppler's.
  static func lines<Rectangle>(
    of text: String, boxes: Span<Rectangle>, convert: (Rectangle) -> Box
  ) -> [PDFLine] {
    var lines: [PDFLine] = []
    let isMeasured = boxes.count == text.unicodeScalars.count
    var start = text.startIndex
    var position = 0
    var row: Float = 0
    while start < text.endIndex {
      let end = text.utf8[start...].firstIndex(of: 0x0A) ?? text.endIndex
      var box: Box?
      var words = ""
      var previous: Box?
      var heights: Float = 0
      var inked: Float = 0
      for scalar in text.unicodeScalars[start..<end] {
        if !scalar.properties.isWhitespace {
          let character = isMeasured ? convert(boxes[position]) : typed(inked, row)
          if let previous, previous.isFar(from: character) { words += " " }
          box = box.map { $0.union(character) } ?? character
          heights += character.height
          inked += 1
          previous = character
        } else {
          previous = nil
        }
        words.unicodeScalars.append(scalar)
        position += 1
      }
      if let box {
        let clean = PDFText.clean(words[...])
        if !clean.isEmpty {
          lines.append(PDFLine(text: clean, box: box, size: heights / max(1, inked)))
        }
      }
      row += 1
      position += 1
      start = end < text.endIndex ? text.utf8.index(after: end) : end
    }
    return lines
  }

  /// The box of a character on a typewriter.
  private static func typed(_ column: Float, _ row: Float) -> Box {
    Box(left: column * 0.5, right: column * 0.5 + 0.5, top: row * 1.2, bottom: row * 1.2 + 1)
  }
}

extension PDFLine.Box {
  /// Whether a character that follows without a space stands so far to the right that a reader
  /// sees another column: poppler puts nothing between the cells of a table's row.
  fileprivate func isFar(from next: Self) -> Bool { next.left - right > 0.5 * height }

  /// The smallest box around both.
  func union(_ other: Self) -> Self {
    Self(
      left: min(left, other.left), right: max(right, other.right), top: min(top, other.top),
      bottom: max(bottom, other.bottom))
  }
}
