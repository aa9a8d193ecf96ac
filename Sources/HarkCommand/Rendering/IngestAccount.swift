import Hark

/// The account of an ingest in words.
struct IngestAccount: Sendable {
  /// What is accounted for.
  let report: IngestReport

  /// How many kinds of skipped files the account names.
  static let namedKinds = 20

  /// The whole account.
  var text: String {
    var text = """
      \(Quantity.count(report.filesSeen, "file")) seen: \(counts).
      \(Quantity.count(report.chunks, "chunk"))\(reused) of \(tokens) \
      in \(Quantity.duration(report.seconds)): \
      \(Quantity.decimal(report.chunksPerSecond, places: 1)) chunks/s, \
      \(Quantity.bytes(report.peakMemoryBytes)) of memory at most.

      """
    if !report.skipped.isEmpty { text += "\n" + skipped }
    if !report.failures.isEmpty { text += "\n" + FailureList(failures: report.failures).text }
    for warning in report.warnings { text += "\nWarning: \(DisplayText.line(warning))\n" }
    return text
  }

  private var counts: String {
    [
      (report.added, "added"), (report.updated, "updated"), (report.unchanged, "unchanged"),
      (report.skippedCount, "skipped"), (report.failures.count, "failed"),
    ]
    .map { "\(Quantity.grouped($0)) \($1)" }.joined(separator: ", ")
  }

  private var tokens: String { Quantity.count(report.tokens, "token") }

  private var reused: String {
    report.chunksReused == 0
      ? "" : " (\(Quantity.grouped(report.chunksReused)) with known vectors)"
  }

  private var skipped: String {
    // The most frequent first; names break ties, so that the order is always the same.
    let kinds = report.skipped.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let shown = kinds.prefix(IngestAccount.namedKinds).map { kind, count in
      IngestAccount.skipped(count, of: kind)
    }
    let rest = kinds.count - shown.count
    let more = rest > 0 ? ", and \(Quantity.count(rest, "other kind")); --json lists all" : ""
    return "Skipped: \(shown.joined(separator: ", "))\(more).\n"
  }

  /// A number of skipped files: `3 .png`, `2 symbolic links`. The report names kinds that are not
  /// extensions in words.
  private static func skipped(_ count: Int, of kind: String) -> String {
    switch kind {
    case "symbolic link", "special file": Quantity.count(count, kind)
    case "no extension": Quantity.count(count, "file") + " without an extension"
    default: "\(Quantity.grouped(count)) .\(DisplayText.line(kind))"
    }
  }
}
