import Foundation
package import GRDB
import Machine
import VectorIndex

/// The catalog: the truth of a store, in one SQLite database.
///
/// All SQL of a store lies in this folder, behind few and coarse operations. What the catalog
/// acknowledged is on the disk (write-ahead log, `synchronous=FULL`); everything else in the store
/// can be made again from it.
package struct Catalog: Sendable {
  /// The version of the schema; a store with a greater one is refused.
  package static let schemaVersion = 3

  private let database: StoreDatabase
  /// The database's file.
  package var path: String { database.path }
  var pool: DatabasePool { database.pool }

  /// Opens the database, made and migrated where needed.
  ///
  /// - Parameter path: the database's file; its folder exists.
  /// - Throws: `store-too-new`, `catalog-damaged`, `store-unavailable` or `disk-full`.
  package init(path: String) throws(HarkError) {
    database = try StoreDatabase(
      path: path, schemaVersion: Self.schemaVersion, migrator: Self.migrator)
  }

  /// Closes all connections; a checkpoint empties the write-ahead log.
  package func close() throws(HarkError) {
    try catalogCall(path) { try pool.close() }
  }

  /// Runs reads that all see one state of the store.
  package func read<T>(_ body: (Database) throws -> T) throws(HarkError) -> T {
    try database.read(body)
  }

  /// Runs reads that open segment files, again where a file went away because the list changed.
  ///
  /// A reader takes the list from one state of the store and opens the files after it; a writer
  /// that seals in between removes files that the newer list does not name.
  func readOpeningSegments<T>(_ body: (Database) throws -> T) throws(HarkError) -> T {
    var failed: Int64?
    while true {
      var generation: Int64?
      do {
        return try read { db in
          generation = try state(db).generation
          return try body(db)
        }
      } catch  where error.code.rawValue == IndexError.Code.segmentUnavailable.rawValue {
        guard let generation, generation != failed else { throw error }
        failed = generation
      }
    }
  }

  /// Runs writes that are all done, and on the disk, when the call returns, or not done at all.
  package func write<T>(_ body: (Database) throws -> T) throws(HarkError) -> T {
    try database.write(body)
  }

  /// Writes what the log holds into the database and empties it.
  func emptyLog() throws(HarkError) { try database.emptyLog() }
}

/// Runs a call into SQLite and puts its errors into words.
func catalogCall<T>(_ path: String, _ body: () throws -> T) throws(HarkError) -> T {
  do {
    return try body()
  } catch let error as HarkError {
    throw error
  } catch let error as DatabaseError {
    throw HarkError(database: error, path: path)
  } catch let error as RowDecodingError {
    throw HarkError.damagedValue(error.description, cause: error)
  } catch {
    throw HarkError(wrapping: error)
  }
}

extension HarkError {
  /// Puts an error of SQLite into words.
  init(database error: DatabaseError, path: String) {
    let detail = error.message ?? error.resultCode.description
    switch error.resultCode.primaryResultCode {
    case .SQLITE_FULL:
      self.init(
        .diskFull, "the disk that holds \(path) is full: nothing was lost; make room and try again",
        cause: error)
    case .SQLITE_CORRUPT, .SQLITE_NOTADB:
      self.init(
        .catalogDamaged,
        "\(path) is damaged (\(detail)): restore it from a backup, or "
          + (path.hasSuffix(ChatStore.fileName)
            ? "move it away, and the chat log begins anew"
            : "remove the store's folder and ingest again"),
        cause: error)
    case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH, .SQLITE_IOERR:
      self.init(
        .storeUnavailable,
        "\(path) cannot be opened or written (\(detail)): check its folder, its owner and whether "
          + "the file system is writable", cause: error)
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      self.init(
        .storeLocked, "another process is writing to \(path): try again when it is done",
        cause: error)
    default:
      self.init(.unexpected, "SQLite reports: \(detail) (\(path))", cause: error)
    }
  }
}
