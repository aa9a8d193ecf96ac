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
}

/// Vectors of chunks, row by row.
struct VectorRows: Sendable {
  /// The chunks' ids, ascending.
  var keys: [Int64] = []
  /// The vectors, `keys.count` × dimension.
  var values: [Float] = []
}

extension Catalog {
  /// The live segments, by ascending chunk ids.
  func segments(_ db: Database) throws -> [SegmentRow] {
    try Row.fetchAll(db, sql: "SELECT * FROM index_segments ORDER BY first_chunk_id").map { row in
      let first: Int64 = row["first_chunk_id"]
      let last: Int64 = row["last_chunk_id"]
      return SegmentRow(
        id: row["id"], fileName: row["file_name"], generation: row["generation"],
        chunks: first...max(first, last), vectorCount: row["vector_count"],
        fileBytes: row["file_bytes"])
    }
  }

  /// The chunks that were deleted while a segment, or a reader's tail, still holds their vectors.
  func masks(_ db: Database) throws -> Set<Int64> {
    try Set(Int64.fetchAll(db, sql: "SELECT chunk_id FROM index_masks"))
  }

  /// The vectors of the live chunks in a range of ids.
  ///
  /// - Throws: `catalog-damaged` where a vector has not the store's dimension.
  func vectors(_ db: Database, chunks: ClosedRange<Int64>, dimension: Int) throws -> VectorRows {
    var rows = VectorRows()
    let cursor = try Row.fetchCursor(
      db, sql: "SELECT id, embedding FROM rag_chunks WHERE id BETWEEN ? AND ? ORDER BY id",
      arguments: [chunks.lowerBound, chunks.upperBound])
    while let row = try cursor.next() {
      let key: Int64 = row[0]
      guard EmbeddingBlob.append(row[1], to: &rows.values) == dimension else {
        throw HarkError(
          .catalogDamaged,
          "the vector of chunk \(key) in \(path) has not \(dimension) numbers: delete its document "
            + "with `hark documents delete` and ingest the file again")
      }
      rows.keys.append(key)
    }
    return rows
  }

  /// The number of live chunks with ids above `id`.
  func chunkCount(_ db: Database, after id: Int64) throws -> Int {
    try Int.fetchOne(db, sql: "SELECT count(*) FROM rag_chunks WHERE id > ?", arguments: [id]) ?? 0
  }

  /// The greatest id of a live chunk, 0 without any.
  func lastChunk(_ db: Database) throws -> Int64 {
    try Int64.fetchOne(db, sql: "SELECT max(id) FROM rag_chunks") ?? 0
  }

  /// Puts one segment in the place of others, in one transaction.
  ///
  /// - Parameters:
  ///   - old: the segments that it replaces.
  ///   - new: the new segment; nil where no live chunk is left in their range.
  ///   - chunks: the ids that the new segment covers; their masks are no longer needed.
  func replaceSegments(
    _ old: [SegmentRow], by new: SegmentRow?, covering chunks: ClosedRange<Int64>
  ) throws(HarkError) {
    try write { db in
      for segment in old {
        try db.execute(sql: "DELETE FROM index_segments WHERE id = ?", arguments: [segment.id])
      }
      if let new {
        try db.execute(
          sql: """
            INSERT INTO index_segments(file_name, generation, first_chunk_id, last_chunk_id,
              vector_count, file_bytes, created_at)
            VALUES (?, ?, ?, ?, ?, ?, \(Self.now))
            """,
          arguments: [
            new.fileName, new.generation, new.chunks.lowerBound, new.chunks.upperBound,
            new.vectorCount, new.fileBytes,
          ])
      }
      try db.execute(
        sql: "DELETE FROM index_masks WHERE chunk_id BETWEEN ? AND ?",
        arguments: [chunks.lowerBound, chunks.upperBound])
      try db.execute(sql: "UPDATE store SET seal_count = seal_count + 1 WHERE id = 1")
      try self.advanceGeneration(db)
    }
  }
}

extension Catalog {
  /// What the vector index consists of.
  func indexStatus() throws(HarkError) -> IndexStatus {
    try read { db in
      let state = try self.state(db)
      let segments = try self.segments(db)
      return IndexStatus(
        dimension: state.dimension ?? 0, model: state.modelName ?? "",
        chunks: try chunkCount(db, after: 0),
        segments: segments.map { row in
          .init(
            file: row.fileName, generation: UInt64(clamping: row.generation),
            vectors: row.vectorCount, bytes: row.fileBytes)
        },
        tail: try chunkCount(db, after: segments.last?.chunks.upperBound ?? 0),
        masked: try masks(db).count)
    }
  }
}
