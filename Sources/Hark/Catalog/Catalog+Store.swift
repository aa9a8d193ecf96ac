import Foundation
import GRDB

/// What a store as a whole is: the one row of the table `store`.
struct StoreState: Sendable {
  /// The store's own id, which its segments repeat.
  var uuid: UUID
  /// Grows with every change of documents or segments.
  var generation: Int64
  /// Grows with every change of the list of segments.
  var sealCount: Int64
  /// The model whose vectors the store holds; nil before the first ingest.
  var modelName: String?
  var modelFingerprint: String?
  var dimension: Int?
  var analysisVersion: Int?
}

extension Catalog {
  /// The store's state as a read or write sees it.
  func state(_ db: Database) throws -> StoreState {
    guard let row = try Row.fetchOne(db, sql: "SELECT * FROM store WHERE id = 1"),
      let uuid = UUID(uuidString: row["uuid"])
    else {
      throw HarkError(
        .catalogDamaged,
        "\(path) has no valid row in its table `store`: restore it from a backup, or remove the "
          + "store's folder and ingest again")
    }
    return StoreState(
      uuid: uuid, generation: row["generation"], sealCount: row["seal_count"],
      modelName: row["model_name"],
      modelFingerprint: row["model_fingerprint"], dimension: row["dimension"],
      analysisVersion: row["analysis_version"])
  }

  /// Tells readers that what they keep in memory is out of date.
  func advanceGeneration(_ db: Database) throws {
    try db.execute(sql: "UPDATE store SET generation = generation + 1 WHERE id = 1")
  }

  /// Binds the store to a model, upon the first ingest, or checks that it is bound to this one.
  ///
  /// - Throws: `model-mismatch` where the store's vectors are another model's.
  func bind(model name: String, fingerprint: String, dimension: Int) throws(HarkError) {
    try write { db in
      let state = try self.state(db)
      if let known = state.modelFingerprint {
        guard known == fingerprint else {
          throw HarkError.otherModel(state.modelName ?? known, than: name)
        }
        return
      }
      try db.execute(
        sql: """
          UPDATE store SET model_name = ?, model_fingerprint = ?, dimension = ?,
            analysis_version = ? WHERE id = 1
          """, arguments: [name, fingerprint, dimension, TextAnalysis.version])
    }
  }

  /// Makes the postings anew where another version of the analysis made them.
  ///
  /// Deleting and adding ask for it: both need postings of the present version.
  func adoptAnalysis() throws(HarkError) {
    try write { db in
      let known = try self.state(db).analysisVersion
      if let known, known != TextAnalysis.version { try self.analyseAgain(db) }
    }
  }

  /// Makes all postings anew with the present analysis.
  func analyseAgain(_ db: Database) throws {
    try db.execute(sql: "INSERT INTO chunk_terms(chunk_terms) VALUES ('delete-all')")
    let insert = try db.cachedStatement(
      sql: "INSERT INTO chunk_terms(rowid, title, body, grams) VALUES (?, ?, ?, ?)")
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT c.id, d.name, d.title, c.heading, c.content
        FROM rag_chunks c JOIN rag_documents d ON d.id = c.document_id
        """)
    while let row = try rows.next() {
      let terms = IndexedTerms(name: row[1], title: row[2], heading: row[3], content: row[4])
      try insert.execute(arguments: [row[0] as Int64, terms.title, terms.body, terms.grams])
    }
    try db.execute(
      sql: "UPDATE store SET analysis_version = ? WHERE id = 1", arguments: [TextAnalysis.version])
  }
}

extension HarkError {
  static func otherModel(_ known: String, than given: String) -> HarkError {
    HarkError(
      .modelMismatch,
      "the store's vectors were made by the model \(known), not by the one given (\(given)): name "
        + "that model with --model, or ingest into another store")
  }
}
