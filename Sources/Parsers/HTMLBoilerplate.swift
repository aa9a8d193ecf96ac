/// What parts of a page are not its content.
enum HTMLBoilerplate {
  /// Elements that hold no text for readers.
  private static let silent: Set<String> = [
    "script", "style", "noscript", "template", "svg", "iframe", "object", "select", "textarea",
    "button", "canvas", "audio", "video", "datalist", "noframes",
  ]

  /// Elements of navigation and of the site around the page.
  private static let surrounding: Set<String> = ["nav", "footer", "aside"]

  /// Roles of the same (WAI-ARIA 1.2, landmark and widget roles).
  private static let roles: Set<String> = [
    "navigation", "contentinfo", "search", "menu", "menubar", "toolbar",
  ]

  /// Class names of the same, as DocBook, Sphinx and common style sheets use them. A “sidebar” is
  /// none of them: in DocBook's pages it is a box of the text.
  private static let classes: Set<Substring> = [
    "navheader", "navfooter", "navbar", "nav", "navigation", "breadcrumb", "breadcrumbs",
    "sphinxsidebar", "footer", "site-footer", "skip-link", "headerlink", "id_link",
    "permalink", "anchorjs-link",
  ]

  /// Elements that hold the content itself, whatever their class.
  private static let essential: Set<String> = ["html", "body", "main", "article"]

  /// Elements that begin and end a block, beside those that the parser knows itself.
  private static let blocks: Set<String> = [
    "address", "article", "blockquote", "body", "caption", "center", "dd", "details", "dialog",
    "div", "dl", "dt", "fieldset", "figcaption", "figure", "form", "header", "hgroup", "hr", "html",
    "legend", "li", "main", "p", "section", "summary", "tbody", "tfoot", "thead",
  ]

  /// Whether an element begins and ends a block.
  static func isBlock(_ name: String) -> Bool { blocks.contains(name) }

  /// Whether an element is dropped with all that it holds.
  ///
  /// - Parameter keepsNavigation: Whether only what nobody reads is dropped.
  static func drops(
    _ name: String, _ attributes: [String: String], keepsNavigation: Bool
  ) -> Bool {
    if silent.contains(name) || attributes["hidden"] != nil { return true }
    if keepsNavigation || essential.contains(name) { return false }
    if surrounding.contains(name) { return true }
    if attributes["aria-hidden"] == "true" { return true }
    if let role = attributes["role"], roles.contains(role) { return true }
    guard let names = attributes["class"] else { return false }
    return names.split(whereSeparator: \.isWhitespace).contains { classes.contains($0) }
  }
}
