import Foundation

/// What stands at the other end of a stream, as far as rendering needs to know.
struct Screen: Sendable, Hashable {
  /// Whether it is a terminal.
  let isTerminal: Bool
  /// Whether it takes escape sequences for emphasis.
  let takesEscapes: Bool
  /// Whether a line can be redrawn in place.
  let movesCursor: Bool
  /// The columns that text may fill.
  let columns: Int

  /// The widest text that is still read with ease; wider terminals are not filled.
  static let widestText = 100
  /// The width of text for pipes, files and terminals that do not tell theirs.
  static let usualColumns = 80

  /// - Parameters:
  ///   - isTerminal: whether the stream is a terminal.
  ///   - columns: the terminal's width, where it is known.
  ///   - environment: `NO_COLOR` (set and not empty) and `TERM=dumb` turn escapes off, and
  ///     `COLUMNS` stands in for an unknown width.
  init(isTerminal: Bool, columns: Int? = nil, environment: [String: String] = [:]) {
    self.isTerminal = isTerminal
    let colourless = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
    let term = environment["TERM"] ?? ""
    movesCursor = isTerminal && term != "dumb" && !term.isEmpty
    takesEscapes = movesCursor && !colourless
    let known = isTerminal ? columns ?? environment["COLUMNS"].flatMap(Int.init) : nil
    self.columns = min(max(known ?? Screen.usualColumns, 20), Screen.widestText)
  }
}

/// The three streams of a command.
struct Console: Sendable {
  /// Where the answer goes.
  let output: Screen
  /// Where progress and errors go.
  let errors: Screen
  /// Whether a person can be asked.
  let canAsk: Bool

  /// Asks on the terminal; anything but `y` or `yes` is a no.
  static func confirms(_ question: String) -> Bool {
    try? StandardStream.error.write(question)
    return ["y", "yes"].contains(readLine()?.lowercased() ?? "")
  }

  /// The console of this process.
  static var current: Console {
    let environment = ProcessInfo.processInfo.environment
    func screen(_ stream: StandardStream) -> Screen {
      Screen(isTerminal: stream.isTerminal, columns: stream.columns, environment: environment)
    }
    return Console(
      output: screen(.output), errors: screen(.error),
      canAsk: StandardStream.input.isTerminal && StandardStream.error.isTerminal)
  }
}
