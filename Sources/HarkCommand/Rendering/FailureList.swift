import Hark

/// The files that failed, in words: each with its reason, the first of many.
struct FailureList: Sendable {
  /// What failed.
  let failures: [IngestFailure]
  /// What stands above them.
  var title = "Failed:"

  /// How many failures are named.
  static let named = 20

  /// The whole list under its title.
  var text: String {
    var lines = [title]
    for failure in failures.prefix(FailureList.named) {
      lines.append("  \(DisplayText.line(failure.filePath))")
      lines.append("    \(DisplayText.line(failure.message)) [\(failure.code)]")
    }
    let rest = failures.count - FailureList.named
    if rest > 0 { lines.append("  and \(Quantity.grouped(rest)) more; --json lists all.") }
    return lines.joined(separator: "\n") + "\n"
  }
}
