import Documents
import Foundation
import GRDB

/// What the catalog knows of a file that it holds.
struct KnownFile: Sendable {
  var id: Int64
  var fileSize: Int64
  var modified: Int64
  var contentHash: Data
}

extension Catalog {
  /// The file held under `path`, or nil.
  func knownFile(_ path: String) throws(HarkError) -> KnownFile? {
    try read { db in
      try Row.fetchOne(
        db,
        sql: """
          SELECT id, file_size, modified_ns, content_hash FROM rag_documents WHERE file_path = ?
          """, arguments: [path]
      ).map { KnownFile(id: $0[0], fileSize: $0[1], modified: $0[2], contentHash: $0[3]) }
    }
  }

  /// The vectors known for texts with these hashes.
  ///
  /// - Complexity: O(*n* log *N*) for *n* hashes and *N* chunks.
  func embeddings(forHashes hashes: some Sequence<Data>) throws(HarkError) -> [Data: Data] {
    try read { db in
      let statement = try db.makeStatement(
        sql: "SELECT embedding FROM rag_chunks WHERE content_hash = ? LIMIT 1")
      var found: [Data: Data] = [:]
      for hash in hashes where found[hash] == nil {
        found[hash] = try Data.fetchOne(statement, arguments: [hash])
      }
      return found
    }
  }

  /// Commits documents, each in place of the one that had its path, in one transaction.
  ///
  /// - Returns: the number of documents that replaced another.
  func commit(_ documents: [PreparedDocument]) throws(HarkError) -> Int {
    guard !documents.isEmpty else { return 0 }
    return try write { db in
      var replaced = 0
      for document in documents {
        if try insert(document, db) { replaced += 1 }
      }
      try advanceGeneration(db)
      return replaced
    }
  }

  /// Notes that the stamps of files changed while their content did not.
  ///
  /// - Parameter stamps: the times of modification by document id.
  func touch(_ stamps: [Int64: Int64]) throws(HarkError) {
    guard !stamps.isEmpty else { return }
    try write { db in
      for (id, modified) in stamps {
        try db.execute(
          sql: "UPDATE rag_documents SET modified_ns = ? WHERE id = ?", arguments: [modified, id])
      }
    }
  }

  /// Deletes documents with their chunks, terms and vectors in one transaction.
  ///
  /// - Returns: the number of chunks deleted.
  /// - Throws: `document-missing` where an id is not in the catalog; then none is deleted.
  func deleteDocuments(_ ids: [Int64]) throws(HarkError) -> Int {
    try write { db in
      var chunks = 0
      for id in ids {
        let exists = try Bool.fetchOne(
          db, sql: "SELECT EXISTS (SELECT 1 FROM rag_documents WHERE id = ?)", arguments: [id])
        guard exists == true else { throw HarkError.noDocument(id) }
        chunks += try deleteChunks(of: id, db)
        try db.execute(sql: "DELETE FROM rag_documents WHERE id = ?", arguments: [id])
      }
      try advanceGeneration(db)
      return chunks
    }
  }

  /// All documents, oldest first.
  func documents() throws(HarkError) -> [DocumentRecord] {
    try read { db in
      try Row.fetchAll(db, sql: "SELECT \(Self.recordColumns) FROM rag_documents ORDER BY id")
        .map(DocumentRecord.init(row:))
    }
  }

  /// A document with its text and chunks.
  ///
  /// - Throws: `document-missing`.
  func document(_ id: Int64) throws(HarkError) -> DocumentContents {
    try read { db in
      guard
        let row = try Row.fetchOne(
          db, sql: "SELECT \(Self.recordColumns), text_content FROM rag_documents WHERE id = ?",
          arguments: [id])
      else { throw HarkError.noDocument(id) }
      let chunks = try Row.fetchAll(
        db,
        sql: """
          SELECT \(Self.chunkColumns), content FROM rag_chunks c
          WHERE document_id = ? ORDER BY chunk_index
          """, arguments: [id]
      ).map { ChunkContents(chunk: ChunkReference(row: $0), text: $0["content"]) }
      return DocumentContents(
        document: DocumentRecord(row: row), text: row["text_content"], chunks: chunks)
    }
  }

  // MARK: Rows

  static let recordColumns = """
    id, name, file_path, file_type, file_size, title, page_count, chunk_count, created_at, updated_at
    """

  static let chunkColumns = """
    c.id, chunk_index, page_number, page_end, page_label, start_scalar, end_scalar, heading
    """

