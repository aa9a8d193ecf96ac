import Documents
import Foundation
import GRDB

/// What the catalog knows of a file that it holds.
struct KnownFile: Sendable, Hashable {
  /// The document's id.
  var id: Int64
  /// The file's absolute path.
  var path: String
  /// The file's size and time of modification when it was read.
  var stamp: FileStamp
  /// The stamp of its sidecar of metadata, where there was one.
  var sidecar: FileStamp?
  /// The SHA-256 of its bytes.
  var contentHash: Data
  /// The metadata that the command line gave, as canonical JSON.
  var stated: String?

  init(row: CatalogRow) throws {
    id = try row[0]
    path = try row[1]
    stamp = try FileStamp(size: row[2] as Int64, modified: row[3] as Int64)
    sidecar = try FileStamp(size: row[orNil: 4] as Int64?, modified: row[orNil: 5])
    contentHash = try row[6]
    stated = try row[orNil: 7]
  }
}

extension Catalog {
  private static let knownColumns = """
    id, file_path, file_size, modified_ns, sidecar_size, sidecar_ns, content_hash, stated
    """

  /// The files of a collection at or below a path, by ascending bytes of their paths.
  ///
  /// - Complexity: O(log *N* + *m*) for *m* files out of *N*.
  func knownFiles(
    atOrBelow root: String, in collection: Int64, _ db: Database
  ) throws -> [KnownFile] {
    let folder = root.hasSuffix("/") ? root : root + "/"
    // “0” follows “/” in ASCII, so that the range holds the very paths that begin with the folder.
    return try CatalogRow.fetchAll(
      db,
      sql: """
        SELECT \(Self.knownColumns) FROM rag_documents
        WHERE collection_id = ?1 AND (file_path = ?2 OR (file_path >= ?3 AND file_path < ?4))
        ORDER BY file_path
        """, arguments: [collection, root, folder, folder.dropLast() + "0"]
    ).map(KnownFile.init(row:))
  }

  /// The files of a collection with this content.
  func knownFiles(
    withContent hash: Data, in collection: Int64, _ db: Database
  ) throws -> [KnownFile] {
    try CatalogRow.fetchAll(
      db,
      sql: """
        SELECT \(Self.knownColumns) FROM rag_documents
        WHERE content_hash = ? AND collection_id = ? AND file_path IS NOT NULL ORDER BY id
        """, arguments: [hash, collection]
    ).map(KnownFile.init(row:))
  }

  /// The sizes of all files of a collection.
  func knownSizes(in collection: Int64, _ db: Database) throws -> Set<Int64> {
    try Set(
      Int64.fetchAll(
        db, sql: "SELECT file_size FROM rag_documents WHERE collection_id = ?",
        arguments: [collection]))
  }

  /// The document of a program's own id.
  func externalDocument(
    _ id: String, in collection: Int64, _ db: Database
  ) throws -> (id: Int64, contentHash: Data, metadata: String)? {
    try CatalogRow.fetchOne(
      db,
      sql: """
        SELECT id, content_hash, metadata FROM rag_documents
        WHERE collection_id = ? AND external_id = ?
        """, arguments: [collection, id]
    ).map { (id: try $0[0], contentHash: try $0[1], metadata: try $0[2]) }
  }

  /// The vectors that a collection has for texts with these hashes.
  ///
  /// - Complexity: O(*n* log *N*) for *n* hashes and *N* chunks.
  func embeddings(
    forHashes hashes: some Sequence<Data>, in collection: Int64
  ) throws(HarkError) -> [Data: Data] {
    try read { db in
      let statement = try db.cachedStatement(
        sql: """
          SELECT embedding FROM rag_chunks WHERE content_hash = ? AND +collection_id = ? LIMIT 1
          """)
      var found: [Data: Data] = [:]
      for hash in hashes where found[hash] == nil {
        found[hash] = try Data.fetchOne(statement, arguments: [hash, collection])
      }
      return found
    }
  }

  /// Tokens and bytes of the documents of a collection by file type, for estimates.
  func tokensAndBytes(
    in collection: Int64, _ db: Database
  ) throws -> [String: (tokens: Int, bytes: Int)] {
    let rows = try CatalogRow.fetchAll(
      db,
      sql: """
        SELECT file_type, sum(token_count), sum(file_size) FROM rag_documents
        WHERE collection_id = ? GROUP BY file_type
        """, arguments: [collection])
    return try Dictionary(
      rows.map { (try $0[0] as String, (tokens: try $0[1] as Int, bytes: try $0[2] as Int)) },
      uniquingKeysWith: { first, _ in first })
  }

