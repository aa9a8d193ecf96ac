import GRDB

/// A file that could not be read, as the catalog remembers it.
struct FailureRecord: Sendable, Hashable {
  /// The file's absolute path.
  var path: String
  /// The file's size and time of modification when it failed.
  var stamp: FileStamp
  /// The stamp of its sidecar then, where there was one.
  var sidecar: FileStamp?
  /// The stable code of the reason.
  var code: String
  /// The reason and what to do.
  var message: String
  /// How often the parser crashed on this very content.
  var crashes = 0

  /// Crashes after which a file is not given to the parser again until it changes.
  static let quarantine = 2

  /// Whether the file is kept from the parser.
  var isQuarantined: Bool { crashes >= Self.quarantine }
}

extension Catalog {
  /// The failures of a collection by path.
  func failures(of collection: Int64, _ db: Database) throws -> [String: FailureRecord] {
    let rows = try CatalogRow.fetchAll(
      db,
      sql: """
        SELECT file_path, file_size, modified_ns, sidecar_size, sidecar_ns, code, message, crashes
        FROM ingest_failures
        WHERE collection_id = ?
        """, arguments: [collection])
    return try Dictionary(
      rows.map { row in
        let path: String = try row[0]
        return (
          path,
          try FailureRecord(
            path: path, stamp: FileStamp(size: row[1] as Int64, modified: row[2] as Int64),
            sidecar: FileStamp(size: row[orNil: 3] as Int64?, modified: row[orNil: 4]),
            code: row[5],
            message: row[6],
            crashes: row[7])
        )
      }, uniquingKeysWith: { first, _ in first })
  }

  /// Remembers a failure, in the place of an earlier one of the file.
  func keep(_ failure: FailureRecord, in collection: Int64, _ db: Database) throws {
    try db.execute(
      sql: "INSERT OR REPLACE INTO ingest_failures VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, \(Self.now))",
      arguments: [
        collection, failure.path, failure.stamp.size, failure.stamp.modified,
        failure.sidecar?.size, failure.sidecar?.modified, failure.code, failure.message,
        failure.crashes,
      ])
  }

  /// Forgets the failure of a file that was read, or is gone.
  func clearFailure(_ path: String, in collection: Int64, _ db: Database) throws {
    try db.cachedStatement(
      sql: "DELETE FROM ingest_failures WHERE collection_id = ? AND file_path = ?"
    ).execute(arguments: [collection, path])
  }

  /// Forgets the failures of files that are gone.
  func clearFailures(_ paths: [String], in collection: Int64) throws(HarkError) {
    guard !paths.isEmpty else { return }
    try write { db in
      for path in paths { try clearFailure(path, in: collection, db) }
    }
  }
}