  /// Inserts a document, in place of the one that had its path.
  ///
  /// - Returns: whether there was one.
  private func insert(_ prepared: PreparedDocument, _ db: Database) throws -> Bool {
    let document = prepared.document
    let pages = try Self.json(document.pages)
    let headings = try Self.json(document.headings)
    let old = try Int64.fetchOne(
      db, sql: "SELECT id FROM rag_documents WHERE file_path = ?", arguments: [prepared.path])
    let id: Int64
    if let old {
      _ = try deleteChunks(of: old, db)
      id = old
      try db.execute(
        sql: """
          UPDATE rag_documents SET file_type = ?, file_size = ?, text_content = ?,
            updated_at = \(Self.now), modified_ns = ?, content_hash = ?, title = ?, pages = ?,
            headings = ?, page_count = ?, chunk_count = ? WHERE id = ?
          """,
        arguments: [
          document.fileType.rawValue, prepared.fileSize, document.text, prepared.modified,
          prepared.contentHash, document.title, pages, headings, document.pages.count,
          prepared.chunks.count, id,
        ])
    } else {
      try db.execute(
        sql: """
          INSERT INTO rag_documents(name, file_path, file_type, file_size, text_content, created_at,
            updated_at, modified_ns, content_hash, title, pages, headings, page_count, chunk_count)
          VALUES (?, ?, ?, ?, ?, \(Self.now), \(Self.now), ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          prepared.name, prepared.path, document.fileType.rawValue, prepared.fileSize,
          document.text, prepared.modified, prepared.contentHash, document.title, pages, headings,
          document.pages.count, prepared.chunks.count,
        ])
      id = db.lastInsertedRowID
    }
    try insertChunks(of: prepared, document: id, db)
    return old != nil
  }

  private func insertChunks(of prepared: PreparedDocument, document id: Int64, _ db: Database)
    throws
  {
    let insertChunk = try db.cachedStatement(
      sql: """
        INSERT INTO rag_chunks(document_id, chunk_index, content, embedding, page_number, page_end,
          page_label, heading, start_byte, end_byte, start_scalar, end_scalar, token_count,
          content_hash, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, \(Self.now))
        """)
    let insertTerms = try db.cachedStatement(
      sql: "INSERT INTO chunk_terms(rowid, title, body, grams) VALUES (?, ?, ?, ?)")
    let labels = Dictionary(
      prepared.document.pages.compactMap { page in page.label.map { (page.number, $0) } },
      uniquingKeysWith: { first, _ in first })
    for part in prepared.chunks {
      let chunk = part.chunk
      try insertChunk.execute(arguments: [
        id, chunk.index, chunk.text, part.embedding, chunk.firstPage, chunk.lastPage,
        chunk.firstPage.flatMap { labels[$0] }, part.heading, chunk.range.lowerBound,
        chunk.range.upperBound, part.scalars.lowerBound, part.scalars.upperBound,
        chunk.tokenCount, part.contentHash,
      ])
      let terms = IndexedTerms(
        name: prepared.name, title: prepared.document.title, heading: part.heading,
        content: chunk.text)
      try insertTerms.execute(arguments: [
        db.lastInsertedRowID, terms.title, terms.body, terms.grams,
      ])
    }
  }

  /// Deletes the chunks of a document, their terms, and masks their vectors.
  private func deleteChunks(of id: Int64, _ db: Database) throws -> Int {
    let rows = try Row.fetchAll(
      db,
      sql: """
        SELECT c.id, d.name, d.title, c.heading, c.content
        FROM rag_chunks c JOIN rag_documents d ON d.id = c.document_id WHERE d.id = ?
        """, arguments: [id])
    let deleteTerms = try db.cachedStatement(
      sql: """
        INSERT INTO chunk_terms(chunk_terms, rowid, title, body, grams)
        VALUES ('delete', ?, ?, ?, ?)
        """)
    let mask = try db.cachedStatement(sql: "INSERT OR IGNORE INTO index_masks VALUES (?)")
    for row in rows {
      let chunk: Int64 = row[0]
      let terms = IndexedTerms(name: row[1], title: row[2], heading: row[3], content: row[4])
      try deleteTerms.execute(arguments: [chunk, terms.title, terms.body, terms.grams])
      try mask.execute(arguments: [chunk])
    }
    try db.execute(sql: "DELETE FROM rag_chunks WHERE document_id = ?", arguments: [id])
    return rows.count
  }

  private static func json(_ value: some Encodable) throws -> String {
    String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
  }
}

/// The analysed fields of one chunk, as `chunk_terms` holds them.
///
/// They are a function of what the catalog stores, for FTS5 asks for them again upon a deletion.
struct IndexedTerms {
  /// Stems of the file's name, the document's title and the headings above the chunk.
  let title: String
  /// Stems of the chunk.
  let body: String
  /// Pairs of characters of both.
  let grams: String

  init(name: String, title: String?, heading: String?, content: String) {
    let stem = name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
    let above = TextAnalysis.terms(
      of: [stem, title, heading].compactMap(\.self).joined(separator: "\n"))
    let within = TextAnalysis.terms(of: content)
    var seen: Set<String> = []
    self.title = above.words.filter { seen.insert($0).inserted }.joined(separator: " ")
    body = within.words.joined(separator: " ")
    grams = (above.grams.filter { seen.insert($0).inserted } + within.grams).joined(separator: " ")
  }
}

extension HarkError {
  static func noDocument(_ id: Int64) -> HarkError {
    HarkError(
      .documentMissing, "no document has the id \(id): `hark documents list` shows those there are")
  }
}

extension DocumentRecord {
  init(row: Row) {
    self.init(
      id: row["id"], name: row["name"], filePath: row["file_path"], fileType: row["file_type"],
      fileSize: row["file_size"], title: row["title"], pageCount: row["page_count"],
      chunkCount: row["chunk_count"], createdAt: row["created_at"], updatedAt: row["updated_at"])
  }
}

extension ChunkReference {
  init(row: Row) {
    self.init(
      id: row["id"], index: row["chunk_index"], pageNumber: row["page_number"],
      pageEnd: row["page_end"], pageLabel: row["page_label"], start: row["start_scalar"],
      end: row["end_scalar"], heading: row["heading"])
  }
}
