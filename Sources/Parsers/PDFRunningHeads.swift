/// Takes away what is printed on every page: running heads, footers and page numbers.
///
/// A line goes where it is the first or last of its page, stands apart from the text, and has the
/// same words, numbers aside, at the same height on at least two of the pages near it. A page that
/// has no other lines keeps them: it may be a card of a series rather than an empty page.
enum PDFRunningHeads {
  /// Pages on either side that are looked at; left and right pages differ in books.
  private static let reach = 4
  /// Lines at either end of a page that may be running heads.
  private static let depth = 2
  /// How far from the text they stand, in heights of a line.
  private static let distance: Float = 1.5

  /// What makes two lines the same.
  private struct Key: Hashable {
    var words: String
    var isHead: Bool
    var height: Int
  }

  /// Removes the lines from the pages.
  static func remove(from pages: inout [PDFPage]) {
    let candidates = pages.map(candidates)
    for page in pages.indices {
      let near = max(0, page - reach)..<min(pages.count, page + reach + 1)
      let gone = candidates[page].filter { candidate in
        near.count { $0 != page && candidates[$0].keys.contains(candidate.key) } >= 2
      }
      let lines = Set(gone.values)
      guard lines.count < pages[page].lines.count else { continue }
      for line in lines.sorted(by: >) { pages[page].lines.remove(at: line) }
    }
  }

  /// The lines at both ends of a page that stand apart from the text.
  private static func candidates(_ page: PDFPage) -> [Key: Int] {
    let order = page.lines.indices.sorted { page.lines[$0].box.top < page.lines[$1].box.top }
    var result: [Key: Int] = [:]
    for line in apart(order, page.lines) { result[key(page.lines[line], isHead: true)] = line }
    for line in apart(order.reversed(), page.lines) {
      result[key(page.lines[line], isHead: false)] = line
    }
    return result
  }

  /// The first few lines of an order, up to the widest gap among them, if that is wide enough.
  private static func apart(_ order: [Int], _ lines: [PDFLine]) -> ArraySlice<Int> {
    let gaps = zip(order, order.dropFirst()).prefix(depth).map {
      gap(lines[$0].box, lines[$1].box)
    }
    guard let widest = gaps.indices.max(by: { gaps[$0] < gaps[$1] }),
      gaps[widest] >= distance * max(1, lines[order[widest]].size)
    else { return [] }
    return order[...widest]
  }

  /// The vertical distance between two boxes, negative where they overlap.
  private static func gap(_ one: PDFLine.Box, _ other: PDFLine.Box) -> Float {
    max(one.top - other.bottom, other.top - one.bottom)
  }

  private static func key(_ line: PDFLine, isHead: Bool) -> Key {
    var words = ""
    for word in line.text.split(separator: " ") {
      let isNumber = word.unicodeScalars.allSatisfy { $0.properties.numericType != nil }
      let isRoman = word.utf8.count <= 8 && word.allSatisfy { "ivxlcdm".contains($0) }
      words += isNumber || isRoman ? "#" : word
      words += " "
    }
    let height = Int(exactly: (line.box.top / 3).rounded()) ?? 0
    return Key(words: words, isHead: isHead, height: height)
  }
}
