import GRDB

/// A row that a damaged database cannot make the process end with.
///
/// SQLite promises the type of no value: a flipped bit in a record turns a text into null or into
/// bytes that are no text. GRDB's rows trap then, as for a mistake of the program; these throw.
struct CatalogRow {
  private let row: Row

  init(_ row: Row) { self.row = row }

  /// The value of a column.
  ///
  /// - Throws: `catalog-damaged` where it is null or of another type.
  subscript<Value: DatabaseValueConvertible>(column: String) -> Value {
    get throws {
      let value: DatabaseValue = row[column]
      guard let decoded = Value.fromDatabaseValue(value) else { throw Self.damaged(column) }
      return decoded
    }
  }

  /// The value of a column that may be null.
  ///
  /// - Throws: `catalog-damaged` where it is of another type.
  subscript<Value: DatabaseValueConvertible>(orNil column: String) -> Value? {
    get throws {
      let value: DatabaseValue = row[column]
      if value.isNull { return nil }
      guard let decoded = Value.fromDatabaseValue(value) else { throw Self.damaged(column) }
      return decoded
    }
  }

  /// The value at a place, from 0.
  ///
  /// - Throws: `catalog-damaged` where it is null or of another type.
  subscript<Value: DatabaseValueConvertible>(index: Int) -> Value {
    get throws {
      let value: DatabaseValue = row[index]
      guard let decoded = Value.fromDatabaseValue(value) else {
        throw Self.damaged(name(of: index))
      }
      return decoded
    }
  }

  /// The value at a place, from 0, which may be null.
  ///
  /// - Throws: `catalog-damaged` where it is of another type.
  subscript<Value: DatabaseValueConvertible>(orNil index: Int) -> Value? {
    get throws {
      let value: DatabaseValue = row[index]
      if value.isNull { return nil }
      guard let decoded = Value.fromDatabaseValue(value) else {
        throw Self.damaged(name(of: index))
      }
      return decoded
    }
  }

  private func name(of index: Int) -> String {
    let names = Array(row.columnNames)
    return names.indices.contains(index) ? names[index] : "\(index)"
  }

  private static func damaged(_ column: String) -> HarkError {
    .damagedValue("the column \(column) holds what it cannot hold")
  }

  // MARK: Fetching

  /// All rows of a query.
  static func fetchAll(
    _ db: Database, sql: String, arguments: StatementArguments = []
  ) throws -> [CatalogRow] {
    try Row.fetchAll(db, sql: sql, arguments: arguments).map(CatalogRow.init)
  }

  /// The first row of a query.
  static func fetchOne(
    _ db: Database, sql: String, arguments: StatementArguments = []
  ) throws -> CatalogRow? {
    try Row.fetchOne(db, sql: sql, arguments: arguments).map(CatalogRow.init)
  }

  /// The first row of a prepared query.
  static func fetchOne(
    _ statement: Statement, arguments: StatementArguments
  ) throws -> CatalogRow? {
    try Row.fetchOne(statement, arguments: arguments).map(CatalogRow.init)
  }

  /// The rows of a query one after another; a row is good until the next one is asked for.
  static func fetchCursor(
    _ db: Database, sql: String, arguments: StatementArguments = []
  ) throws -> MapCursor<RowCursor, CatalogRow> {
    try Row.fetchCursor(db, sql: sql, arguments: arguments).map(CatalogRow.init)
  }
}

extension HarkError {
  /// A value of the catalog is not one that Hark wrote.
  static func damagedValue(_ detail: String, cause: (any Error)? = nil) -> HarkError {
    HarkError(
      .catalogDamaged,
      "the catalog is damaged (\(detail)): restore it from a backup, or remove the store's folder "
        + "and ingest again", cause: cause)
  }
}
