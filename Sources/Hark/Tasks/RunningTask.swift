import Foundation
import Glibc
import Synchronization

/// A task that this process works on: its row, its progress, and the requests for its end.
///
/// One that a worker took from the queue has its row already. Any other is recorded once it has
/// something to do, or has to wait; an ingest that finds nothing to do leaves no trace.
final class RunningTask: Sendable {
  /// How often the catalog is asked whether somebody wants the end.
  private static let pollInterval = Duration.milliseconds(250)

  private struct State {
    var id: Int64?
    var isCanceled = false
    var lastPoll = ContinuousClock.now
  }

  private let catalog: Catalog
  private let followers: TaskFollowers
  private let kind: TaskRecord.Kind
  /// What is to be done, for the row that the task has none of yet.
  private let payload: String
  private let state: Mutex<State>

  /// A task of this process.
  init(
    _ kind: TaskRecord.Kind, payload: some Encodable, catalog: Catalog, followers: TaskFollowers
  ) throws {
    self.catalog = catalog
    self.followers = followers
    self.kind = kind
    self.payload = try Catalog.json(payload)
    state = Mutex(State())
  }

  /// A task that a worker took from the queue.
  init(_ id: Int64, catalog: Catalog, followers: TaskFollowers) {
    self.catalog = catalog
    self.followers = followers
    kind = .ingest
    payload = ""
    state = Mutex(State(id: id))
    followers.begin(id)
  }

  /// The task's row, once there is one.
  var id: Int64? { state.withLock { $0.id } }

  /// Records the task as one that waits for another writer.
  func enqueue() throws {
    let new = try catalog.addTask(kind, payload: payload, agent: Self.agent, waits: true)
    state.withLock { $0.id = new }
  }

  /// Records a task that has waited as processing.
  ///
  /// - Throws: `canceled` where the task was canceled while it waited.
  func proceed() throws {
    guard let id else { return }
    guard try catalog.beginTask(id) else { throw HarkError.workCanceled }
    followers.begin(id)
  }

  /// Records the task as processing, unless that is done.
  func begin() throws {
    guard id == nil else { return }
    let new = try catalog.addTask(kind, payload: payload, agent: Self.agent)
    state.withLock { $0.id = new }
    followers.begin(new)
  }

  /// Tells how far the task is.
  func tell(_ progress: IngestProgress) {
    if let id { followers.tell(progress, of: id) }
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
  func end(counts: (some Encodable)?, error: (any Error)?) throws {
    guard let id else { return }
    let error = error.map(HarkError.init(wrapping:))
    let status: TaskRecord.Status =
      error.map { $0.code == .canceled ? .canceled : .failed } ?? .succeeded
    try catalog.endTask(
      id, as: status, counts: counts.flatMap { try? Catalog.json($0) }, error: error)
    followers.end([id])
  }

  /// Records that another worker has to go on with a task of the queue.
  func giveBack() throws {
    guard let id else { return }
    try catalog.giveBackTask(id)
    followers.pause(id)
  }

  /// This process as the catalog names it: `host:pid`.
  static var agent: String { "\(ProcessInfo.processInfo.hostName):\(getpid())" }
}
