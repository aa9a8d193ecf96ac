import Hark

/// The state of an ingest in one line.
struct ProgressLine: Sendable {
  /// What is shown.
  let meter: ProgressMeter

  /// A line for a log: `120 of 1,480 files, 3,410 chunks, 170 chunks/s, 3 min 5 s left`.
  var plain: String {
    guard let progress = meter.progress else { return "" }
    return switch progress.phase {
    case .scanning: "scanning: \(Quantity.count(progress.filesTotal, "file")) found"
    case .ingesting:
      ([files(progress), chunks(progress)] + estimates).joined(separator: ", ")
    case .indexing: "building the index: \(chunks(progress))"
    }
  }

  /// A line with a bar, at most `columns` wide; parts are left out, the last first, where the
  /// terminal is narrow.
  func bar(columns: Int) -> String {
    guard let progress = meter.progress else { return "" }
    guard progress.phase == .ingesting else { return DisplayText.prefix(plain, columns: columns) }
    var parts = [files(progress), chunks(progress)] + estimates
    func line() -> String { parts.joined(separator: "  ") }
    while parts.count > 1, DisplayText.columns(line()) > columns { parts.removeLast() }
    // What is left, up to 30 columns, is the bar; one of fewer than six tells nothing.
    let room = min(columns - DisplayText.columns(line()) - 4, 30)
    guard room >= 6 else { return DisplayText.prefix(line(), columns: columns) }
    let filled = Int(ProgressMeter.share(of: progress) * Double(room))
    // ASCII, because block elements are two columns wide in some East Asian settings.
    let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: room - filled)
    return "[\(bar)]  \(line())"
  }

  private func files(_ progress: IngestProgress) -> String {
    let done = Quantity.grouped(progress.filesDone)
    return "\(done) of \(Quantity.count(progress.filesTotal, "file"))"
  }

  private func chunks(_ progress: IngestProgress) -> String {
    Quantity.count(progress.chunksDone, "chunk")
  }

  private var estimates: [String] {
    var estimates: [String] = []
    if let rate = meter.chunksPerSecond {
      estimates.append("\(Quantity.decimal(rate, places: 0)) chunks/s")
    }
    if let left = meter.secondsLeft { estimates.append("\(Quantity.remaining(left)) left") }
    return estimates
  }
}
