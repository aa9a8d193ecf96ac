import Foundation
import GRDB

/// What a store as a whole is: the one row of the table `store`.
struct StoreState: Sendable {
  /// The store's own id, which its segments repeat.
  var uuid: UUID
  /// Grows with every change of documents or segments.
  var generation: Int64
  /// Grows with every change of a list of segments.
  var sealCount: Int64
}

extension Catalog {
  /// The store's state as a read or write sees it.
  func state(_ db: Database) throws -> StoreState {
    guard let row = try CatalogRow.fetchOne(db, sql: "SELECT * FROM store WHERE id = 1"),
      let uuid = UUID(uuidString: try row["uuid"])
    else {
      throw HarkError(
        .catalogDamaged,
        "\(path) has no valid row in its table `store`: restore it from a backup, or remove the "
          + "store's folder and ingest again")
    }
    return try StoreState(
      uuid: uuid, generation: row["generation"], sealCount: row["seal_count"])
  }

  /// Tells readers that what they keep in memory is out of date.
  func advanceGeneration(_ db: Database) throws {
    try db.execute(sql: "UPDATE store SET generation = generation + 1 WHERE id = 1")
  }
}
