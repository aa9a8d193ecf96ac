import Foundation
import GRDB

/// One live segment as the catalog lists it.
struct SegmentRow: Sendable, Hashable {
  var id: Int64
  var fileName: String
  var generation: Int64
  /// The chunk ids that it covers: every live chunk of this range is in it.
  var chunks: ClosedRange<Int64>
  var vectorCount: Int
  var fileBytes: Int64
  /// The file of postings over the same chunks; nil where it is still to be made.
  var postingsName: String?
}

/// Vectors of chunks, row by row.
struct VectorRows: Sendable {
  /// The chunks' ids, ascending.
  var keys: [Int64] = []
  /// The vectors, `keys.count` × dimension.
  var values: [Float] = []
}

extension Catalog {
  /// The live segments of a collection, by ascending chunk ids.
  func segments(of collection: Int64, _ db: Database) throws -> [SegmentRow] {
    try CatalogRow.fetchAll(
      db, sql: "SELECT * FROM index_segments WHERE collection_id = ? ORDER BY first_chunk_id",
      arguments: [collection]
    ).map { row in
      let first: Int64 = try row["first_chunk_id"]
      let last: Int64 = try row["last_chunk_id"]
      return try SegmentRow(
        id: row["id"], fileName: row["file_name"], generation: row["generation"],
        chunks: first...max(first, last), vectorCount: row["vector_count"],
        fileBytes: row["file_bytes"], postingsName: row[orNil: "postings_name"])
    }
  }

  /// The names of all live files of the store's index.
  func segmentFiles(_ db: Database) throws -> Set<String> {
    try Set(
      String.fetchAll(
        db,
        sql: """
          SELECT file_name FROM index_segments
          UNION SELECT postings_name FROM index_segments WHERE postings_name NOT NULL
          """))
  }

  /// The chunks that were deleted while a segment, or a reader's tail, still holds their vectors.
  func masks(of collection: Int64, _ db: Database) throws -> Set<Int64> {
    try Set(
      Int64.fetchAll(
        db, sql: "SELECT chunk_id FROM index_masks WHERE collection_id = ?",
        arguments: [collection]))
  }

  /// The vectors of a collection's live chunks in a range of ids.
  ///
  /// - Parameter limit: the most rows that are read.
  /// - Throws: `catalog-damaged` where a vector has not the collection's dimension.
  func vectors(
    _ db: Database, of collection: Int64, chunks: ClosedRange<Int64>, dimension: Int,
    limit: Int = .max
  ) throws -> VectorRows {
    var rows = VectorRows()
    let cursor = try CatalogRow.fetchCursor(
      db,
      sql: """
        SELECT id, embedding FROM rag_chunks
        WHERE collection_id = ? AND id BETWEEN ? AND ? ORDER BY id LIMIT ?
        """, arguments: [collection, chunks.lowerBound, chunks.upperBound, limit])
    while let row = try cursor.next() {
      let key: Int64 = try row[0]
      guard try EmbeddingBlob.append(row[1], to: &rows.values) == dimension else {
        throw HarkError(
          .catalogDamaged,
          "the vector of chunk \(key) in \(path) has not \(dimension) numbers: delete its document "
            + "with `hark documents delete` and ingest the file again")
      }
      rows.keys.append(key)
    }
    return rows
  }

  /// The ids of a collection's live chunks in a range, ascending.
  func chunkIDs(
    of collection: Int64, in range: ClosedRange<Int64>, _ db: Database
  ) throws -> [Int64] {
    try Int64.fetchAll(
      db,
      sql: "SELECT id FROM rag_chunks WHERE collection_id = ? AND id BETWEEN ? AND ? ORDER BY id",
      arguments: [collection, range.lowerBound, range.upperBound])
  }

  /// The number of a collection's live chunks with ids above `id`.
  func chunkCount(_ db: Database, of collection: Int64, after id: Int64) throws -> Int {
    try Int.fetchOne(
      db, sql: "SELECT count(*) FROM rag_chunks WHERE collection_id = ? AND id > ?",
      arguments: [collection, id]) ?? 0
  }

  /// Puts segments in the place of others, in one transaction.
  ///
  /// - Parameters:
  ///   - old: the segments that it replaces.
  ///   - new: the new segments; none where no live chunk is left in their range.
  ///   - chunks: the ids that they cover; their masks are no longer needed.
  ///   - collection: the collection whose segments they are.
  func replaceSegments(
    _ old: [SegmentRow], by new: [SegmentRow], covering chunks: ClosedRange<Int64>,
    of collection: Int64
  ) throws(HarkError) {
    try write { db in
      for segment in old {
        try db.execute(sql: "DELETE FROM index_segments WHERE id = ?", arguments: [segment.id])
      }
      for new in new {
        try db.execute(
          sql: """
            INSERT INTO index_segments(collection_id, file_name, generation, first_chunk_id,
              last_chunk_id, vector_count, file_bytes, postings_name, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, \(Self.now))
            """,
          arguments: [
            collection, new.fileName, new.generation, new.chunks.lowerBound, new.chunks.upperBound,
            new.vectorCount, new.fileBytes, new.postingsName,
          ])
      }
      for table in ["index_masks", "renamed_chunks"] {
        try db.execute(
          sql: "DELETE FROM \(table) WHERE collection_id = ? AND chunk_id BETWEEN ? AND ?",
          arguments: [collection, chunks.lowerBound, chunks.upperBound])
      }
      try db.execute(sql: "UPDATE store SET seal_count = seal_count + 1 WHERE id = 1")
      try self.advanceGeneration(db)
    }
  }
}