  /// Documents, oldest first.
  ///
  /// - Parameters:
  ///   - collection: the collection whose documents are wanted; nil for all.
  ///   - after: the id that all of them are above.
  ///   - limit: the greatest number; nil for all.
  func documents(
    in collection: Int64? = nil, after: Int64 = 0, limit: Int? = nil
  ) throws(HarkError) -> [DocumentRecord] {
    try read { db in
      try CatalogRow.fetchAll(
        db,
        sql: """
          SELECT \(Self.recordColumns)
          FROM rag_documents d JOIN collections c ON c.id = d.collection_id
          WHERE (?1 IS NULL OR collection_id = ?1) AND d.id > ?2 ORDER BY d.id LIMIT ?3
          """, arguments: [collection, after, limit ?? -1]
      ).map(DocumentRecord.init(row:))
    }
  }

  /// The names of the collections that hold some of the documents.
  func collections(ofDocuments ids: [Int64], _ db: Database) throws -> Set<String> {
    let statement = try db.cachedStatement(
      sql: """
        SELECT c.name FROM rag_documents d JOIN collections c ON c.id = d.collection_id
        WHERE d.id = ?
        """)
    return try Set(ids.compactMap { try String.fetchOne(statement, arguments: [$0]) })
  }

  /// A document with its text and chunks.
  ///
  /// - Throws: `document-missing`.
  func document(_ id: Int64) throws(HarkError) -> DocumentContents {
    try read { db in
      guard
        let row = try CatalogRow.fetchOne(
          db,
          sql: """
            SELECT \(Self.recordColumns), text_content
            FROM rag_documents d JOIN collections c ON c.id = d.collection_id WHERE d.id = ?
            """, arguments: [id])
      else { throw HarkError.noDocument(id) }
      let chunks = try CatalogRow.fetchAll(
        db,
        sql: """
          SELECT \(Self.chunkColumns), content FROM rag_chunks c
          WHERE document_id = ? ORDER BY chunk_index
          """, arguments: [id]
      ).map { try ChunkContents(chunk: ChunkReference(row: $0), text: $0["content"]) }
      return try DocumentContents(
        document: DocumentRecord(row: row), text: row["text_content"], chunks: chunks)
    }
  }

  /// A document as it was parsed, from what the catalog keeps of it.
  ///
  /// - Throws: `document-missing`; `catalog-damaged` where pages or headings cannot be read.
  func parsedDocument(_ id: Int64, _ db: Database) throws -> StoredDocument {
    guard
      let row = try CatalogRow.fetchOne(
        db,
        sql: """
          SELECT name, file_path, external_id, file_type, file_size, modified_ns, sidecar_size,
            sidecar_ns, content_hash, title, stated, metadata, warnings, pages, headings,
            text_content
          FROM rag_documents WHERE id = ?
          """, arguments: [id])
    else { throw HarkError.noDocument(id) }
    do {
      return try StoredDocument(row: row)
    } catch {
      throw HarkError(
        .catalogDamaged,
        "what the catalog keeps of document \(id) in \(path) cannot be read: delete it with "
          + "`hark documents delete \(id)` and ingest the file again", cause: error)
    }
  }

  // MARK: Rows

  static let recordColumns = """
    d.id, c.name AS collection, d.name, file_path, external_id, file_type, file_size, page_count,
    chunk_count, token_count, metadata, d.created_at, d.updated_at
    """

  static let chunkColumns = """
    c.id, chunk_index, page_number, page_end, page_label, start_scalar, end_scalar, heading
    """
}

extension HarkError {
  static func noDocument(_ id: Int64) -> HarkError {
    HarkError(
      .documentMissing, "no document has the id \(id): `hark documents list` shows those there are")
  }
}

extension DocumentRecord {
  init(row: CatalogRow) throws {
    let metadata: String = try row["metadata"]
    try self.init(
      id: row["id"], collection: row["collection"], name: row["name"],
      filePath: row[orNil: "file_path"],
      externalID: row[orNil: "external_id"], fileType: row["file_type"], fileSize: row["file_size"],
      // What cannot be read is found by `hark verify`; it must not hide the document.
      metadata: (try? DocumentMetadata(stored: metadata)) ?? DocumentMetadata(),
      pageCount: row["page_count"], chunkCount: row["chunk_count"], tokenCount: row["token_count"],
      createdAt: row["created_at"], updatedAt: row["updated_at"])
  }
}
extension ChunkReference {
  init(row: CatalogRow) throws {
    try self.init(
      id: row["id"], index: row["chunk_index"], pageNumber: row[orNil: "page_number"],
      pageEnd: row[orNil: "page_end"], pageLabel: row[orNil: "page_label"],
      start: row["start_scalar"],
      end: row["end_scalar"], heading: row[orNil: "heading"])
  }
}
