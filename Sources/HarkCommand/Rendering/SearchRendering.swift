import Hark

/// A search result in words: for each hit a line with rank, score, name and page, the heading
/// path, and the passage with the found words set off.
struct SearchRendering: Sendable {
  /// What is rendered.
  let result: SearchResult
  /// Where it is shown.
  let screen: Screen
  /// Whether the last line, with the count and the time, is left out.
  var isQuiet = false

  /// Below this confidence a reader is told.
  private static let doubtful = 0.3

  /// How many lines of a passage are shown.
  static let passageLines = 5

  /// The whole text.
  var text: String {
    let understood = result.explanation.map { ExplanationRendering(explanation: $0).text } ?? ""
    guard !result.hits.isEmpty else {
      return understood + "No passage was found for this query.\n"
    }
    var text = understood + result.hits.map(text(of:)).joined(separator: "\n")
    if !isQuiet {
      let hits = Quantity.count(result.hits.count, "hit")
      let time = Quantity.decimal(result.tookMilliseconds, places: 1)
      text += "\n\(hits) in \(time) ms (\(result.mode.rawValue)).\n"
      if result.confidence < Self.doubtful {
        text +=
          "Perhaps none of them answers the query: few of its words or little of its meaning "
          + "stand in the best one.\n"
      }
    }
    return text
  }

  private func text(of hit: SearchHit) -> String {
    let emphasis = Emphasis(for: screen)
    let indent = "    "
    var place = DisplayText.line(hit.document.name)
    if let page = SearchRendering.page(of: hit.chunk) { place += ", \(page)" }
    let rank = DisplayText.padded("\(hit.rank).", to: 3)
    let score = emphasis.faint(Quantity.decimal(hit.score, places: 4))
    var lines = ["\(rank) \(score)  \(emphasis.title(place))"]
    if let heading = hit.chunk.heading.map({ DisplayText.line($0) }), !heading.isEmpty {
      let columns = screen.columns - indent.count
      let fitting =
        DisplayText.columns(heading) <= columns
        ? heading : DisplayText.prefix(heading, columns: columns - 1) + "…"
      lines.append(indent + emphasis.faint(fitting))
    }
    lines += Passage(hit.text, matches: hit.matches)
      .lines(
        columns: screen.columns - indent.count, lineCount: SearchRendering.passageLines,
        emphasis: emphasis
      )
      .map { indent + $0 }
    if let explanation = hit.explanation {
      lines += ExplanationRendering.lines(of: explanation).map { indent + emphasis.faint($0) }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Where a passage stands: `page 12`, `page 12 (printed viii)`, `pages 12–13 (printed viii on)`;
  /// nil for a format without pages.
  static func page(of chunk: ChunkReference) -> String? {
    guard let first = chunk.pageNumber else { return nil }
    let last = chunk.pageEnd ?? first
    let label = chunk.pageLabel.map { DisplayText.line($0) }.flatMap { $0.isEmpty ? nil : $0 }
    if last > first {
      return "pages \(first)–\(last)" + (label.map { " (printed \($0) on)" } ?? "")
    }
    return "page \(first)" + (label.map { " (printed \($0))" } ?? "")
  }
}
