import Documents
import Foundation
import GRDB
import VectorIndex

extension Catalog {
  /// What filters ask of a collection in the state that `db` reads.
  ///
  /// - Parameter known: an older state; documents that have not changed since are taken from it.
  /// - Complexity: O(documents), and O(chunks) of those that are new or have changed.
  func filterAttributes(
    of collection: Int64, since known: FilterAttributes?, _ db: Database
  ) throws -> FilterAttributes {
    let stamps = try Row.fetchCursor(
      db.cachedStatement(
        sql: "SELECT id, updated_at, modified_ns FROM rag_documents WHERE collection_id = ?"),
      arguments: [collection])
    var documents: [Int64: DocumentAttributes] = [:]
    var changed: [Int64] = []
    while let row = try stamps.next() {
      let row = CatalogRow(row)
      let id: Int64 = try row[0]
      let stamp = try DocumentAttributes.Stamp(updatedAt: row[1], modified: row[2])
      if let document = known?.documents[id], document.stamp == stamp {
        documents[id] = document
      } else {
        changed.append(id)
      }
    }
    let isWhole = documents.isEmpty
    var chunks = isWhole ? try self.chunks(of: collection, document: nil, db) : [:]
    var read: [String: [String: JSONValue]] = [:]
    let statement = try db.cachedStatement(
      sql: """
        SELECT id, updated_at, modified_ns, name, file_path, external_id, file_type, file_size,
          page_count, title, language, created_at, metadata
        FROM rag_documents WHERE id = ?
        """)
    for id in changed {
      if !isWhole { chunks = try self.chunks(of: collection, document: id, db) }
      guard let row = try CatalogRow.fetchOne(statement, arguments: [id]) else { continue }
      documents[id] = try DocumentAttributes(row: row, chunks: chunks[id] ?? []) { json in
        if let members = read[json] { return members }
        // What cannot be read is found by `hark verify`; it must not hide the document.
        let members =
          (try? JSONDecoder().decode([String: JSONValue].self, from: Data(json.utf8))) ?? [:]
        read[json] = members
        return members
      }
    }
    let generation = try state(db).generation
    if let known, changed.isEmpty, documents.count == known.documents.count {
      return FilterAttributes(
        generation: generation, documents: known.documents, chunks: known.chunks)
    }
    return FilterAttributes(
      generation: generation, documents: documents,
      chunks: KeySet(documents.values.flatMap { $0.chunks.map(\.id) }))
  }

  /// The chunks of a collection, or of one of its documents, by documents.
  private func chunks(
    of collection: Int64, document: Int64?, _ db: Database
  ) throws -> [Int64: [DocumentAttributes.Chunk]] {
    let columns = "SELECT document_id, id, page_number, page_end, heading FROM rag_chunks"
    let rows =
      if let document {
        try Row.fetchCursor(
          db.cachedStatement(sql: "\(columns) WHERE document_id = ?"), arguments: [document])
      } else {
        try Row.fetchCursor(
          db.cachedStatement(sql: "\(columns) WHERE collection_id = ?"), arguments: [collection])
      }
    var chunks: [Int64: [DocumentAttributes.Chunk]] = [:]
    while let row = try rows.next() {
      let row = CatalogRow(row)
      let owner: Int64 = try row[0]
      let first: Int = try row[orNil: 2] ?? 0
      var heading: String? = try row[orNil: 4]
      // Neighbours mostly stand below the same heading, whose text is kept once.
      if let last = chunks[owner]?.last, last.heading == heading { heading = last.heading }
      chunks[owner, default: []].append(
        DocumentAttributes.Chunk(
          id: try row[1], firstPage: first, lastPage: max(first, try row[orNil: 3] ?? first),
          heading: heading))
    }
    return chunks
  }
}
