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
  /// The version of the text analysis that made the postings.
  var analysisVersion: Int
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
      uuid: uuid, generation: row["generation"], sealCount: row["seal_count"],
      analysisVersion: row["analysis_version"])
  }

  /// Tells readers that what they keep in memory is out of date.
  func advanceGeneration(_ db: Database) throws {
    try db.execute(sql: "UPDATE store SET generation = generation + 1 WHERE id = 1")
  }

  /// Makes the postings anew where another version of the analysis made them.
  ///
  /// Deleting and adding ask for it: both need postings of the present version.
  func adoptAnalysis() throws(HarkError) {
    let known = try read { db in try state(db).analysisVersion }
    guard known != TextAnalysis.version else { return }
    try write { db in
      for collection in try collections(db) { try analyseAgain(collection.id, db) }
      try db.execute(
        sql: "UPDATE store SET analysis_version = ? WHERE id = 1",
        arguments: [TextAnalysis.version])
    }
  }

  /// Makes all postings of a collection anew with the present analysis.
  func analyseAgain(_ collection: Int64, _ db: Database) throws {
    try dropTerms(of: collection, db)
    try Self.createTerms(of: collection, db)
    let rows = try CatalogRow.fetchCursor(
      db,
      sql: """
        SELECT c.id, d.name, d.title, c.heading, c.content
        FROM rag_chunks c JOIN rag_documents d ON d.id = c.document_id
        WHERE c.collection_id = ?
        """, arguments: [collection])
    let terms = try TermsWriter(collection, db)
    while let row = try rows.next() {
      try terms.insert(
        IndexedTerms(
          name: row[1], title: row[orNil: 2], heading: row[orNil: 3], content: row[4]),
        chunk: row[0])
    }
  }
}

extension Catalog {
  /// The full text of a collection: a contentless table of FTS5 with analysed terms alone.
  static func termsTable(_ collection: Int64) -> String { "chunk_terms_\(collection)" }

  /// Makes the empty full text of a collection.
  static func createTerms(of collection: Int64, _ db: Database) throws {
    try db.execute(
      sql: """
        CREATE VIRTUAL TABLE \(termsTable(collection)) USING fts5(
          title, body, grams, content = '', tokenize = 'ascii'
        )
        """)
  }

  /// Removes the full text of a collection.
  func dropTerms(of collection: Int64, _ db: Database) throws {
    try db.execute(sql: "DROP TABLE \(Self.termsTable(collection))")
  }
}

/// Adds and deletes the terms of chunks in one collection's full text.
struct TermsWriter {
  private let inserting: Statement
  private let deleting: Statement

  init(_ collection: Int64, _ db: Database) throws {
    let table = Catalog.termsTable(collection)
    inserting = try db.cachedStatement(
      sql: "INSERT INTO \(table)(rowid, title, body, grams) VALUES (?, ?, ?, ?)")
    deleting = try db.cachedStatement(
      sql: """
        INSERT INTO \(table)(\(table), rowid, title, body, grams) VALUES ('delete', ?, ?, ?, ?)
        """)
  }

  /// Adds the terms of a chunk.
  func insert(_ terms: IndexedTerms, chunk: Int64) throws {
    try inserting.execute(arguments: [chunk, terms.title, terms.body, terms.grams])
  }

  /// Deletes the terms of a chunk; they are the very terms that were added.
  func delete(_ terms: IndexedTerms, chunk: Int64) throws {
    try deleting.execute(arguments: [chunk, terms.title, terms.body, terms.grams])
  }
}
