import CCMark
import Documents
import Glibc

/// What kind of node a Markdown file has at a place.
enum MarkdownNode {
  case heading(level: Int)
  case paragraph
  case list(isOrdered: Bool, start: Int)
  /// An item of a list; `isChecked` where it is a task.
  case item(isChecked: Bool?)
  case table, row, cell
  /// A code block with its text.
  case codeBlock(String)
  /// A block of HTML with its text.
  case htmlBlock(String)
  /// Words within a paragraph, or code among them.
  case text(String)
  /// HTML within a paragraph.
  case inlineHTML(String)
  case softBreak, lineBreak
  /// What adds nothing of its own: quotes, emphasis, links, images.
  case other
}

/// The CommonMark parser with the GitHub extensions, as a walk over its tree.
enum MarkdownTree {
  /// Parses Markdown and visits every node when it begins and when it ends. Nodes without
  /// children are visited once, as beginning.
  ///
  /// - Throws: `parser-memory`.
  static func walk(
    _ text: String, visit: (_ node: MarkdownNode, _ isEntering: Bool) throws(DocumentError) -> Void
  ) throws(DocumentError) {
    cmark_gfm_core_extensions_ensure_registered()
    guard let parser = unsafe cmark_parser_new(CMARK_OPT_DEFAULT | CMARK_OPT_FOOTNOTES) else {
      throw DocumentError(.parserMemory, "The Markdown parser cannot be made.")
    }
    defer { unsafe cmark_parser_free(parser) }
    for name in ["table", "strikethrough", "autolink", "tasklist"] {
      if let extensions = unsafe cmark_find_syntax_extension(name) {
        unsafe cmark_parser_attach_syntax_extension(parser, extensions)
      }
    }
    let bytes = text.utf8Span.span
    unsafe bytes.withUnsafeBytes { buffer in
      let start = unsafe buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
      unsafe cmark_parser_feed(parser, start, buffer.count)
    }
    let root = unsafe cmark_parser_finish(parser)
    defer { unsafe cmark_node_free(root) }
    guard let iterator = unsafe cmark_iter_new(root) else {
      throw DocumentError(.parserMemory, "The Markdown takes too much memory to parse.")
    }
    defer { unsafe cmark_iter_free(iterator) }
    while true {
      let event = unsafe cmark_iter_next(iterator)
      guard event != CMARK_EVENT_DONE else { return }
      try visit(unsafe node(cmark_iter_get_node(iterator)), event == CMARK_EVENT_ENTER)
    }
  }

  private static func node(_ node: OpaquePointer?) -> MarkdownNode {
    guard let node = unsafe node else { return .other }
    switch unsafe cmark_node_get_type(node) {
    case CMARK_NODE_TEXT, CMARK_NODE_CODE: return .text(unsafe literal(node))
    case CMARK_NODE_SOFTBREAK: return .softBreak
    case CMARK_NODE_LINEBREAK: return .lineBreak
    case CMARK_NODE_PARAGRAPH: return .paragraph
    case CMARK_NODE_HEADING: return .heading(level: Int(unsafe cmark_node_get_heading_level(node)))
    case CMARK_NODE_CODE_BLOCK: return .codeBlock(unsafe literal(node))
    case CMARK_NODE_HTML_BLOCK: return .htmlBlock(unsafe literal(node))
    case CMARK_NODE_HTML_INLINE: return .inlineHTML(unsafe literal(node))
    case CMARK_NODE_LIST:
      let isOrdered = unsafe cmark_node_get_list_type(node) == CMARK_ORDERED_LIST
      return .list(isOrdered: isOrdered, start: Int(unsafe cmark_node_get_list_start(node)))
    default: return unsafe nodeByName(node)
    }
  }

  /// The nodes of extensions have no fixed numbers, only names, and an item may be a task.
  private static func nodeByName(_ node: OpaquePointer) -> MarkdownNode {
    guard let name = unsafe cmark_node_get_type_string(node) else { return .other }
    switch unsafe String(cString: name) {
    case "item": return .item(isChecked: nil)
    case "tasklist":
      return .item(isChecked: unsafe cmark_gfm_extensions_get_tasklist_item_checked(node))
    case "table": return .table
    case "table_row", "table_header": return .row
    case "table_cell": return .cell
    default: return .other
    }
  }

  private static func literal(_ node: OpaquePointer) -> String {
    guard let text = unsafe cmark_node_get_literal(node) else { return "" }
    return unsafe String(cString: text)
  }
}
