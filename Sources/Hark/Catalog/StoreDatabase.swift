import Foundation
import GRDB
import Machine

/// One SQLite database of a store: the catalog, or the chat log.
///
/// What was acknowledged is on the disk (write-ahead log, `synchronous=FULL`), and what was deleted
/// does not linger in free pages.
struct StoreDatabase: Sendable {
  /// The database's file.
  let path: String
  let pool: DatabasePool

  /// Opens a database, made and migrated where needed.
  ///
  /// - Parameters:
  ///   - path: the database's file; its folder exists.
  ///   - schemaVersion: the newest version of the schema; a file with a greater one is refused.
  ///   - migrator: the steps up to that version.
  /// - Throws: `store-too-new`, `catalog-damaged`, `store-unavailable` or `disk-full`.
  init(
    path: String, schemaVersion: Int, migrator: DatabaseMigrator
  ) throws(HarkError) {
    self.path = path
    pool = try catalogCall(path) {
      var configuration = Configuration()
      configuration.busyMode = .timeout(10)
      configuration.maximumReaderCount = 8
      configuration.prepareDatabase { db in
        // Deleted text must not linger in the file's free pages.
        try db.execute(sql: "PRAGMA secure_delete = ON")
      }
      return try DatabasePool(path: path, configuration: configuration)
    }
    let found = try read { db in try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0 }
    guard found <= schemaVersion else {
      throw HarkError(
        .storeTooNew,
        "\(path) has schema version \(found), and this hark knows version \(schemaVersion): "
          + "use the newer hark that wrote it")
    }
    try catalogCall(path) {
      // GRDB sets NORMAL when it enters the WAL mode, which may lose the last commits upon a power
      // cut; the truth must not.
      try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA synchronous = FULL") }
    }
    if found < schemaVersion { try migrate(migrator) }
  }

  /// Brings the schema up to date, one process at a time.
  private func migrate(_ migrator: DatabaseMigrator) throws(HarkError) {
    do {
      let lock = try FileLock("\(path)-schema.lock", wait: true)
      try catalogCall(path) { try migrator.migrate(pool) }
      _ = consume lock
    } catch {
      throw HarkError(wrapping: error)
    }
  }

  /// Runs reads that all see one state of the database.
  func read<T>(_ body: (Database) throws -> T) throws(HarkError) -> T {
    try catalogCall(path) { try pool.read(body) }
  }

  /// Runs writes that are all done, and on the disk, when the call returns, or not done at all.
  func write<T>(_ body: (Database) throws -> T) throws(HarkError) -> T {
    try catalogCall(path) { try pool.write(body) }
  }

  /// Writes what the log holds into the database and empties it.
  func emptyLog() throws(HarkError) {
    try catalogCall(path) { _ = try pool.writeWithoutTransaction { try $0.checkpoint(.truncate) } }
  }

  /// The present time as SQL: UTC, ISO 8601 with milliseconds.
  static let now = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
}
