import Documents

/// Reads HTML: headings, paragraphs, lists, tables and preformatted text, without scripts, style
/// sheets and the site around the page.
final class HTMLParser: HTMLEventHandler {
  let output: BlockOutput
  /// Whether navigation and footers are kept, for a page that has nothing else.
  private let keepsBoilerplate: Bool
  /// The number of open elements.
  private var depth = 0
  /// The depth of the element that is being dropped with all that it holds.
  private var droppedDepth: Int?
  private var isInTitle = false
  private var title: [UInt8] = []
  /// The block that is being collected.
  var inline = HTMLInlineText()
  /// The kind of the open block.
  var headingLevel: Int?
  private var preformattedDepth = 0
  private var lists: [List] = []
  /// What goes before the next block: the mark of a list item that has no text yet.
  private var pendingMark: String?
  private var rows: [Row] = []
  /// The list or table that the last block belonged to.
  private var lastGroup = 0
  private var groupCount = 0
  private var follows: String?

  /// An open list.
  private struct List {
    var isOrdered: Bool
    var count = 0
    var group: Int
  }

  /// An open table with the row that is being collected.
  private struct Row {
    var cells: [String] = []
    /// Whether text now belongs to a cell. A cell with more than inline text ends the row.
    var isInCell = false
    var group: Int
  }

  /// Cells longer than this many bytes that hold several paragraphs are layout and no table.
  private static let cellLimit = 400

  init(_ output: BlockOutput, keepsBoilerplate: Bool = false) {
    self.output = output
    self.keepsBoilerplate = keepsBoilerplate
  }

  /// Puts out a page.
  ///
  /// - Throws: `parser-memory`.
  func parse(_ decoded: DecodedText) throws(DocumentError) {
    if decoded.isRepaired { output.warn("Damaged bytes of the text were replaced.") }
    try parse(decoded.text)
    if !output.hasText {
      try HTMLParser(output, keepsBoilerplate: true).parse(decoded.text)
    }
  }

  /// Puts out a page or a part of one.
  func parse(_ text: String) throws(DocumentError) {
    try HTMLEvents.read(text, handler: self)
    flush()
    if output.metadata.title == nil, !title.isEmpty {
      output.metadata.title = String(decoding: title, as: UTF8.self).asTitle
    }
  }

  func start(_ name: String, attributes: HTMLAttributes) {
    depth += 1
    guard droppedDepth == nil else { return }
    let traits = HTMLBoilerplate.traits(of: name)
    if HTMLBoilerplate.drops(traits, attributes, keepsNavigation: keepsBoilerplate) {
      droppedDepth = depth
      return
    }
    switch name {
    case "html":
      // Markdown may have named it before: libxml2 puts this element around each of its blocks.
      if let language = attributes["lang"] ?? attributes["xml:lang"] {
        output.metadata.language = language
      }
    case "title": isInTitle = title.isEmpty
    case "meta", "link": HTMLMetadata.read(name, attributes, into: &output.metadata)
    case "h1", "h2", "h3", "h4", "h5", "h6":
      breakRow()
      flush()
      headingLevel = name.utf8.last.map { Int($0) - 0x30 }
    case "pre", "listing", "xmp":
      breakRow()
      flush()
      preformattedDepth += 1
    case "br": inline.breakLine()
    case "img":
      if let words = attributes["alt"] { inline.append(words.utf8Span.span) }
    case "ul", "ol", "menu", "dir":
      breakRow()
      flush()
      groupCount += 1
      lists.append(List(isOrdered: name == "ol", group: lists.last?.group ?? groupCount))
    case "li": startItem()
    case "table":
      breakRow()
      flush()
      groupCount += 1
      rows.append(Row(group: groupCount))
    case "tr": endRow()
    case "td", "th": startCell()
    default:
      if traits.contains(.block) { endBlock() }
    }
  }

  func end(_ name: String) {
    defer { depth -= 1 }
    if let dropped = droppedDepth {
      if depth == dropped { droppedDepth = nil }
      return
    }
    switch name {
    case "title": isInTitle = false
    case "h1", "h2", "h3", "h4", "h5", "h6":
      flush()
      headingLevel = nil
    case "pre", "listing", "xmp":
      flush()
      preformattedDepth = max(0, preformattedDepth - 1)
    case "ul", "ol", "menu", "dir":
      flush()
      pendingMark = nil
      _ = lists.popLast()
    case "td", "th": endCell()
    case "tr": endRow()
    case "table":
      endRow()
      flush()
      _ = rows.popLast()
    case "dt":
      endBlock()
      follows = "dt"
    default:
      if HTMLBoilerplate.traits(of: name).contains(.block) { endBlock() }
    }
  }

  func characters(_ text: Span<UInt8>) {
    guard droppedDepth == nil else { return }
    if isInTitle {
      for index in text.indices where title.count < 1000 { title.append(text[index]) }
    } else if preformattedDepth > 0 {
      inline.appendVerbatim(text)
    } else {
      inline.append(text)
    }
  }
}

extension HTMLParser {
  /// Ends the open block and puts it out.
  private func flush() {
    let text = inline.take(isPreformatted: preformattedDepth > 0)
    guard !text.isEmpty else { return }
    if let level = headingLevel {
      output.heading(text.onOneLine, level: level)
      lastGroup = 0
    } else if let mark = pendingMark, let list = lists.last {
      let indentation = String(repeating: "  ", count: min(8, lists.count - 1))
      output.text(indentation + mark + text, join: lastGroup == list.group ? .line : .paragraph)
      lastGroup = list.group
      pendingMark = nil
    } else {
      output.text(text, join: follows == "dt" ? .line : .paragraph)
      if lists.isEmpty { lastGroup = 0 }
    }
    follows = nil
  }

  /// Ends a block; in the cell of a table it ends a word alone.
  private func endBlock() {
    guard rows.last?.isInCell == true else { return flush() }
    if inline.count > Self.cellLimit { breakRow() } else { inline.breakWord() }
  }

  private func startItem() {
    endBlock()
    guard rows.last?.isInCell != true, let last = lists.indices.last else { return }
    lists[last].count += 1
    pendingMark = lists[last].isOrdered ? "\(lists[last].count). " : "- "
  }

  private func startCell() {
    guard let last = rows.indices.last else { return endBlock() }
    if !rows[last].isInCell { flush() }
    rows[last].isInCell = true
  }

  private func endCell() {
    guard let last = rows.indices.last, rows[last].isInCell else { return flush() }
    rows[last].cells.append(inline.take(isPreformatted: false).onOneLine)
    rows[last].isInCell = false
  }

  /// Ends a row and puts it out, its cells separated.
  private func endRow() {
    guard let last = rows.indices.last else { return flush() }
    if rows[last].isInCell { endCell() }
    flush()
    let cells = rows[last].cells
    rows[last].cells = []
    guard cells.contains(where: { !$0.isEmpty }) else { return }
    let isNext = lastGroup == rows[last].group
    output.text(cells.joined(separator: " | "), join: isNext ? .line : .paragraph)
    lastGroup = rows[last].group
  }

  /// Puts out a row up to here, since what follows in its cell is no inline text.
  private func breakRow() {
    guard let last = rows.indices.last, rows[last].isInCell else { return }
    let text = inline
    inline = HTMLInlineText()
    rows[last].isInCell = false
    endRow()
    inline = text
    flush()
  }
}
