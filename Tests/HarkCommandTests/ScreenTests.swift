import Testing

@testable import HarkCommand

@Suite struct ScreenTests {
  struct Case: Sendable {
    var isTerminal = true
    var columns: Int? = 60
    var environment: [String: String] = ["TERM": "xterm"]
    var takesEscapes: Bool
    var movesCursor: Bool
    var width: Int
  }

  @Test(arguments: [
    Case(takesEscapes: true, movesCursor: true, width: 60),
    Case(isTerminal: false, takesEscapes: false, movesCursor: false, width: 80),
    Case(
      environment: ["TERM": "xterm", "NO_COLOR": "1"], takesEscapes: false, movesCursor: true,
      width: 60),
    // no-color.org: only a value that is not empty counts.
    Case(
      environment: ["TERM": "xterm", "NO_COLOR": ""], takesEscapes: true, movesCursor: true,
      width: 60),
    Case(environment: ["TERM": "dumb"], takesEscapes: false, movesCursor: false, width: 60),
    Case(environment: [:], takesEscapes: false, movesCursor: false, width: 60),
    Case(columns: 300, takesEscapes: true, movesCursor: true, width: 100),
    Case(columns: 1, takesEscapes: true, movesCursor: true, width: 20),
    Case(
      columns: nil, environment: ["TERM": "xterm", "COLUMNS": "50"], takesEscapes: true,
      movesCursor: true, width: 50),
    Case(
      columns: nil, environment: ["TERM": "xterm", "COLUMNS": "x"], takesEscapes: true,
      movesCursor: true, width: 80),
  ])
  func screenFollowsTerminalAndEnvironment(given: Case) {
    let screen = Screen(
      isTerminal: given.isTerminal, columns: given.columns, environment: given.environment)
    #expect(screen.takesEscapes == given.takesEscapes)
    #expect(screen.movesCursor == given.movesCursor)
    #expect(screen.columns == given.width)
  }
}
