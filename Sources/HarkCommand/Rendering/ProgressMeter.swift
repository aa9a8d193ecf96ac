import Hark

/// Rate and time left of an ingest, from its progress reports.
struct ProgressMeter: Sendable {
  /// The last report.
  private(set) var progress: IngestProgress?
  /// Chunks a second over the last seconds; nil until that can be told.
  private(set) var chunksPerSecond: Double?
  /// Seconds until all files are read; nil until that can be told.
  private(set) var secondsLeft: Double?

  private var start: Double?
  private var samples: [(seconds: Double, chunks: Int)] = []

  /// The seconds over which the rate is taken.
  private static let window = 10.0

  /// Takes a report that was made at `seconds` of any steady clock.
  mutating func update(_ progress: IngestProgress, at seconds: Double) {
    self.progress = progress
    guard progress.phase == .ingesting else {
      (chunksPerSecond, secondsLeft) = (nil, nil)
      return
    }
    let start = start ?? seconds
    self.start = start
    measureRate(progress.chunksDone, at: seconds)
    let elapsed = seconds - start
    let done = ProgressMeter.share(of: progress)
    secondsLeft = elapsed >= 2 && done > 0.002 ? elapsed * (1 - done) / done : nil
  }

  private mutating func measureRate(_ chunks: Int, at seconds: Double) {
    if let last = samples.last, seconds - last.seconds < 0.2 { return }
    samples.append((seconds, chunks))
    // One sample beyond the window stays, so that a slow ingest has a rate as well.
    while samples.count > 2, seconds - samples[1].seconds > ProgressMeter.window {
      samples.removeFirst()
    }
    let elapsed = seconds - samples[0].seconds
    chunksPerSecond = elapsed >= 0.5 ? Double(chunks - samples[0].chunks) / elapsed : nil
  }

  /// How much of the work is done, from 0 to 1: by bytes, as files differ much in size.
  static func share(of progress: IngestProgress) -> Double {
    let share: Double
    if progress.bytesTotal > 0 {
      share = Double(progress.bytesDone) / Double(progress.bytesTotal)
    } else if progress.filesTotal > 0 {
      share = Double(progress.filesDone) / Double(progress.filesTotal)
    } else {
      share = 0
    }
    return min(max(share, 0), 1)
  }
}
