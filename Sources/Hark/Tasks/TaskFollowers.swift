import Machine
import Synchronization

/// Those who follow tasks, and how far the tasks of this engine are.
///
/// A follower gets the newest progress when it asks for it; what it did not ask for in time is gone,
/// so that none holds up the work. Tasks may end elsewhere, by other processes or before they begin:
/// as long as anybody follows any, the catalog is asked twice a second which have ended.
final class TaskFollowers: Sendable {
  typealias Progress = AsyncStream<IngestProgress>

  private static let pollInterval = Duration.milliseconds(500)

  private struct State {
    /// How far the tasks are that this engine carries out at present.
    var latest: [Int64: IngestProgress] = [:]
    var followers: [Int64: [Int: Progress.Continuation]] = [:]
    var next = 0
    var polling: Task<Void, Never>?
  }

  private let catalog: Catalog
  private let state = Mutex(State())

  init(catalog: Catalog) {
    self.catalog = catalog
  }

  deinit {
    let left = state.withLock { state in
      state.polling?.cancel()
      return state.followers.values.flatMap(\.values)
    }
    for follower in left { follower.finish() }
  }

  /// How many follow a task.
  func count(of task: Int64) -> Int { state.withLock { $0.followers[task]?.count ?? 0 } }

  /// Follows a task until it has ended or the stream is dropped.
  func follow(_ task: Int64) -> Progress {
    let (stream, continuation) = Progress.makeStream(bufferingPolicy: .bufferingNewest(1))
    let number = state.withLock { state in
      state.next += 1
      state.followers[task, default: [:]][state.next] = continuation
      if let latest = state.latest[task] { continuation.yield(latest) }
      if state.polling == nil { state.polling = poll() }
      return state.next
    }
    continuation.onTermination = { [weak self] _ in self?.leave(task, number) }
    return stream
  }

  private func leave(_ task: Int64, _ number: Int) {
    state.withLock { state in
      state.followers[task]?[number] = nil
      if state.followers[task]?.isEmpty == true { state.followers[task] = nil }
    }
  }

  /// Tells that this engine begins with a task.
  func begin(_ task: Int64) {
    state.withLock { $0.latest[task] = IngestProgress(phase: .scanning) }
  }

  /// Tells how far a task is that was begun with.
  func tell(_ progress: IngestProgress, of task: Int64) {
    state.withLock { state in
      // A thread that was not waited for may tell of a task that has ended.
      guard let latest = state.latest[task] else { return }
      let progress = progress.notBefore(latest)
      state.latest[task] = progress
      guard let followers = state.followers[task] else { return }
      for follower in followers.values { follower.yield(progress) }
    }
  }

  /// Tells that this engine has stopped with a task that another one will go on with.
  func pause(_ task: Int64) { state.withLock { $0.latest[task] = nil } }

  /// Tells that tasks have ended: so do the streams of those who follow them.
  func end(_ tasks: some Sequence<Int64>) {
    let left = state.withLock { state in
      tasks.flatMap { task in
        state.latest[task] = nil
        return state.followers.removeValue(forKey: task).map { Array($0.values) } ?? []
      }
    }
    // Each tells that it ended, and so needs the lock.
    for follower in left { follower.finish() }
  }

  /// Looks for tasks that have ended, for as long as anybody follows one.
  private func poll() -> Task<Void, Never> {
    Task.detached { [weak self, catalog] in
      while true {
        try? await Task.sleep(for: Self.pollInterval)
        guard let followed = self?.followedOrIdle() else { return }
        let unended = try? await WorkerPool.detached { try catalog.unendedTasks(among: followed) }
        if let unended { self?.end(followed.subtracting(unended)) }
      }
    }
  }

  /// The tasks that are followed; nil where there are none, and polling ends.
  private func followedOrIdle() -> Set<Int64>? {
    state.withLock { state in
      if state.followers.isEmpty { state.polling = nil }
      return state.followers.isEmpty ? nil : Set(state.followers.keys)
    }
  }
}

extension IngestProgress {
  /// The same, but not behind what was told before: threads tell of their work in any order.
  fileprivate func notBefore(_ earlier: IngestProgress) -> IngestProgress {
    guard phase == earlier.phase else { return self }
    var progress = self
    progress.filesDone = max(filesDone, earlier.filesDone)
    progress.filesTotal = max(filesTotal, earlier.filesTotal)
    progress.chunksDone = max(chunksDone, earlier.chunksDone)
    progress.bytesDone = max(bytesDone, earlier.bytesDone)
    progress.bytesTotal = max(bytesTotal, earlier.bytesTotal)
    return progress
  }
}