extension Catalog {
  /// The chunks whose title or headings have changed since their postings were made.
  func renamedChunks(of collection: Int64, _ db: Database) throws -> Set<Int64> {
    try Set(
      Int64.fetchAll(
        db, sql: "SELECT chunk_id FROM renamed_chunks WHERE collection_id = ?",
        arguments: [collection]))
  }

  /// Postings of a collection's live chunks in a range of ids, ready to be finished.
  ///
  /// - Parameters:
  ///   - onlyRenamed: whether only those are wanted that have been renamed.
  ///   - vocabulary: the words that are kept whole.
  /// - Complexity: O(bytes of the chunks).
  func postings(
    of collection: Int64, chunks: ClosedRange<Int64>, onlyRenamed: Bool = false,
    _ vocabulary: Vocabulary, _ db: Database
  ) throws -> PostingsBuilder {
    var builder = PostingsBuilder(vocabulary)
    let chunksTable =
      onlyRenamed
      ? """
      renamed_chunks r CROSS JOIN rag_chunks c
      ON c.id = r.chunk_id AND c.collection_id = r.collection_id
      """
      : "rag_chunks c"
    let rows = try CatalogRow.fetchCursor(
      db,
      sql: """
        SELECT c.id, d.id, d.name, d.title, c.heading, c.content
        FROM \(chunksTable) JOIN rag_documents d ON d.id = c.document_id
        WHERE c.collection_id = ? AND c.id BETWEEN ? AND ? ORDER BY c.id
        """, arguments: [collection, chunks.lowerBound, chunks.upperBound])
    while let row = try rows.next() {
      let id: Int64 = try row[0]
      guard !builder.isFull else {
        throw HarkError(
          .unexpected,
          "the chunks \(chunks.lowerBound) to \(id) in \(path) are too many words for one file of "
            + "postings: report this, with the number of chunks of the collection")
      }
      builder.add(
        IndexedText(
          chunk: id, document: try row[1],
          title: Self.title(try row[orNil: 3], name: try row[2]),
          heading: Self.heading(try row[orNil: 4], under: try row[orNil: 3]), body: try row[5]))
    }
    return builder
  }

  /// What a document is called: its title, and the name of its file without the extension.
  private static func title(_ title: String?, name: String) -> String {
    let stem = name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
    return [stem, title].compactMap(\.self).joined(separator: "\n")
  }

  /// The headings above a chunk, without the document's title where they begin with it: the title
  /// is a field of its own.
  private static func heading(_ heading: String?, under title: String?) -> String {
    guard let heading else { return "" }
    guard let title, heading.hasPrefix(title) else { return heading }
    let rest = heading.dropFirst(title.count)
    return rest.isEmpty || rest.hasPrefix(" > ") ? String(rest) : heading
  }

  /// Lists other postings for a segment; chunks in its range are no longer renamed.
  func replacePostings(
    of segment: SegmentRow, by name: String, collection: Int64
  ) throws(HarkError) {
    try write { db in
      try db.execute(
        sql: "UPDATE index_segments SET postings_name = ? WHERE id = ?",
        arguments: [name, segment.id])
      try db.execute(
        sql: "DELETE FROM renamed_chunks WHERE collection_id = ? AND chunk_id BETWEEN ? AND ?",
        arguments: [collection, segment.chunks.lowerBound, segment.chunks.upperBound])
      try db.execute(sql: "UPDATE store SET seal_count = seal_count + 1 WHERE id = 1")
      try advanceGeneration(db)
    }
  }
}

extension Catalog {
  /// What the vector index of a collection consists of.
  func indexStatus(of name: String) throws(HarkError) -> IndexStatus {
    try read { db in
      let collection = try self.collection(name, db)
      let segments = try self.segments(of: collection.id, db)
      let covered = segments.last?.chunks.upperBound ?? 0
      return IndexStatus(
        collection: name, dimension: collection.dimension ?? 0, model: collection.model ?? "",
        chunks: collection.chunks,
        segments: segments.map { row in
          .init(
            file: row.fileName, generation: UInt64(clamping: row.generation),
            vectors: row.vectorCount, bytes: row.fileBytes)
        },
        tail: try chunkCount(db, of: collection.id, after: covered),
        masked: try masks(of: collection.id, db).count)
    }
  }
}
