import Foundation
import GRDB

/// A chunk and how well its words answer a query.
struct TextMatch: Sendable {
  var chunk: Int64
  /// The share of the greatest score that the query could have, 0…1.
  var score: Double
}

/// A chunk with its document, as a hit shows it.
struct ChunkRow: Sendable {
  var reference: ChunkReference
  var document: DocumentReference
  var text: String
  var contentHash: Data
}

extension Catalog {
  /// Terms hold letters, digits and marks alone, so quotes are all the care that they need.
  static func anyOf(_ terms: [String]) -> String {
    terms.map { "\"\($0)\"" }.joined(separator: " OR ")
  }

  /// A chunk with its document, or nil where it is gone.
  func chunkRow(_ id: Int64, _ db: Database) throws -> ChunkRow? {
    let statement = try db.cachedStatement(
      sql: """
        SELECT \(Self.chunkColumns), content, c.content_hash, document_id, name, file_path,
          external_id, file_type
        FROM rag_chunks c JOIN rag_documents d ON d.id = c.document_id WHERE c.id = ?
        """)
    return try CatalogRow.fetchOne(statement, arguments: [id]).map { row in
      try ChunkRow(
        reference: ChunkReference(row: row),
        document: DocumentReference(
          id: row["document_id"], name: row["name"], filePath: row[orNil: "file_path"],
          externalID: row[orNil: "external_id"], fileType: row["file_type"]),
        text: row["content"], contentHash: row["content_hash"])
    }
  }

  /// A part of a document's text, by offsets of Unicode scalars; nil where the document is gone.
  func text(of document: Int64, _ range: Range<Int>, _ db: Database) throws -> String? {
    let statement = try db.cachedStatement(
      sql: "SELECT substr(text_content, ?, ?) FROM rag_documents WHERE id = ?")
    return try String.fetchOne(
      statement, arguments: [range.lowerBound + 1, range.count, document])
  }
}
