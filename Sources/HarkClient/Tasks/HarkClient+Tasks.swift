extension HarkClient {
  /// Begins to read files and folders into a collection.
  ///
  /// - Parameters:
  ///   - paths: absolute paths, as the server sees them.
  ///   - collection: the collection; `default` where nil.
  /// - Returns: the task, which runs from now on: follow it by ``progress(of:)``, wait for its end by
  ///   ``finishedTask(_:)``.
  /// - Throws: `path-missing`, `collection-missing`, `invalid-argument`, `request-key-reused`.
  public func ingest(
    paths: [String], collection: String? = nil, requestKey: RequestKey = RequestKey()
  ) async throws(HarkClientError) -> TaskRecord {
    try await call(
      "ingest", ["paths": paths, "collection": collection, "request_key": requestKey])
  }

  /// Begins to take texts into a collection, each in the place of the one with its id.
  ///
  /// - Parameters:
  ///   - documents: the texts, at most about 16 MiB together.
  ///   - collection: the collection; `default` where nil.
  /// - Returns: the task, which runs from now on.
  /// - Throws: `too-large`, `collection-missing`, `invalid-argument`, `request-key-reused`.
  public func ingest(
    documents: [SourceDocument], collection: String? = nil, requestKey: RequestKey = RequestKey()
  ) async throws(HarkClientError) -> TaskRecord {
    try await call(
      "ingest", ["documents": documents, "collection": collection, "request_key": requestKey])
  }

  /// A task.
  ///
  /// - Throws: `task-missing`.
  public func task(_ id: Int64) async throws(HarkClientError) -> TaskRecord {
    try await call("tasks.get", ["id": id])
  }

  /// Tasks, the newest first.
  ///
  /// - Parameter limit: the greatest number; the server's default is 50.
  public func tasks(limit: Int? = nil) async throws(HarkClientError) -> [TaskRecord] {
    struct Tasks: Decodable, Sendable { let tasks: [TaskRecord] }
    let list: Tasks = try await call("tasks.list", ["limit": limit])
    return list.tasks
  }

  /// Asks for the end of a task; what it has committed is kept.
  ///
  /// - Throws: `task-missing`, `task-ended`.
  @discardableResult
  public func cancelTask(_ id: Int64) async throws(HarkClientError) -> TaskRecord {
    try await call("tasks.cancel", ["id": id])
  }

  /// How far a task is, from now to its end.
  ///
  /// ```swift
  /// let task = try await hark.ingest(paths: ["/srv/handbook"])
  /// for try await progress in hark.progress(of: task.id) {
  ///   print(progress.filesDone, "of", progress.filesTotal)
  /// }
  /// print(try await hark.task(task.id).status)
  /// ```
  ///
  /// A reader that is slow misses what is out of date. The client's ``timeout`` does not count.
  public func progress(of task: Int64) -> ProgressSequence {
    ProgressSequence(client: self, task: task)
  }

  /// Waits for the end of a task, however long that takes: the client's ``timeout`` does not count.
  ///
  /// - Returns: the task, which has succeeded, failed or been canceled.
  /// - Throws: `task-missing`.
  public func finishedTask(_ id: Int64) async throws(HarkClientError) -> TaskRecord {
    try await subscribe(to: id) { _ in }
  }

  /// Follows a task to its end.
  @concurrent
  func subscribe(
    to task: Int64, _ notify: @escaping @Sendable (TaskProgress) -> Void
  ) async throws(HarkClientError) -> TaskRecord {
    let parameters: Parameters = ["task": task]
    let request = try Request("subscribe", parameters, notify: notify)
    return try await within(nil).value(of: request, isRepeatable: true)
  }
}
