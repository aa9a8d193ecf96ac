import Hark

/// The account of an ingest in words.
struct IngestAccount: Sendable {
  /// What is accounted for.
  let report: IngestReport

  /// How many kinds of skipped files the account names.
  static let namedKinds = 20
  /// How many steps of a plan are named.
  static let namedSteps = 40

  /// The whole account.
  var text: String {
    var text = """
      \(IngestAccount.counts(report.counts, report.skippedCount, report.ignored, failed)).
      \(Quantity.count(report.chunks, "chunk"))\(reused) of \(tokens) \
      in \(Quantity.duration(report.seconds)): \
      \(Quantity.decimal(report.chunksPerSecond, places: 1)) chunks/s, \
      \(Quantity.bytes(report.peakMemoryBytes)) of memory at most.

      """
    if !report.skipped.isEmpty { text += "\n" + IngestAccount.skipped(report.skipped) }
    if !report.failures.isEmpty { text += "\n" + FailureList(failures: report.failures).text }
    if !report.refusals.isEmpty {
      text += "\n" + FailureList(failures: report.refusals, title: "Not deleted:").text
    }
    for warning in report.warnings { text += "\nWarning: \(DisplayText.line(warning))\n" }
    return text
  }

  /// A plan in the same words, with what is to be done below it.
  static func text(of plan: IngestPlan, listsSteps: Bool) -> String {
    let counts = counts(plan.counts, plan.skippedCount, plan.ignored, plan.failures.count)
    var text = """
      \(counts).
      About \(Quantity.count(plan.estimatedTokens, "token")) to read, \
      \(Quantity.remaining(plan.estimatedSeconds)). Nothing was done (--dry-run).

      """
    if listsSteps, !plan.steps.isEmpty {
      let shown = plan.steps.prefix(namedSteps).map { step in
        let path = DisplayText.line(step.filePath)
        let from = step.from.map { " (from \(DisplayText.line($0)))" } ?? ""
        return "  \(DisplayText.padded(step.action.rawValue, to: 6))  \(path)\(from)\n"
      }
      let rest = plan.steps.count - shown.count
      let more = rest > 0 ? "  and \(Quantity.grouped(rest)) more; --json lists all.\n" : ""
      text += "\n" + shown.joined() + more
    }
    if !plan.skipped.isEmpty { text += "\n" + skipped(plan.skipped) }
    if !plan.failures.isEmpty { text += "\n" + FailureList(failures: plan.failures).text }
    if !plan.refusals.isEmpty {
      text += "\n" + FailureList(failures: plan.refusals, title: "Not deleted:").text
    }
    return text
  }

  private var failed: Int { report.failures.count }

  /// The counts, the same for a plan and for the account.
  private static func counts(
    _ counts: IngestCounts, _ skipped: Int, _ ignored: Int, _ failed: Int
  ) -> String {
    let parts =
      [
        (counts.added, "added"), (counts.changed, "changed"), (counts.moved, "moved"),
        (counts.deleted, "deleted"), (counts.unchanged, "unchanged"), (skipped, "skipped"),
        (failed, "failed"),
      ] + (ignored > 0 ? [(ignored, "ignored")] : [])
    return "\(Quantity.count(counts.filesSeen, "file")) seen: "
      + parts.map { "\(Quantity.grouped($0)) \($1)" }.joined(separator: ", ")
  }

  private var tokens: String { Quantity.count(report.tokens, "token") }

  private var reused: String {
    report.chunksReused == 0
      ? "" : " (\(Quantity.grouped(report.chunksReused)) with known vectors)"
  }

  private static func skipped(_ skipped: [String: Int]) -> String {
    // The most frequent first; names break ties, so that the order is always the same.
    let kinds = skipped.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let shown = kinds.prefix(namedKinds).map { kind, count in
      self.skipped(count, of: kind)
    }
    let rest = kinds.count - shown.count
    let more = rest > 0 ? ", and \(Quantity.count(rest, "other kind")); --json lists all" : ""
    return "Skipped: \(shown.joined(separator: ", "))\(more).\n"
  }

  /// A number of skipped files: `3 .png`, `2 symbolic links`. The report names kinds that are not
  /// extensions in words.
  private static func skipped(_ count: Int, of kind: String) -> String {
    switch kind {
    case "symbolic link", "special file", "mount point": Quantity.count(count, kind)
    case "no extension": Quantity.count(count, "file") + " without an extension"
    default: "\(Quantity.grouped(count)) .\(DisplayText.line(kind))"
    }
  }
}
