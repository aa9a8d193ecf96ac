import Dispatch
import Glibc
import Synchronization

/// What a wait for changes in folders came to.
enum FolderChange: Sendable, Hashable {
  /// Something has changed, and then nothing for a while.
  case changed
  /// The same, and so much that the system has lost some of it.
  case overflowed
  /// Nothing has changed in the time given.
  case timedOut
  /// The task was canceled.
  case canceled
}

/// Hears of changes in folders (inotify(7)).
///
/// It tells that something has changed, not what: its user scans the folders again, which is right
/// whatever the system has merged or lost on the way. No thread of Swift's pool is held.
final class FolderWatcher: Sendable {
  private struct State {
    /// The watches that the system keeps for this watcher.
    var watches: Set<Int32> = []
    /// What was heard since the last change was handed out.
    var heard = InotifyEvents()
    /// When that was heard last.
    var lastTime = ContinuousClock.now
    var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
    var nextWaiting: UInt64 = 0
  }

  private let descriptor: Int32
  /// Only ever used here and in `deinit`; the lock makes it one that may be shared.
  private let source: Mutex<any DispatchSourceRead>
  private let state = Mutex(State())

  /// Begins to listen, to no folder yet.
  ///
  /// - Throws: `watch-failed` where the system has no more room for watchers.
  init() throws(HarkError) {
    let descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
    guard descriptor >= 0 else {
      throw HarkError(
        .init(rawValue: "watch-failed"),
        "the system takes no further watcher (\(FileStatus.text(errno))): raise "
          + "fs.inotify.max_user_instances")
    }
    self.descriptor = descriptor
    source = Mutex(
      DispatchSource.makeReadSource(
        fileDescriptor: descriptor, queue: DispatchQueue(label: "hark.watcher")))
    source.withLock { source in
      source.setCancelHandler { close(descriptor) }
      source.setEventHandler { [weak self] in self?.hear() }
      source.resume()
    }
  }

  deinit { source.withLock { $0.cancel() } }

  /// Listens to these folders and to no others.
  ///
  /// Every folder is asked for anew, for another one may have taken its name.
  ///
  /// - Returns: whether all folders that exist are watched. The system limits their number
  ///   (fs.inotify.max_user_watches); what goes on in the others has to be found by scans.
  /// - Complexity: O(*n*), with a call of the system for each folder.
  func watch(_ folders: [String]) -> Bool {
    state.withLock { state in
      var kept: Set<Int32> = []
      var refused: [String] = []
      for folder in folders where !add(folder, to: &kept) { refused.append(folder) }
      for watch in state.watches.subtracting(kept) { inotify_rm_watch(descriptor, watch) }
      // There may be room now.
      refused = refused.filter { !add($0, to: &kept) }
      state.watches = kept
      return refused.isEmpty
    }
  }

  /// - Returns: whether the folder is watched or has gone; the folder above it tells of that.
  private func add(_ folder: String, to watches: inout Set<Int32>) -> Bool {
    let watch = unsafe inotify_add_watch(descriptor, folder, InotifyEvents.mask)
    guard watch >= 0 else { return errno == ENOENT || errno == ENOTDIR }
    watches.insert(watch)
    return true
  }

  /// Waits for a change, and then until nothing more happens for a while.
  ///
  /// - Parameters:
  ///   - debounce: for how long nothing must have happened.
  ///   - limit: how long to wait for that at most, from the first change on.
  ///   - timeout: how long to wait for a change at most; nil waits for ever.
  /// - Returns: at once `canceled` where the task is; the change is then kept for the next wait.
  func nextChange(
    debounce: Duration, atMost limit: Duration, orAfter timeout: Duration? = nil
  ) async -> FolderChange {
    let first: ContinuousClock.Instant
    if let time = await firstChange(within: timeout) {
      first = time
    } else {
      return Task.isCancelled ? .canceled : .timedOut
    }
    while true {
      let due = min(state.withLock { $0.lastTime } + debounce, first + limit)
      if ContinuousClock.now >= due { break }
      try? await Task.sleep(until: due, clock: .continuous)
      if Task.isCancelled { return .canceled }
    }
    return state.withLock { state in
      defer { state.heard = InotifyEvents() }
      return state.heard.hasOverflowed ? .overflowed : .changed
    }
  }

  /// Waits until something was heard; nil where nothing was in time, or the task was canceled.
  private func firstChange(within timeout: Duration?) async -> ContinuousClock.Instant? {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.waitForChange() }
      if let timeout { group.addTask { try? await Task.sleep(for: timeout) } }
      await group.next()
      group.cancelAll()
    }
    if Task.isCancelled { return nil }
    return state.withLock { $0.heard.hasChange ? ContinuousClock.now : nil }
  }

  private func waitForChange() async {
    let number = state.withLock { state in
      state.nextWaiting &+= 1
      return state.nextWaiting
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isDue = state.withLock { state in
          if state.heard.hasChange || Task.isCancelled { return true }
          state.waiting[number] = continuation
          return false
        }
        if isDue { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiting.removeValue(forKey: number) }?.resume()
    }
  }

  /// Reads what the system has to tell.
  private func hear() {
    let events = InotifyEvents(readingFrom: descriptor)
    guard events.hasChange else { return }
    let waiting = state.withLock { state in
      state.heard.formUnion(events)
      state.lastTime = ContinuousClock.now
      defer { state.waiting = [:] }
      return state.waiting
    }
    for continuation in waiting.values { continuation.resume() }
  }
}
