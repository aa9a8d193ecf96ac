import Hark
import Synchronization

/// Shows the progress of an ingest on standard error while it runs.
///
/// On a terminal one line is redrawn, at most ten times a second; elsewhere a plain line is added
/// every five seconds. Reports may come from any thread.
final class ProgressDisplay: Sendable {
  /// Seconds between two drawings of the line on a terminal.
  static let redrawInterval = 0.1
  /// Seconds between two plain lines; the first comes after as many.
  static let lineInterval = 5.0

  private struct State {
    var meter = ProgressMeter()
    var start: Double?
    var lastShown: Double?
    var hasLine = false
  }

  private let state = Mutex(State())
  private let redraws: Bool
  private let columns: @Sendable () -> Int
  private let write: @Sendable (String) -> Void

  /// - Parameters:
  ///   - redraws: whether the line can be redrawn in place.
  ///   - columns: the terminal's width at the moment of the call.
  ///   - write: writes to the stream.
  init(
    redraws: Bool, columns: @escaping @Sendable () -> Int,
    write: @escaping @Sendable (String) -> Void
  ) {
    self.redraws = redraws
    self.columns = columns
    self.write = write
  }

  /// The display of this process.
  convenience init(on console: Console) {
    self.init(
      redraws: console.errors.movesCursor,
      columns: { StandardStream.error.columns ?? Screen.usualColumns },
      // Progress that cannot be shown is no reason to stop the work.
      write: { try? StandardStream.error.write($0) })
  }

  /// Takes a report, made at `seconds` of a steady clock.
  func update(_ progress: IngestProgress, at seconds: Double = ProgressDisplay.now) {
    state.withLock { state in
      state.meter.update(progress, at: seconds)
      let start = state.start ?? seconds
      state.start = start
      if redraws {
        if let last = state.lastShown, seconds - last < ProgressDisplay.redrawInterval { return }
        // The last column stays free: some terminals wrap when it is filled.
        let line = ProgressLine(meter: state.meter).bar(columns: max(columns() - 1, 1))
        write("\r\(line)\u{1B}[K")
        state.hasLine = true
      } else {
        if seconds - (state.lastShown ?? start) < ProgressDisplay.lineInterval { return }
        write("hark: \(ProgressLine(meter: state.meter).plain)\n")
      }
      state.lastShown = seconds
    }
  }

  /// Clears the line, so that what follows begins on an empty one.
  func finish() {
    state.withLock { state in
      if state.hasLine { write("\r\u{1B}[K") }
      state.hasLine = false
    }
  }

  /// Seconds of the system's steady clock.
  static var now: Double {
    let elapsed = ContinuousClock.now - start
    return Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
  }

  private static let start = ContinuousClock.now
}
