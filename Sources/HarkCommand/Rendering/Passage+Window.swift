extension Passage {
  /// The narrowest range of cells that holds the most different found words in `limit` columns,
  /// with as much text around them as fits, from the start of a sentence or word to the end of one.
  func window(columns limit: Int) -> Range<Int> {
    // widths[i] is the width of all cells before cell i.
    var widths = [0]
    widths.reserveCapacity(cells.count + 1)
    for cell in cells { widths.append(widths[widths.count - 1] + cell.columns) }
    guard widths[cells.count] > limit else { return 0..<cells.count }

    let core = densestRuns(limit: limit, widths: widths)
    // A third of what is left goes before the words: what follows them tells more.
    let spare = max(0, limit - (widths[core.upperBound] - widths[core.lowerBound]))
    var start = core.lowerBound
    while start > 0, widths[core.lowerBound] - widths[start - 1] <= spare / 3 { start -= 1 }
    start = readableStart(in: start...core.lowerBound)
    var end = max(core.upperBound, start)
    while end < cells.count, widths[end + 1] - widths[start] <= limit { end += 1 }
    if end == cells.count {
      // The end is reached with room to spare: give it to the start.
      while start > 0, widths[end] - widths[start - 1] <= limit { start -= 1 }
      start = readableStart(in: start...core.lowerBound)
    }
    return start..<readableEnd(in: max(core.upperBound, start)...end)
  }

  /// The found words, as ranges of cells.
  private var foundRuns: [Range<Int>] {
    var runs: [Range<Int>] = []
    var index = 0
    while index < cells.count {
      guard cells[index].isFound else {
        index += 1
        continue
      }
      let start = index
      while index < cells.count, cells[index].isFound { index += 1 }
      runs.append(start..<index)
    }
    return runs
  }

  /// The range from one found word to another that fits the limit and holds the most different
  /// words; the narrowest of equals, so that room is left for what is said about them, and the
  /// first of those. Empty at the start where nothing was found.
  private func densestRuns(limit: Int, widths: [Int]) -> Range<Int> {
    let runs = foundRuns
    let words = runs.map { run in cells[run].map(\.text).joined().lowercased() }
    var best = 0..<0
    var bestCount = 0
    var bestWidth = 0
    for first in runs.indices {
      var seen: Set<String> = []
      for last in first..<runs.count {
        let width = widths[runs[last].upperBound] - widths[runs[first].lowerBound]
        if last > first, width > limit { break }
        guard seen.insert(words[last]).inserted else { continue }
        if seen.count > bestCount || (seen.count == bestCount && width < bestWidth) {
          best = runs[first].lowerBound..<runs[last].upperBound
          bestCount = seen.count
          bestWidth = width
        }
      }
    }
    return best
  }

  /// The first start of a sentence in the range, else of a word, else the range's start.
  private func readableStart(in range: ClosedRange<Int>) -> Int {
    if range.lowerBound == 0 { return 0 }
    let wordStarts = range.filter { $0 < cells.count && cells[$0 - 1].isSpace }
    let sentenceStart = wordStarts.first { start in
      start >= 2 && [".", "!", "?", "。"].contains(cells[start - 2].text)
    }
    return sentenceStart ?? wordStarts.first ?? range.lowerBound
  }

  /// The last end of a word in the range, else the range's end.
  private func readableEnd(in range: ClosedRange<Int>) -> Int {
    if range.upperBound == cells.count { return range.upperBound }
    return range.last { $0 > range.lowerBound && cells[$0].isSpace } ?? range.upperBound
  }
}
