import Machine

extension Engine {
  /// Keeps a collection in step with files and folders until the task is canceled.
  ///
  /// The folders are ingested, then again whenever something in them has changed and nothing has
  /// for half a second, or changes have gone on for ten. Whatever the system's watches miss, for
  /// there were too many changes or too many folders, is found by an ingest that is due anyway.
  ///
  /// - Parameters:
  ///   - paths: files and folders.
  ///   - options: as for ``ingest(_:options:progress:)``; another writer is waited for.
  ///   - progress: called often, from any thread.
  ///   - onReport: called with the account of each ingest that did something, and of the first.
  /// - Returns: the account of the last ingest.
  /// - Throws: as ``ingest(_:options:progress:)``; a path that has vanished is waited for.
  public func watch(
    _ paths: [String], options: IngestOptions = IngestOptions(),
    progress: (@Sendable (IngestProgress) -> Void)? = nil,
    onReport: @escaping @Sendable (IngestReport) -> Void
  ) async throws(HarkError) -> IngestReport {
    var options = options
    options.waitForOtherWriter = true
    let asked = options
    let watcher = try FolderWatcher()
    var last = IngestReport()
    var isFirst = true
    var quiet = Self.restlessPause
    while true {
      do throws(HarkError) {
        // Watched before they are read, so that no change falls in between.
        let isWhole = try await HarkError.wrapping {
          try await WorkerPool.detached {
            watcher.watch(try FolderScan(paths, options: asked.scan).folders)
          }
        }
        quiet = isWhole ? Self.longestPause : Self.restlessPause
        let report = try await ingest(paths, options: asked, progress: progress)
        if isFirst || report.task != nil { onReport(report) }
        (last, isFirst) = (report, false)
      } catch  where error.code == .pathMissing && !isFirst {
        quiet = Self.restlessPause
      } catch  where error.code == .canceled {
        return last
      }
      let change = await watcher.nextChange(
        debounce: .milliseconds(500), atMost: .seconds(10), orAfter: quiet)
      if change == .canceled { return last }
    }
  }

  /// How long nothing may be heard before the folders are compared all the same.
  private static let longestPause = Duration.seconds(600)
  /// The same where not all folders could be watched.
  private static let restlessPause = Duration.seconds(10)
}
