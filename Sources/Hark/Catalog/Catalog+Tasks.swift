import Foundation
import GRDB

extension Catalog {
  /// Adds a task of a process of its own.
  ///
  /// - Parameters:
  ///   - payload: what is to be done, as JSON.
  ///   - agent: the process.
  ///   - waits: whether the process waits for another writer, and does not begin yet.
  func addTask(
    _ kind: TaskRecord.Kind, payload: String, agent: String, waits: Bool = false
  ) throws(HarkError) -> Int64 {
    try write { db in
      try db.execute(
        sql: """
          INSERT INTO job_queue(kind, payload, priority, status, assigned_agent_id, created_at,
            scheduled_at, started_at, cancel_requested)
          VALUES (?1, ?2, 0, iif(?4, 'enqueued', 'processing'), ?3, \(Self.now), \(Self.now),
            iif(?4, NULL, \(Self.now)), 0)
          """, arguments: [kind.rawValue, payload, agent, waits])
      return db.lastInsertedRowID
    }
  }

  /// Begins with a task whose process waited.
  ///
  /// - Returns: false where it was canceled meanwhile.
  func beginTask(_ id: Int64) throws(HarkError) -> Bool {
    try write { db in
      try db.execute(
        sql: """
          UPDATE job_queue SET status = 'processing', started_at = \(Self.now)
          WHERE job_id = ? AND status = 'enqueued'
          """, arguments: [id])
      return db.changesCount > 0
    }
  }

  /// Ends a task.
  func endTask(
    _ id: Int64, as status: TaskRecord.Status, counts: String? = nil, error: HarkError? = nil
  ) throws(HarkError) {
    try write { db in try endTask(id, as: status, counts: counts, error: error, db) }
  }

  func endTask(
    _ id: Int64, as status: TaskRecord.Status, counts: String?, error: HarkError?, _ db: Database
  ) throws {
    try db.execute(
      sql: """
        UPDATE job_queue SET status = ?, counts = ?, error_code = ?, error_message = ?,
          finished_at = \(Self.now) WHERE job_id = ? AND status IN ('enqueued', 'processing')
        """,
      arguments: [status.rawValue, counts, error?.code.rawValue, error?.message, id])
  }

  /// Asks for the end of a task: one that waits is canceled at once, one that runs when it next
  /// looks.
  ///
  /// - Returns: the task as it is now.
  /// - Throws: `task-missing`, `task-ended`.
  func cancelTask(_ id: Int64) throws(HarkError) -> TaskRecord {
    try write { db in
      let task = try self.task(id, db)
      switch task.status {
      case .enqueued:
        try db.execute(
          sql: """
            UPDATE job_queue SET status = 'canceled', cancel_requested = 1,
              finished_at = \(Self.now) WHERE job_id = ?
            """, arguments: [id])
      case .processing:
        try db.execute(
          sql: "UPDATE job_queue SET cancel_requested = 1 WHERE job_id = ?", arguments: [id])
      case .succeeded, .failed, .canceled:
        throw HarkError(
          .taskEnded, "task \(id) has ended already (\(task.status.rawValue)): nothing was done")
      }
      return try self.task(id, db)
    }
  }

  /// Whether somebody asked for the end of a task.
  func isCancelRequested(_ id: Int64) throws(HarkError) -> Bool {
    try read { db in
      try Bool.fetchOne(
        db, sql: "SELECT cancel_requested FROM job_queue WHERE job_id = ?", arguments: [id])
        ?? false
    }
  }

  /// The newest tasks, newest first.
  func tasks(limit: Int) throws(HarkError) -> [TaskRecord] {
    try read { db in
      try CatalogRow.fetchAll(
        db, sql: "SELECT \(Self.taskColumns) FROM job_queue ORDER BY job_id DESC LIMIT ?",
        arguments: [limit]
      ).map(TaskRecord.init(row:))
    }
  }

  /// A task.
  ///
  /// - Throws: `task-missing`.
  func task(_ id: Int64, _ db: Database) throws -> TaskRecord {
    guard
      let row = try CatalogRow.fetchOne(
        db, sql: "SELECT \(Self.taskColumns) FROM job_queue WHERE job_id = ?", arguments: [id])
    else {
      throw HarkError(
        .taskMissing, "no task has the id \(id): `hark tasks list` shows those there are")
    }
    return try TaskRecord(row: row)
  }

  /// Those of some tasks that have not ended.
  func unendedTasks(among ids: some Sequence<Int64>) throws(HarkError) -> Set<Int64> {
    try read { db in
      let statement = try db.cachedStatement(
        sql: """
          SELECT 1 FROM job_queue WHERE job_id = ? AND status IN ('enqueued', 'processing')
          """)
      return try Set(ids.filter { try Int.fetchOne(statement, arguments: [$0]) != nil })
    }
  }

  /// How many tokens a second the newest ingests embedded; nil before the first one.
  func tokenRate(_ db: Database) throws -> Double? {
    let row = try CatalogRow.fetchOne(
      db,
      sql: """
        SELECT sum(tokens), sum(seconds) FROM (
          SELECT counts ->> '$.tokens' AS tokens, counts ->> '$.seconds' AS seconds FROM job_queue
          WHERE kind = 'ingest' AND json_valid(counts) AND (counts ->> '$.tokens') > 1000
          ORDER BY job_id DESC LIMIT 5)
        """)
    guard let tokens: Double = try row?[orNil: 0], let seconds: Double = try row?[orNil: 1],
      seconds > 0
    else {
      return nil
    }
    return tokens / seconds
  }

  private static let taskColumns = """
    job_id, kind, payload, priority, status, assigned_agent_id, created_at, scheduled_at,
    started_at, finished_at, cancel_requested, attempts, counts, error_code, error_message
    """
}

extension TaskRecord {
  init(row: CatalogRow) throws {
    try self.init(
      id: row["job_id"], kind: Kind(rawValue: row["kind"]) ?? .ingest,
      status: Status(rawValue: row["status"]) ?? .failed, payload: row["payload"],
      priority: row["priority"], agent: row[orNil: "assigned_agent_id"],
      createdAt: row["created_at"],
      scheduledAt: row["scheduled_at"], startedAt: row[orNil: "started_at"],
      finishedAt: row[orNil: "finished_at"], isCancelRequested: row["cancel_requested"],
      attempts: row["attempts"],
      counts: row[orNil: "counts"], errorCode: row[orNil: "error_code"],
      errorMessage: row[orNil: "error_message"])
  }
}
