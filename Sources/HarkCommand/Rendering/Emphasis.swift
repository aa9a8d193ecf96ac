/// How words are set off: by escape sequences on a terminal that takes them, else by «guillemets».
enum Emphasis: Sendable {
  case escapes
  case guillemets

  /// The emphasis that a screen takes.
  init(for screen: Screen) { self = screen.takesEscapes ? .escapes : .guillemets }

  /// What stands before a found word.
  var opening: String { self == .escapes ? "\u{1B}[1;33m" : "«" }
  /// What stands after a found word.
  var closing: String { self == .escapes ? "\u{1B}[0m" : "»" }
  /// The columns that opening and closing fill, each.
  var columns: Int { self == .escapes ? 0 : 1 }

  /// A title in bold, where there are escapes; else as it is.
  func title(_ text: String) -> String {
    self == .escapes ? "\u{1B}[1m\(text)\u{1B}[0m" : text
  }

  /// A text of lesser weight, where there are escapes; else as it is.
  func faint(_ text: String) -> String {
    self == .escapes ? "\u{1B}[2m\(text)\u{1B}[0m" : text
  }
}
