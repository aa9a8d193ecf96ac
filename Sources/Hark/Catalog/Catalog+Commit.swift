import Documents
import Foundation
import GRDB

/// What one commit brings: each document in the place of the one at its location.
struct Commit: Sendable {
  /// Documents that are parsed, cut and embedded.
  var documents: [PreparedDocument] = []
  /// Files that could not be read.
  var failures: [FailureRecord] = []

  /// Whether there is nothing to write.
  var isEmpty: Bool { documents.isEmpty && failures.isEmpty }
  /// The chunks of all documents.
  var chunkCount: Int { documents.reduce(0) { $0 + $1.chunks.count } }
}

/// What one commit did.
struct CommitOutcome: Sendable {
  /// Chunks that are new.
  var added = 0
  /// Chunks that stand in the new version of their document as they stood in the old one, and have
  /// kept their ids.
  var kept = 0
}

extension Catalog {
  /// Commits documents and failures in one transaction: a reader sees the old or the new version
  /// of each document, never both or neither.
  ///
  /// Chunks that a new version shares with the old one keep their ids and vectors.
  func commit(_ commit: Commit, to collection: Int64) throws(HarkError) -> CommitOutcome {
    guard !commit.isEmpty else { return CommitOutcome() }
    return try write { db in
      var outcome = CommitOutcome()
      for document in commit.documents {
        let replaced = try put(document, in: collection, db)
        outcome.added += replaced.added
        outcome.kept += replaced.kept
        if let path = document.location.filePath { try clearFailure(path, in: collection, db) }
      }
      for failure in commit.failures { try keep(failure, in: collection, db) }
      if !commit.documents.isEmpty { try advanceGeneration(db) }
      return outcome
    }
  }

  /// Puts one document in the place of the one at its location.
  func put(
    _ prepared: PreparedDocument, in collection: Int64, _ db: Database
  ) throws -> CommitOutcome {
    let document = prepared.document
    let old = try CatalogRow.fetchOne(
      db,
      sql: """
        SELECT id, name, title FROM rag_documents
        WHERE collection_id = ?1 AND (file_path = ?2 OR external_id = ?3)
        """,
      arguments: [collection, prepared.location.filePath, prepared.location.externalID])
    let values: [(column: String, value: (any DatabaseValueConvertible)?)] = [
      ("collection_id", collection), ("name", prepared.name),
      ("file_path", prepared.location.filePath), ("external_id", prepared.location.externalID),
      ("file_type", document.fileType.rawValue), ("file_size", prepared.stamp.size),
      ("modified_ns", prepared.stamp.modified), ("sidecar_size", prepared.sidecar?.size),
      ("sidecar_ns", prepared.sidecar?.modified), ("content_hash", prepared.contentHash),
      ("page_count", document.pages.count), ("chunk_count", prepared.chunks.count),
      ("token_count", prepared.chunks.reduce(0) { $0 + $1.chunk.tokenCount }),
      ("title", document.title), ("language", prepared.metadata.language),
      ("stated", try prepared.stated.map(Self.json)),
      ("metadata", try Self.json(prepared.metadata)),
      ("warnings", try Self.json(document.warnings)), ("pages", try Self.json(document.pages)),
      ("headings", try Self.json(document.headings)), ("text_content", document.text),
    ]
    let arguments = StatementArguments(values.map(\.value))
    let columns = values.map(\.column)
    let id: Int64
    if let old {
      id = try old["id"]
      let assignments = columns.map { "\($0) = ?" }.joined(separator: ", ")
      try db.cachedStatement(
        sql: "UPDATE rag_documents SET \(assignments), updated_at = \(Self.now) WHERE id = \(id)"
      ).execute(arguments: arguments)
    } else {
      let places = columns.map { _ in "?" }.joined(separator: ", ")
      try db.cachedStatement(
        sql: """
          INSERT INTO rag_documents(\(columns.joined(separator: ", ")), created_at, updated_at)
          VALUES (\(places), \(Self.now), \(Self.now))
          """
      ).execute(arguments: arguments)
      id = db.lastInsertedRowID
    }
    var replacement = try ChunkReplacement(
      of: prepared, document: id, collection: collection,
      oldNames: try old.map { (name: try $0["name"], title: try $0[orNil: "title"]) }, db)
    try replacement.run()
    return replacement.outcome
  }

  static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}

/// Puts the chunks of a document's new version in the place of the old ones.
private struct ChunkReplacement {
  /// What makes two chunks the same but for their place. The length is needed, for the hash alone
  /// does not tell where the titles end and the text begins.
  private struct Key: Hashable {
    var contentHash: Data
    var heading: String?
    var length: Int
  }

  private let prepared: PreparedDocument
  private let document: Int64
  private let collection: Int64
  private let oldNames: (name: String, title: String?)?
  private let db: Database
  private let labels: [Int: String]
  private(set) var outcome = CommitOutcome()

  init(
    of prepared: PreparedDocument, document: Int64, collection: Int64,
    oldNames: (name: String, title: String?)?, _ db: Database
  ) throws {
    self.prepared = prepared
    self.document = document
    self.collection = collection
    self.oldNames = oldNames
    self.db = db
    labels = Dictionary(
      prepared.document.pages.compactMap { page in page.label.map { (page.number, $0) } },
      uniquingKeysWith: { first, _ in first })
  }

