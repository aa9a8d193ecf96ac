import Documents

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

  /// What an element is.
  struct Traits: OptionSet {
    let rawValue: UInt8

    static let silent = Traits(rawValue: 1)
    static let surrounding = Traits(rawValue: 2)
    static let essential = Traits(rawValue: 4)
    /// It begins and ends a block.
    static let block = Traits(rawValue: 8)
  }

  /// One table for all, since every element is looked up.
  private static let traits: [String: Traits] = {
    let sets = [(silent, Traits.silent), (surrounding, .surrounding), (essential, .essential)]
    return (sets + [(blocks, .block)]).reduce(into: [:]) { traits, set in
      for name in set.0 { traits[name, default: []].insert(set.1) }
    }
  }()

  /// What the element of a name is.
  static func traits(of name: String) -> Traits { traits[name] ?? [] }

  /// Whether an element is dropped with all that it holds.
  ///
  /// - Parameter keepsNavigation: Whether only what nobody reads is dropped.
  static func drops(
    _ traits: Traits, _ attributes: HTMLAttributes, keepsNavigation: Bool
  ) -> Bool {
    if traits.contains(.silent) || attributes["hidden"] != nil { return true }
    if keepsNavigation || traits.contains(.essential) { return false }
    if traits.contains(.surrounding) { return true }
    if attributes["aria-hidden"] == "true" { return true }
    if let role = attributes["role"], roles.contains(role) { return true }
    return attributes["class"]?.words.contains { classes.contains($0) } ?? false
  }
}
