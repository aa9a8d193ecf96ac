import Documents

/// Reads Markdown: CommonMark with GitHub's tables, task lists, strike-through and autolinks.
final class MarkdownParser {
  private let output: BlockOutput
  /// The block that is being collected.
  private var inline = ""
  private var lists: [List] = []
  /// What goes before the next block: the mark of a list item that has no text yet.
  private var pendingMark: String?
  private var cells: [String] = []
  private var isInCell = false
  /// The list or table that the last block belonged to.
  private var lastGroup = 0
  private var groupCount = 0

  /// An open list.
  private struct List {
    /// The number of the next item, or nil where items have no numbers.
    var number: Int?
    var group: Int
  }

  init(_ output: BlockOutput) {
    self.output = output
  }

  /// Puts out a file.
  ///
  /// - Throws: `parser-memory`.
  func parse(_ decoded: DecodedText) throws(DocumentError) {
    if decoded.isRepaired { output.warn("Damaged bytes of the text were replaced.") }
    let matter = FrontMatter(splitting: decoded.text)
    output.metadata.frontMatter = matter.json
    if let warning = matter.warning { output.warn(warning) }
    try MarkdownTree.walk(matter.body) { (node, isEntering) throws(DocumentError) in
      if isEntering { try enter(node) } else { leave(node) }
    }
  }

  private func enter(_ node: MarkdownNode) throws(DocumentError) {
    switch node {
    case .list(let isOrdered, let start):
      groupCount += 1
      lists.append(
        List(number: isOrdered ? start : nil, group: lists.last?.group ?? groupCount))
    case .item(let isChecked): startItem(isChecked)
    case .table: groupCount += 1
    case .row: cells = []
    case .cell: isInCell = true
    case .codeBlock(let code):
      inline = code
      flush()
    case .htmlBlock(let html):
      try HTMLParser(output).parse(html)
      lastGroup = 0
    case .text(let words): inline += words
    case .inlineHTML(let html):
      if html.lowercased().hasPrefix("<br") { inline += isInCell ? " " : "\n" }
    case .softBreak: inline += " "
    case .lineBreak: inline += "\n"
    case .heading, .paragraph, .other: break
    }
  }

  private func leave(_ node: MarkdownNode) {
    switch node {
    case .heading(let level):
      output.heading(inline.onOneLine, level: level)
      inline = ""
      lastGroup = 0
    case .paragraph: flush()
    case .list:
      _ = lists.popLast()
      pendingMark = nil
    case .cell:
      cells.append(inline.onOneLine)
      inline = ""
      isInCell = false
    case .row: flushRow()
    default: break
    }
  }

  private func startItem(_ isChecked: Bool?) {
    guard let last = lists.indices.last else { return }
    let box = isChecked.map { $0 ? "[x] " : "[ ] " } ?? ""
    if let number = lists[last].number {
      pendingMark = "\(number). \(box)"
      lists[last].number = number &+ 1
    } else {
      pendingMark = "- \(box)"
    }
  }

  private func flush() {
    let text = inline.withoutTrailingSpace
    inline = ""
    guard !text.isEmpty else { return }
    if let mark = pendingMark, let list = lists.last {
      let indentation = String(repeating: "  ", count: min(8, lists.count - 1))
      output.text(indentation + mark + text, join: lastGroup == list.group ? .line : .paragraph)
      lastGroup = list.group
      pendingMark = nil
    } else {
      output.text(text)
      if lists.isEmpty { lastGroup = 0 }
    }
  }

  private func flushRow() {
    guard cells.contains(where: { !$0.isEmpty }) else { return }
    output.text(
      cells.joined(separator: " | "), join: lastGroup == groupCount ? .line : .paragraph)
    lastGroup = groupCount
    cells = []
  }
}

extension String {
  /// The text without white space at its end.
  var withoutTrailingSpace: String {
    guard let last = unicodeScalars.lastIndex(where: { !$0.properties.isWhitespace }) else {
      return ""
    }
    return String(self[...last])
  }
}
