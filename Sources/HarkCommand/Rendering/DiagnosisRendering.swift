import Hark

/// The findings of `hark doctor` in words, a line each.
struct DiagnosisRendering: Sendable {
  /// What is rendered.
  let diagnosis: Diagnosis
  /// Where it is shown.
  let screen: Screen
  /// Whether good findings, and the sum, are left out.
  var isQuiet = false

  /// The whole text.
  var text: String {
    let shown = diagnosis.findings.filter { !isQuiet || $0.standing != .good }
    let table = Columns.text(
      of: shown.map { finding in
        [
          finding.standing.rawValue, DisplayText.line(finding.topic),
          DisplayText.line(finding.message),
        ]
      })
    let lines = table.split(separator: "\n")
    let text = zip(shown, lines).map { coloured($1, $0.standing) + "\n" }.joined()
    return isQuiet ? text : "\(text)\n\(sum)\n"
  }

  /// The line with its first word in the colour of the standing, on a terminal that takes it.
  private func coloured(_ line: Substring, _ standing: Diagnosis.Standing) -> String {
    guard screen.takesEscapes else { return String(line) }
    let colour =
      switch standing {
      case .good: "32"
      case .warning: "33"
      case .bad: "1;31"
      }
    let word = standing.rawValue
    return "\u{1B}[\(colour)m\(word)\u{1B}[0m" + line.dropFirst(word.count)
  }

  private var sum: String {
    let bad = diagnosis.findings.count { $0.standing == .bad }
    let warnings = diagnosis.findings.count { $0.standing == .warning }
    if bad > 0 { return "\(Quantity.count(bad, "finding")) to be mended before Hark works." }
    return warnings == 0
      ? "All is well." : "Hark works, with \(Quantity.count(warnings, "warning"))."
  }
}
