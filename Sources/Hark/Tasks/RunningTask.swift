import Foundation
import Glibc
import Machine
import Synchronization

/// A task that this process works on: its row, its lock, and the requests for its end.
///
/// It is recorded once it has something to do, or has to wait; an ingest that finds nothing to do
/// leaves no trace.
final class RunningTask: Sendable {
  /// How often the catalog is asked whether somebody wants the end.
  private static let pollInterval = Duration.milliseconds(250)

  private struct State {
    var id: Int64?
    var isCanceled = false
    var lastPoll = ContinuousClock.now
  }

  private let catalog: Catalog
  private let kind: TaskRecord.Kind
  private let payload: String
  private let state = Mutex(State())

  init(_ kind: TaskRecord.Kind, payload: some Encodable, catalog: Catalog) throws {
    self.catalog = catalog
    self.kind = kind
    self.payload = try Catalog.json(payload)
  }

  /// The task's row, once there is one.
  var id: Int64? { state.withLock { $0.id } }

  /// Takes the writer's lock; a task that has to wait for it is recorded as enqueued.
  ///
  /// - Throws: `store-locked`; `canceled` where the task was canceled while it waited.
  func lock(_ path: String, wait: Bool) throws -> WriterLock {
    if let lock = try WriterLock.ifFree(path) { return lock }
    guard wait else { return try WriterLock(path, wait: false) }
    let id = try catalog.addTask(kind, payload: payload)
    state.withLock { $0.id = id }
    let lock = try WriterLock(path, wait: true)
    guard try catalog.beginTask(id, agent: Self.agent) else { throw HarkError.workCanceled }
    return lock
  }

  /// Records the task as processing.
  func begin() throws {
    guard id == nil else { return }
    let new = try catalog.addTask(kind, payload: payload, agent: Self.agent)
    state.withLock { $0.id = new }
  }

  /// Throws where somebody wants the end of the task.
  ///
  /// - Throws: `canceled`.
  func checkpoint() throws {
    if Task.isCancelled { throw HarkError.workCanceled }
    let due: Int64? = try state.withLock { state in
      if state.isCanceled { throw HarkError.workCanceled }
      let now = ContinuousClock.now
      guard let id = state.id, now - state.lastPoll >= Self.pollInterval else { return nil }
      state.lastPoll = now
      return id
    }
    if let due, try catalog.isCancelRequested(due) { throw HarkError.workCanceled }
  }

  /// Lets the next ``checkpoint()`` throw, on whatever thread it is.
  func cancel() { state.withLock { $0.isCanceled = true } }

  /// Records how the task ended.
  func end(counts: (some Encodable)?, error: (any Error)?) {
    guard let id else { return }
    let error = error.map(HarkError.init(wrapping:))
    let status: TaskRecord.Status =
      error.map { $0.code == .canceled ? .canceled : .failed } ?? .succeeded
    // A store that takes no more notes has told its error already.
    try? catalog.endTask(
      id, as: status, counts: counts.flatMap { try? Catalog.json($0) }, error: error)
  }

  /// This process as the catalog names it: `host:pid`.
  private static var agent: String { "\(ProcessInfo.processInfo.hostName):\(getpid())" }
}

/// The lock that one writing process holds, until it is released or the last reference goes.
final class WriterLock: Sendable {
  private let lock: FileLock

  init(_ path: String, wait: Bool) throws(MachineError) {
    lock = try FileLock(path, wait: wait)
  }

  /// Gives the lock back: the thread that took it may refer to it for a moment longer.
  func release() { lock.release() }

  /// The lock, or nil where another process holds it.
  static func ifFree(_ path: String) throws(MachineError) -> WriterLock? {
    do {
      return try WriterLock(path, wait: false)
    } catch {
      if error.code == .fileLocked { return nil }
      throw error
    }
  }
}
