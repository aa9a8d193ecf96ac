import Foundation
import GRDB

/// A chunk and how well its words answer a query.
struct TextMatch: Sendable {
  var chunk: Int64
  /// The BM25 score, greater is better.
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
  /// The weights of the fields of the full text in BM25: what stands above a chunk, its stems, and
  /// its pairs of characters.
  private static let fieldWeights = "0.5, 1.0, 0.6"

  /// The chunks that hold terms of a query, best first by BM25 (Robertson et al. 1994, with the
  /// parameters that FTS5 fixes: k1 = 1.2, b = 0.75), ties by id.
  ///
  /// - Complexity: O(*m* log *k*) in the number of chunks *m* that hold a term.
  func textMatches(
    _ query: TextAnalysis.Terms, in collection: Int64, limit: Int, _ db: Database
  ) throws -> [TextMatch] {
    var clauses: [String] = []
    if !query.words.isEmpty { clauses.append("{title body} : (\(Self.anyOf(query.words)))") }
    if !query.grams.isEmpty { clauses.append("{grams} : (\(Self.anyOf(query.grams)))") }
    guard !clauses.isEmpty else { return [] }
    let table = Self.termsTable(collection)
    return try CatalogRow.fetchAll(
      db,
      sql: """
        SELECT rowid, -bm25(\(table), \(Self.fieldWeights)) AS score FROM \(table)
        WHERE \(table) MATCH ? ORDER BY score DESC, rowid LIMIT ?
        """, arguments: [clauses.joined(separator: " OR "), limit]
    ).map { TextMatch(chunk: try $0[0], score: try $0[1]) }
  }

  /// Terms hold letters, digits and marks alone, so quotes are all the care that they need.
  static func anyOf(_ terms: [String]) -> String {
    terms.map { "\"\($0)\"" }.joined(separator: " OR ")
  }

  /// The vectors of chunks; a chunk that is gone is left out.
  func vectors(of chunks: [Int64], _ db: Database) throws -> [Int64: [Float]] {
    let statement = try db.cachedStatement(sql: "SELECT embedding FROM rag_chunks WHERE id = ?")
    var found: [Int64: [Float]] = [:]
    for chunk in chunks {
      guard let data = try Data.fetchOne(statement, arguments: [chunk]) else { continue }
      var vector: [Float] = []
      if EmbeddingBlob.append(data, to: &vector) != nil { found[chunk] = vector }
    }
    return found
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
