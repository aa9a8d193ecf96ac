/// Finds out which lines of a PDF are headings.
enum PDFHeadings {
  /// The most lines of one heading.
  private static let lineLimit = 3

  /// Marks the lines that the entries of an outline name on their pages.
  ///
  /// Titles are compared by their letters and digits alone. A line may have a number or a word such
  /// as `Chapter 3.` before the title.
  static func mark(_ pages: inout [PDFPage], outline: [PDFOutlineEntry]) {
    let places = Dictionary(
      pages.indices.map { (pages[$0].number, $0) }, uniquingKeysWith: { first, _ in first })
    for entry in outline {
      let title = key(entry.title)
      guard !title.isEmpty, let page = places[entry.page] else { continue }
      if let range = match(title, in: pages[page].lines) {
        for line in range { pages[page].lines[line].headingLevel = entry.level }
      }
    }
  }

  /// The lines that make up a title: those with the largest letters where there are several.
  private static func match(_ title: String, in lines: [PDFLine]) -> Range<Int>? {
    var best: Range<Int>?
    for start in lines.indices where lines[start].headingLevel == nil {
      var words = ""
      for end in start..<min(lines.count, start + lineLimit) {
        words += key(lines[end].text)
        guard words.utf8.count <= title.utf8.count + 12 else { break }
        guard words.hasSuffix(title) else { continue }
        if best.map({ lines[start].size > lines[$0.lowerBound].size }) ?? true {
          best = start..<end + 1
        }
        break
      }
    }
    return best
  }

  /// The letters and digits of a text, without case.
  private static func key(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.lowercased().unicodeScalars
    where scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
      result.append(scalar)
    }
    return String(result)
  }

  /// Marks short lines of larger letters than most of the text has; the largest are level 1.
  static func markByLetterSize(_ pages: inout [PDFPage]) {
    var weights: [Int: Int] = [:]
    for page in pages {
      for line in page.lines { weights[step(line), default: 0] += line.text.utf8.count }
    }
    guard let body = weights.max(by: { ($0.value, $1.key) < ($1.value, $0.key) })?.key else {
      return
    }
    var sizes: Set<Int> = []
    for page in pages.indices {
      for range in runs(pages[page].lines) {
        let lines = pages[page].lines[range]
        guard let first = lines.first, Float(step(first)) >= Float(body) * 1.2, mayBeHeading(lines)
        else { continue }
        sizes.insert(step(first))
        for line in range { pages[page].lines[line].headingLevel = step(first) }
      }
    }
    let levels = sizes.sorted(by: >)
    let levelOfSize = Dictionary(
      uniqueKeysWithValues: levels.enumerated().map { ($0.element, min(6, $0.offset + 1)) })
    for page in pages.indices {
      for line in pages[page].lines.indices {
        pages[page].lines[line].headingLevel =
          pages[page].lines[line].headingLevel.flatMap { levelOfSize[$0] }
      }
    }
  }

  /// The size of a line's letters in half points.
  private static func step(_ line: PDFLine) -> Int {
    // A damaged file can give sizes that no integer holds.
    Int(exactly: (line.size * 2).rounded()) ?? 0
  }

  /// The runs of neighbouring lines of the same size.
  private static func runs(_ lines: [PDFLine]) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    for index in lines.indices {
      if let last = runs.last, step(lines[last.lowerBound]) == step(lines[index]) {
        runs[runs.count - 1] = last.lowerBound..<index + 1
      } else {
        runs.append(index..<index + 1)
      }
    }
    return runs
  }

  private static func mayBeHeading(_ lines: ArraySlice<PDFLine>) -> Bool {
    guard lines.count <= lineLimit, let last = lines.last?.text.unicodeScalars.last else {
      return false
    }
    return lines.reduce(0) { $0 + $1.text.utf8.count } <= 240
      && !".,;".unicodeScalars.contains(last)
      && lines.contains { $0.text.unicodeScalars.contains(where: \.properties.isAlphabetic) }
  }
}
