import Foundation
import GRDB

extension Catalog {
  /// How often a task is begun whose process goes away in its midst.
  static let mostAttempts = 3

  // MARK: Waiting for a worker

  /// Adds a task that waits for a worker, once for each key.
  ///
  /// - Parameters:
  ///   - payload: what it is about, as JSON, for people.
  ///   - input: the request, as JSON, for the worker.
  ///   - priority: the greater the sooner.
  ///   - start: when it may begin, in seconds since 1970; nil for now.
  /// - Returns: the task, or the one that came before with the key.
  /// - Throws: `collection-missing`, `request-key-reused`.
  func enqueueTask(
    _ kind: TaskRecord.Kind, collection: String, payload: String, input: Data, priority: Int,
    start: Double?, _ key: RequestKey?
  ) throws(HarkError) -> TaskRecord {
    try write { db in
      if let known = try result(of: key, db) { return try task(known, db) }
      _ = try scope(collection, db)
      try db.execute(
        sql: """
          INSERT INTO job_queue(kind, payload, priority, status, created_at, scheduled_at,
            cancel_requested)
          VALUES (?, ?, ?, 'enqueued', \(Self.now),
            max(\(Self.now), strftime('%Y-%m-%dT%H:%M:%fZ', coalesce(?, 0), 'unixepoch')), 0)
          """, arguments: [kind.rawValue, payload, priority, start])
      let id = db.lastInsertedRowID
      try db.execute(
        sql: "INSERT INTO job_inputs(job_id, input) VALUES (?, ?)", arguments: [id, input])
      try remember(key, id, db)
      return try task(id, db)
    }
  }

  /// Whether a worker that had the writer's lock would find something to do: a task that waits and
  /// is due, or one whose process has gone.
  ///
  /// A process that holds the lock, or waits for it, has a task of this kind too.
  func hasUnendedTask() throws(HarkError) -> Bool {
    try read { db in
      try Bool.fetchOne(
        db,
        sql: """
          SELECT EXISTS (SELECT 1 FROM job_queue WHERE status = 'processing')
            OR EXISTS (\(Self.dueTask)) OR EXISTS (\(Self.waitingProcesses))
          """) ?? false
    }
  }

  /// Takes the oldest of the most urgent tasks that are due, and records it as processing. Called
  /// under the writer's lock.
  ///
  /// - Parameter agent: the process that carries it out.
  /// - Returns: the task's id; nil where nothing is due.
  func takeTask(agent: String) throws(HarkError) -> Int64? {
    try write { db in
      guard let id = try Int64.fetchOne(db, sql: Self.dueTask) else { return nil }
      try db.execute(
        sql: """
          UPDATE job_queue SET status = 'processing', assigned_agent_id = ?,
            started_at = \(Self.now), attempts = attempts + 1
          WHERE job_id = ?
          """, arguments: [agent, id])
      return id
    }
  }

  /// What a task was asked to do.
  ///
  /// - Throws: `catalog-damaged`.
  func request(of task: Int64) throws(HarkError) -> IngestRequest {
    try read { db in
      let row = try CatalogRow.fetchOne(
        db, sql: "SELECT input FROM job_inputs WHERE job_id = ?", arguments: [task])
      guard let input: Data = try? row?[0], let request = IngestRequest(stored: input) else {
        throw HarkError(
          .catalogDamaged,
          "the catalog is damaged (what task \(task) is to do cannot be read): ask for it again, "
            + "and run `hark verify`")
      }
      return request
    }
  }

  /// Gives a task back whose worker has to end: the next one takes it. It ends where somebody asked
  /// for its end meanwhile.
  func giveBackTask(_ id: Int64) throws(HarkError) {
    try write { db in
      let task = try task(id, db)
      guard task.status == .processing else { return }
      if task.isCancelRequested {
        try endTask(id, as: .canceled, counts: nil, error: nil, db)
      } else {
        try enqueueAgain(id, attempts: task.attempts - 1, db)
      }
    }
  }

  private func enqueueAgain(_ id: Int64, attempts: Int, _ db: Database) throws {
    try db.execute(
      sql: """
        UPDATE job_queue SET status = 'enqueued', assigned_agent_id = NULL, started_at = NULL,
          attempts = ? WHERE job_id = ?
        """, arguments: [attempts, id])
  }

  /// The tasks of processes that wait for the lock. SQLite would go through all tasks that are
  /// enqueued.
  private static let waitingProcesses = """
    SELECT job_id FROM job_queue INDEXED BY idx_job_queue_enqueued
    WHERE status = 'enqueued' AND assigned_agent_id > ''
    """

  private static let dueTask = """
    SELECT job_id FROM job_queue
    WHERE status = 'enqueued' AND assigned_agent_id IS NULL AND scheduled_at <= \(now)
      AND EXISTS (SELECT 1 FROM job_inputs WHERE job_inputs.job_id = job_queue.job_id)
    ORDER BY priority DESC, job_id LIMIT 1
    """

  // MARK: Interruptions

  /// Settles the tasks whose process has gone: those of a worker are enqueued again, unless that was
  /// done often enough, and all others have failed. Called under the writer's lock: nobody else is
  /// processing then.
  ///
  /// - Parameters:
  ///   - own: the task of the caller.
  ///   - isAwaited: whether another process waits for the lock: its task is not told from those of
  ///     processes that died while they waited, which are left for another time then.
  func settleInterruptedTasks(besides own: Int64?, isAwaited: Bool) throws(HarkError) {
    let begun = "SELECT job_id FROM job_queue WHERE status = 'processing'"
    let sql = isAwaited ? begun : "\(begun) UNION ALL \(Self.waitingProcesses)"
    func interrupted(_ db: Database) throws -> [Int64] {
      try Int64.fetchAll(db, sql: sql).filter { $0 != own }
    }
    guard try !read(interrupted).isEmpty else { return }
    try write { db in
      for id in try interrupted(db) { try settle(id, db) }
    }
  }

  private func settle(_ id: Int64, _ db: Database) throws {
    let row = try CatalogRow.fetchOne(
      db,
      sql: """
        SELECT status = 'processing', attempts, cancel_requested,
          EXISTS (SELECT 1 FROM job_inputs WHERE job_inputs.job_id = job_queue.job_id)
        FROM job_queue WHERE job_id = ?
        """, arguments: [id])
    guard let row else { return }
    // Whatever stands in a damaged row, it has to end.
    let hasBegun = (try? row[0]) ?? true
    let attempts = (try? row[1]) ?? Self.mostAttempts
    let isCancelRequested = (try? row[2]) ?? false
    let isQueued = (try? row[3]) ?? false
    let message: String
    if !isQueued {
      message =
        hasBegun
        ? "the process ended before the task: what was committed is kept; give the command again"
        : "the process ended while it waited for another writer: give the command again"
    } else if isCancelRequested {
      return try endTask(id, as: .canceled, counts: nil, error: nil, db)
    } else if attempts < Self.mostAttempts {
      return try enqueueAgain(id, attempts: attempts, db)
    } else {
      message =
        "the process that carried it out ended in its midst, \(attempts) times: what was committed "
        + "is kept; find out why (memory, the file read last), then ask for it again"
    }
    try endTask(id, as: .failed, counts: nil, error: .interrupted(message), db)
  }
}

extension HarkError {
  /// A task's process went away before the task had ended.
  fileprivate static func interrupted(_ message: String) -> HarkError {
    HarkError(.init(rawValue: "task-interrupted"), message)
  }
}
