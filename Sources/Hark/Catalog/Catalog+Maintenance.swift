import Foundation
import GRDB

extension Catalog {
  /// The numbers of a collection.
  func statistics(
    of collection: CollectionRecord, _ db: Database
  ) throws -> StoreStatistics.Collection {
    func counts(_ sql: String) throws -> [String: Int] {
      let rows = try CatalogRow.fetchAll(db, sql: sql, arguments: [collection.id])
      return try Dictionary(
        rows.map { (try $0[0] as String, try $0[1] as Int) },
        uniquingKeysWith: { first, _ in first })
    }
    let sums = try CatalogRow.fetchOne(
      db,
      sql: """
        SELECT total(token_count), total(file_size), total(length(CAST(text_content AS BLOB)))
        FROM rag_documents WHERE collection_id = ?
        """, arguments: [collection.id])
    let segments = try self.segments(of: collection.id, db)
    return try StoreStatistics.Collection(
      name: collection.name, model: collection.model, documents: collection.documents,
      types: try counts(
        "SELECT file_type, count(*) FROM rag_documents WHERE collection_id = ? GROUP BY 1"),
      languages: try counts(
        """
        SELECT coalesce(language, 'unknown'), count(*) FROM rag_documents
        WHERE collection_id = ? GROUP BY 1
        """),
      chunks: collection.chunks, tokens: Int(sums?[0] as Double? ?? 0),
      fileBytes: Int64(sums?[1] as Double? ?? 0), textBytes: Int64(sums?[2] as Double? ?? 0),
      segments: segments.count, segmentBytes: segments.reduce(0) { $0 + $1.fileBytes },
      tail: try chunkCount(
        db, of: collection.id, after: segments.last?.chunks.upperBound ?? 0),
      masked: try masks(of: collection.id, db).count,
      failures: try counts(
        "SELECT code, count(*) FROM ingest_failures WHERE collection_id = ? GROUP BY 1"))
  }

  /// Tasks by status.
  func taskCounts(_ db: Database) throws -> [String: Int] {
    let rows = try CatalogRow.fetchAll(db, sql: "SELECT status, count(*) FROM job_queue GROUP BY 1")
    return try Dictionary(
      rows.map { (try $0[0] as String, try $0[1] as Int) }, uniquingKeysWith: { first, _ in first })
  }

  /// Bytes of the database that hold no rows.
  func freeBytes(_ db: Database) throws -> Int64 {
    let pages = try Int64.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
    let size = try Int64.fetchOne(db, sql: "PRAGMA page_size") ?? 0
    return pages * size
  }

  /// Gives free pages back.
  func compact() throws(HarkError) {
    try catalogCall(path) { try pool.vacuum() }
    try emptyLog()
  }

  /// Deletes chunks that belong to no document of their collection.
  func deleteOrphans() throws(HarkError) {
    try write { db in
      let orphans = """
        NOT EXISTS (
          SELECT 1 FROM rag_documents d
          WHERE d.id = rag_chunks.document_id AND d.collection_id = rag_chunks.collection_id)
        """
      try db.execute(
        sql: """
          INSERT OR IGNORE INTO index_masks SELECT collection_id, id FROM rag_chunks WHERE \(orphans)
          """)
      try db.execute(sql: "DELETE FROM rag_chunks WHERE \(orphans)")
      try advanceGeneration(db)
    }
  }
}
