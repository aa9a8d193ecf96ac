public import Foundation
import Machine

extension Engine {
  // MARK: The queue

  /// Puts an ingest on the queue. It is on the disk when the call returns, and a worker
  /// (``runTasks(_:)``, which `hark serve` runs) carries it out, in this process or another one, now
  /// or after the next start.
  ///
  /// No other writer is waited for.
  ///
  /// - Parameters:
  ///   - request: what is to be taken into which collection.
  ///   - priority: the greater the sooner; among equals the oldest is first.
  ///   - start: when it may begin; nil for now.
  ///   - requestKey: makes a retry harmless, for seven days: the same request with the same key
  ///     gives the task that there is, whatever has become of it.
  /// - Returns: the task, enqueued.
  /// - Throws: `invalid-argument`, `collection-missing`, `path-missing`, `metadata-invalid`,
  ///   `request-key-reused`, `disk-full`.
  /// - Complexity: O(*n*) in the bytes of the request.
  @discardableResult
  public func enqueue(
    _ request: IngestRequest, priority: Int = 0, notBefore start: Date? = nil,
    requestKey: String? = nil
  ) async throws(HarkError) -> TaskRecord {
    let seconds = start?.timeIntervalSince1970
    // The last second that has a year of four digits.
    guard seconds.map({ (0...253_402_300_799).contains($0) }) ?? true else {
      throw HarkError(
        .invalidArgument, "a task cannot begin at \(seconds ?? 0) s: give a time from 1970 to 9999")
    }
    let task = try await detached { catalog in
      let (payload, input) = try request.checked()
      let key = try requestKey.map { key throws(HarkError) in
        try RequestKey(key, "enqueue", String(decoding: input, as: UTF8.self))
      }
      return try catalog.enqueueTask(
        .ingest, collection: request.collection, payload: try Catalog.json(payload), input: input,
        priority: priority, start: seconds, key)
    }
    bell.ring()
    return task
  }

  /// Carries out the tasks of the queue, one after the other, until the task that calls is canceled.
  ///
  /// Any number of workers in any number of processes may serve one store: each task is carried out
  /// by one. The worker waits for other writers, and lets those go first who wait as well; it looks
  /// once a second for tasks that other processes have enqueued. Its threads have a lower priority
  /// than others, so that searches in the same process go first.
  ///
  /// When the task is canceled, what was committed is kept, and the task of the queue goes back to
  /// it for the next worker. A task whose worker was killed is begun again, three times in all.
  ///
  /// - Parameter tell: called with what happens, from any thread.
  public func runTasks(_ tell: @escaping @Sendable (TaskEvent) -> Void = { _ in }) async {
    await TaskWorker(engine: self, tell: tell).run()
  }

  /// How far a task is, as often as that changes, until it has ended.
  ///
  /// Progress comes from tasks that this engine carries out, be it in ``runTasks(_:)`` or in a call
  /// of its own. For a task of another process the stream has no elements and ends, within a second,
  /// when the task does; so it does at once where the task has ended already. Whoever reads slowly
  /// gets the newest element and holds up nothing.
  ///
  /// - Throws: `task-missing`.
  public func progress(of task: Int64) async throws(HarkError) -> AsyncStream<IngestProgress> {
    // Followed before it is looked up, so that an end in between is not missed.
    let stream = followers.follow(task)
    if try await self.task(task).status.isEnd { followers.end([task]) }
    return stream
  }

  // MARK: The record

  /// The newest tasks, newest first.
  ///
  /// - Parameter limit: the most tasks.
  public func tasks(limit: Int = 50) async throws(HarkError) -> [TaskRecord] {
    try await detached { catalog in try catalog.tasks(limit: limit) }
  }

  /// A task.
  ///
  /// - Throws: `task-missing`.
  public func task(_ id: Int64) async throws(HarkError) -> TaskRecord {
    try await detached { catalog in try catalog.read { db in try catalog.task(id, db) } }
  }

  /// Asks for the end of a task: one that waits ends at once, one that runs within a second.
  ///
  /// - Returns: the task as it is now.
  /// - Throws: `task-missing`, `task-ended`.
  @discardableResult
  public func cancelTask(_ id: Int64) async throws(HarkError) -> TaskRecord {
    let task = try await detached { catalog in try catalog.cancelTask(id) }
    if task.status.isEnd { followers.end([id]) }
    return task
  }
}
