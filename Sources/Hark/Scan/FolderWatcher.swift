import Foundation
import Glibc
import Synchronization

/// Hears of changes in folders (inotify(7)).
///
/// It tells that something has changed, not what: its user compares the folders with the catalog
/// again, which is right whatever the system has merged or lost on the way.
final class FolderWatcher: Sendable {
  private struct State {
    var watches: [String: Int32] = [:]
    var waiting: CheckedContinuation<Void, Never>?
    var hasChanged = false
  }

  /// What counts as a change: content, names and places.
  private static let events = UInt32(
    IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF
      | IN_MOVE_SELF | IN_ATTRIB)

  private let descriptor: Int32
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
        "the system takes no further watcher (\(unsafe String(cString: strerror(errno)))): raise "
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
  /// - Returns: whether all could be watched; the system limits their number
  ///   (fs.inotify.max_user_watches).
  func watch(_ folders: [String]) -> Bool {
    state.withLock { state in
      let wanted = Set(folders)
      for (folder, watch) in state.watches where !wanted.contains(folder) {
        inotify_rm_watch(descriptor, watch)
        state.watches[folder] = nil
      }
      var isWhole = true
      for folder in folders {
        // Asked for again, for the folder of a name may have been replaced.
        let watch = unsafe inotify_add_watch(descriptor, folder, Self.events)
        state.watches[folder] = watch >= 0 ? watch : nil
        isWhole = isWhole && watch >= 0
      }
      return isWhole
    }
  }

  /// Waits for a change, and then until nothing more happens for a while.
  ///
  /// - Parameters:
  ///   - debounce: for how long nothing must have happened.
  ///   - limit: how long to wait for that at most.
  ///   - timeout: how long to wait for a change at most.
  /// - Returns: false where the task was canceled.
  func nextChange(debounce: Duration, atMost limit: Duration, orAfter timeout: Duration) async
    -> Bool
  {
    guard await hasChange(within: timeout) else { return !Task.isCancelled }
    let start = ContinuousClock.now
    while ContinuousClock.now - start < limit, !Task.isCancelled {
      state.withLock { $0.hasChanged = false }
      guard await hasChange(within: debounce) else { break }
    }
    state.withLock { $0.hasChanged = false }
    return !Task.isCancelled
  }

  /// Reads what the system has to tell.
  private func hear() {
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    var hasHeard = false
    while unsafe read(descriptor, &buffer, buffer.count) > 0 { hasHeard = true }
    if hasHeard { wake(changed: true) }
  }

  private func wake(changed: Bool) {
    let waiting = state.withLock { state in
      if changed { state.hasChanged = true }
      defer { state.waiting = nil }
      return state.waiting
    }
    waiting?.resume()
  }

  /// Waits for a change.
  ///
  /// - Returns: whether there was one in time.
  private func hasChange(within time: Duration) async -> Bool {
    let end = ContinuousClock.now + time
    let timer = Task {
      try? await Task.sleep(for: time)
      wake(changed: false)
    }
    defer { timer.cancel() }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isDue = state.withLock { state in
          if state.hasChanged || Task.isCancelled || ContinuousClock.now >= end { return true }
          state.waiting = continuation
          return false
        }
        if isDue { continuation.resume() }
      }
    } onCancel: {
      wake(changed: false)
    }
    return state.withLock { $0.hasChanged }
  }
}
