import Machine

/// The lock that one writing process holds, until it is released or the last reference goes.
///
/// Those who wait for it share a lock on a second file. So its holder knows whether anybody waits,
/// whichever way waiting may end.
final class WriterLock: Sendable {
  /// How long somebody who waits sleeps between two attempts.
  static let pause = Duration.milliseconds(100)

  private let lock: FileLock

  /// Takes the lock.
  ///
  /// - Throws: a `MachineError`, `file-locked` where somebody else holds it.
  init(_ path: String) throws(MachineError) {
    lock = try FileLock(path)
  }

  /// Takes the lock once it is free; the task sleeps until then.
  ///
  /// - Parameters:
  ///   - onWait: called once when it turns out that another one holds the lock.
  ///   - checkpoint: asked before each further attempt; throws where the wait is to end.
  /// - Throws: what the closures throw, and `CancellationError`.
  static func waiting(
    for path: String, onWait: @escaping @Sendable () throws -> Void = {},
    checkpoint: () throws -> Void = {}
  ) async throws -> WriterLock {
    if let lock = try await ifFree(path) { return lock }
    let presence = try await WorkerPool.detached {
      // Shown before anything is on record, which would else be taken for that of a dead process.
      let presence = HeldLock(try FileLock(queue(path), wait: true, isShared: true))
      try onWait()
      return presence
    }
    defer { withExtendedLifetime(presence) {} }
    while true {
      try checkpoint()
      if let lock = try await ifFree(path) { return lock }
      try await Task.sleep(for: pause)
    }
  }

  /// The lock, or nil where somebody else holds it.
  static func ifFree(_ path: String) async throws -> WriterLock? {
    try await WorkerPool.detached {
      do throws(MachineError) {
        return try WriterLock(path)
      } catch {
        if error.code == .fileLocked { return nil }
        throw error
      }
    }
  }

  /// Runs a body that is told whether somebody waits for the lock. Where nobody does, nobody
  /// begins to before the body returns.
  func lookingForWaiters<T>(_ body: (_ isAwaited: Bool) throws -> T) throws -> T {
    let queue: HeldLock?
    do throws(MachineError) {
      queue = HeldLock(try FileLock(Self.queue(lock.path)))
    } catch {
      guard error.code == .fileLocked else { throw error }
      queue = nil
    }
    defer { withExtendedLifetime(queue) {} }
    return try body(queue == nil)
  }

  /// Gives the lock back: the thread that took it may refer to it for a moment longer.
  func release() { lock.release() }

  private static func queue(_ path: String) -> String { "\(path)-queue" }
}

/// A lock that several may refer to; it is held until the last one does no more.
private final class HeldLock: Sendable {
  private let lock: FileLock
  init(_ lock: consuming FileLock) { self.lock = lock }
}
