/// A passage with its found words, from which the densest window is shown.
///
/// The passage is one line of cells, a cell a character as a reader sees it, with white space
/// collapsed and everything that a terminal would obey replaced.
struct Passage: Sendable {
  /// A character, its width, and whether it belongs to a found word.
  struct Cell: Sendable {
    var text: String
    var columns: Int
    var isFound: Bool
    var isSpace: Bool { text == " " }
  }

  /// The passage's characters in order.
  private(set) var cells: [Cell] = []

  /// - Parameters:
  ///   - text: the passage as it stands in the document.
  ///   - matches: the found words: ranges of UTF-8 offsets in `text`, ascending. Ranges that do not
  ///     fit are passed over.
  init(_ text: String, matches: [Range<Int>]) {
    var offset = 0
    var next = matches.makeIterator()
    var match = next.next()
    for character in text {
      let end = offset + character.utf8.count
      while let passed = match, passed.upperBound <= offset { match = next.next() }
      append(character, isFound: match.map { $0.lowerBound < end && !$0.isEmpty } ?? false)
      offset = end
    }
    if cells.last?.isSpace == true { cells.removeLast() }
  }

  private mutating func append(_ character: Character, isFound: Bool) {
    let shown = String(
      String.UnicodeScalarView(character.unicodeScalars.compactMap(DisplayText.shown)))
    if shown.isEmpty { return }
    if shown.allSatisfy(\.isWhitespace) {
      if let last = cells.last, !last.isSpace {
        cells.append(Cell(text: " ", columns: 1, isFound: false))
      }
    } else {
      cells.append(Cell(text: shown, columns: DisplayText.columns(shown), isFound: isFound))
    }
  }

  /// The lines of the densest window.
  ///
  /// - Parameters:
  ///   - columns: the columns of a line, at least 2.
  ///   - lineCount: how many lines the window may fill.
  ///   - emphasis: how found words are set off.
  /// - Complexity: O(n · m) in the passage's length and its number of found words.
  func lines(columns: Int, lineCount: Int, emphasis: Emphasis) -> [String] {
    // A line loses half a word to wrapping, about five columns.
    let window = window(columns: columns * lineCount - 5 * lineCount)
    var shown = emphasised(window, emphasis)
    if window.lowerBound > 0 {
      shown.insert(Cell(text: "… ", columns: 2, isFound: false), at: 0)
    }
    if window.upperBound < cells.count {
      shown.append(Cell(text: " …", columns: 2, isFound: false))
    }
    return Passage.wrapped(shown, columns: columns)
  }

  /// The cells of `window`, the first and last of each run of found cells with its marks.
  private func emphasised(_ window: Range<Int>, _ emphasis: Emphasis) -> [Cell] {
    var shown = Array(cells[window])
    for index in shown.indices where shown[index].isFound {
      let opens = index == 0 || !shown[index - 1].isFound
      let closes = index + 1 == shown.count || !shown[index + 1].isFound
      if opens {
        shown[index].text = emphasis.opening + shown[index].text
        shown[index].columns += emphasis.columns
      }
      if closes {
        shown[index].text += emphasis.closing
        shown[index].columns += emphasis.columns
      }
    }
    return shown
  }

  /// Breaks cells into lines at spaces; a word that is wider than a line is broken inside.
  private static func wrapped(_ cells: [Cell], columns limit: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    var lineColumns = 0
    func endLine() {
      lines.append(line)
      line = ""
      lineColumns = 0
    }
    for word in cells.split(whereSeparator: \.isSpace) {
      let wordColumns = word.reduce(0) { $0 + $1.columns }
      if lineColumns > 0 {
        if lineColumns + 1 + wordColumns > limit {
          endLine()
        } else {
          line += " "
          lineColumns += 1
        }
      }
      for cell in word {
        if lineColumns > 0, lineColumns + cell.columns > limit { endLine() }
        line += cell.text
        lineColumns += cell.columns
      }
    }
    if !line.isEmpty { endLine() }
    return lines
  }
}