  mutating func run() throws {
    var old = try oldChunks()
    for part in prepared.chunks {
      let key = Key(
        contentHash: part.contentHash, heading: part.heading, length: part.chunk.range.count)
      if let id = old[key]?.popLast() {
        try keep(id, as: part)
      } else {
        try insert(part)
      }
    }
    for id in old.values.joined() { try delete(id) }
  }

  /// The chunks of the old version, those of one key last first.
  private func oldChunks() throws -> [Key: [Int64]] {
    guard oldNames != nil else { return [:] }
    var chunks: [Key: [Int64]] = [:]
    let rows = try CatalogRow.fetchCursor(
      db,
      sql: """
        SELECT id, content_hash, heading, end_byte - start_byte FROM rag_chunks
        WHERE document_id = ? ORDER BY chunk_index DESC
        """, arguments: [document])
    while let row = try rows.next() {
      let key = try Key(contentHash: row[1], heading: row[orNil: 2], length: row[3])
      chunks[key, default: []].append(try row[0])
    }
    return chunks
  }

  private mutating func keep(_ id: Int64, as part: PreparedChunk) throws {
    let chunk = part.chunk
    try db.cachedStatement(
      sql: """
        UPDATE rag_chunks SET chunk_index = ?, page_number = ?, page_end = ?, page_label = ?,
          start_byte = ?, end_byte = ?, start_scalar = ?, end_scalar = ?, embedding = ?,
          content = ?
        WHERE id = ?
        """
    ).execute(arguments: [
      chunk.index, chunk.firstPage, chunk.lastPage, chunk.firstPage.flatMap { labels[$0] },
      chunk.range.lowerBound, chunk.range.upperBound, part.scalars.lowerBound,
      part.scalars.upperBound, part.embedding, chunk.text, id,
    ])
    if let oldNames, oldNames != (prepared.name, prepared.document.title) {
      try db.cachedStatement(sql: "INSERT OR IGNORE INTO renamed_chunks VALUES (?, ?)")
        .execute(arguments: [collection, id])
    }
    outcome.kept += 1
  }

  private mutating func insert(_ part: PreparedChunk) throws {
    let chunk = part.chunk
    try db.cachedStatement(
      sql: """
        INSERT INTO rag_chunks(collection_id, document_id, chunk_index, page_number, page_end,
          page_label, heading, start_byte, end_byte, start_scalar, end_scalar, token_count,
          content_hash, embedding, content, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, \(Catalog.now))
        """
    ).execute(arguments: [
      collection, document, chunk.index, chunk.firstPage, chunk.lastPage,
      chunk.firstPage.flatMap { labels[$0] }, part.heading, chunk.range.lowerBound,
      chunk.range.upperBound, part.scalars.lowerBound, part.scalars.upperBound, chunk.tokenCount,
      part.contentHash, part.embedding, chunk.text,
    ])
    outcome.added += 1
  }

  /// Deletes a chunk, and masks it in the index.
  private func delete(_ id: Int64) throws {
    try db.cachedStatement(sql: "INSERT OR IGNORE INTO index_masks VALUES (?, ?)")
      .execute(arguments: [collection, id])
    try db.cachedStatement(sql: "DELETE FROM rag_chunks WHERE id = ?").execute(arguments: [id])
  }
}

extension Catalog {
  /// Deletes documents with their chunks and vectors in one transaction, once for each key.
  ///
  /// - Returns: the number of chunks deleted.
  /// - Throws: `document-missing` where an id is not in the catalog; then none is deleted.
  ///   `request-key-reused`.
  func deleteDocuments(_ ids: [Int64], _ key: RequestKey? = nil) throws(HarkError) -> Int {
    guard !ids.isEmpty else { return 0 }
    return try write { db in
      if let known = try result(of: key, db) { return Int(known) }
      let chunks = try ids.reduce(0) { try $0 + deleteDocument($1, db) }
      try advanceGeneration(db)
      try remember(key, Int64(chunks), db)
      return chunks
    }
  }

  private func deleteDocument(_ id: Int64, _ db: Database) throws -> Int {
    try db.execute(
      sql: """
        INSERT OR IGNORE INTO index_masks
        SELECT collection_id, id FROM rag_chunks WHERE document_id = ?
        """, arguments: [id])
    try db.execute(sql: "DELETE FROM rag_chunks WHERE document_id = ?", arguments: [id])
    let chunks = db.changesCount
    try db.execute(sql: "DELETE FROM rag_documents WHERE id = ?", arguments: [id])
    guard db.changesCount > 0 else { throw HarkError.noDocument(id) }
    return chunks
  }

  /// Gives documents the paths to which their files were moved, in one transaction; their chunks
  /// and vectors stay.
  func move(_ moves: [Int64: ScannedFile]) throws(HarkError) {
    guard !moves.isEmpty else { return }
    try write { db in
      for (id, file) in moves {
        let new = file.fileName
        try db.execute(
          sql: """
            INSERT OR IGNORE INTO renamed_chunks
            SELECT c.collection_id, c.id
            FROM rag_chunks c JOIN rag_documents d ON d.id = c.document_id
            WHERE d.id = ? AND d.name <> ?
            """, arguments: [id, new])
        try db.execute(
          sql: """
            UPDATE rag_documents SET name = ?, file_path = ?, modified_ns = ?, sidecar_size = ?,
              sidecar_ns = ?, updated_at = \(Self.now) WHERE id = ?
            """,
          arguments: [
            new, file.name, file.stamp.modified, file.sidecar?.size, file.sidecar?.modified, id,
          ])
      }
      try advanceGeneration(db)
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
      // Filters ask for the time of modification.
      try advanceGeneration(db)
    }
  }
}
