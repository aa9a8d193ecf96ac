import Machine

extension Engine {
  /// Runs work under the store's writer lock, as a task of this process.
  ///
  /// - Parameter body: it calls ``RunningTask/begin()`` before its first write.
  func performing<T: Encodable>(
    _ kind: TaskRecord.Kind, _ payload: some Encodable & Sendable, wait: Bool,
    _ body: (RunningTask) async throws -> T
  ) async throws -> T {
    let task = try RunningTask(kind, payload: payload, catalog: catalog, followers: followers)
    let lock: WriterLock
    do {
      lock = try await writerLock(wait: wait, for: task)
    } catch {
      try? task.end(counts: T?.none, error: error)
      throw error
    }
    // Given back once the end is on record: the next writer takes a task that is processing for one
    // whose process has gone.
    defer { lock.release() }
    do {
      let result = try await withTaskCancellationHandler {
        try await tidyUp(lock, besides: task.id)
        try task.proceed()
        return try await body(task)
      } onCancel: {
        task.cancel()
      }
      // A store that takes no more notes has told its error already.
      try? task.end(counts: result, error: nil)
      return result
    } catch {
      try? task.end(counts: T?.none, error: error)
      throw error
    }
  }

  /// Runs a small write under the store's writer lock, without a task.
  func writing<T>(wait: Bool, _ body: () async throws -> T) async throws -> T {
    let lock = try await writerLock(wait: wait)
    defer { lock.release() }
    try await tidyUp(lock)
    return try await body()
  }

  /// The file of the store's writer lock.
  var writerLockPath: String { "\(storePath)/lock" }

  /// Takes the store's writer lock; a task that has to wait for it is recorded as enqueued.
  ///
  /// - Throws: `store-locked`; `canceled` where the task was canceled while it waited.
  private func writerLock(wait: Bool, for task: RunningTask? = nil) async throws -> WriterLock {
    let path = writerLockPath
    guard wait else { return try await WorkerPool.detached { try WriterLock(path) } }
    return try await WriterLock.waiting(for: path) {
      try task?.enqueue()
    } checkpoint: {
      try task?.checkpoint()
    }
  }

  /// Removes the leftovers of a crash; called under the writer's lock.
  ///
  /// - Parameter own: the caller's task, where it is on record already.
  func tidyUp(_ lock: WriterLock, besides own: Int64? = nil) async throws {
    try await WorkerPool.detached { [catalog, index] in
      try lock.lookingForWaiters { isAwaited in
        try catalog.settleInterruptedTasks(besides: own, isAwaited: isAwaited)
      }
      try index.removeStrays()
      for collection in try catalog.read({ db in try catalog.collections(db) }) {
        // What fails now must not bar the write that may mend it; a seal tries again, and says why.
        try? index.refreshPostings(of: collection.id)
      }
    }
  }
}
