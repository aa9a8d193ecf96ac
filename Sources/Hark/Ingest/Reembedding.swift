import Documents
import Foundation
import GRDB
import Machine

/// Gives all chunks of a collection new vectors, and new bounds where the chunker changed.
struct Reembedding: Sendable {
  /// The chunks that are embedded between two looks at whether somebody wants the end.
  private static let batchChunks = 16

  let catalog: Catalog
  /// The collection with its new chunker.
  let scope: CollectionScope
  let model: EmbeddingModel

  /// Computes the vectors that are missing, then changes over.
  func run(
    checkpoint: @Sendable () throws -> Void, progress: @Sendable (IngestProgress) -> Void
  ) async throws {
    let (catalog, scope, model) = (catalog, scope, model)
    let cutter = scope.cutter(for: model)
    let ids = try await WorkerPool.detached { try catalog.documentIDs(in: scope.id) }
    var state = IngestProgress(phase: .ingesting)
    state.filesTotal = ids.count
    for id in ids {
      let missing = try await WorkerPool.detached {
        let document = try catalog.read { db in try catalog.parsedDocument(id, db) }
        let chunks = PreparedDocument(document, cutter: cutter).chunks
        return try catalog.withoutVector(chunks, model: model.fingerprint)
      }
      for start in stride(from: 0, to: missing.count, by: Self.batchChunks) {
        try checkpoint()
        let batch = Array(missing[start...].prefix(Self.batchChunks))
        try await WorkerPool.detached {
          let values = try model.encode(batch.map(\.embeddedText))
          let vectors = batch.indices.map { row in
            let start = row * model.dimension
            return (
              hash: batch[row].contentHash,
              vector: EmbeddingBlob.encode(values[start..<(start + model.dimension)])
            )
          }
          try catalog.setAside(vectors, model: model.fingerprint)
        }
        state.chunksDone += batch.count
        progress(state)
      }
      state.filesDone += 1
      progress(state)
    }
    try checkpoint()
    state.phase = .indexing
    progress(state)
    try await WorkerPool.detached { try catalog.changeOver(scope, to: model, cutter) }
  }
}

extension Catalog {
  /// The ids of a collection's documents, ascending.
  func documentIDs(in collection: Int64) throws(HarkError) -> [Int64] {
    try read { db in
      try Int64.fetchAll(
        db, sql: "SELECT id FROM rag_documents WHERE collection_id = ? ORDER BY id",
        arguments: [collection])
    }
  }

  /// Cuts a document anew from its text and embeds all of it.
  func cutAnew(_ id: Int64, in scope: CollectionScope, model: EmbeddingModel) throws {
    let stored = try read { db in try parsedDocument(id, db) }
    var document = PreparedDocument(stored, cutter: scope.cutter(for: model))
    let values = try model.encode(document.chunks.map(\.embeddedText))
    for index in document.chunks.indices {
      let start = index * model.dimension
      document.chunks[index].embedding = EmbeddingBlob.encode(
        values[start..<(start + model.dimension)])
    }
    let cut = document
    try write { db in
      _ = try put(cut, in: scope.id, db)
      try advanceGeneration(db)
    }
  }

  /// Those of some chunks whose vectors by a model are not set aside yet.
  fileprivate func withoutVector(
    _ chunks: [PreparedChunk], model: String
  ) throws(HarkError) -> [PreparedChunk] {
    try read { db in
      let known = try db.cachedStatement(
        sql: """
          SELECT 1 FROM embedding_cache WHERE model_fingerprint = ? AND content_hash = ?
          """)
      var seen: Set<Data> = []
      return try chunks.filter { chunk in
        guard seen.insert(chunk.contentHash).inserted else { return false }
        return try Int.fetchOne(known, arguments: [model, chunk.contentHash]) == nil
      }
    }
  }

  /// Keeps vectors for the change-over.
  fileprivate func setAside(
    _ vectors: [(hash: Data, vector: Data)], model: String
  ) throws(HarkError) {
    try write { db in
      for (hash, vector) in vectors {
        try db.execute(
          sql: "INSERT OR REPLACE INTO embedding_cache VALUES (?, ?, ?)",
          arguments: [model, hash, vector])
      }
    }
  }

  /// Puts the vectors that were set aside in the place of the old ones, in one transaction; the
  /// segments go, for they hold the old ones.
  fileprivate func changeOver(
    _ scope: CollectionScope, to model: EmbeddingModel, _ cutter: DocumentCutter
  ) throws(HarkError) {
    let ids = try documentIDs(in: scope.id)
    try write { db in
      let vector = try db.cachedStatement(
        sql: """
          SELECT embedding FROM embedding_cache WHERE model_fingerprint = ? AND content_hash = ?
          """)
      for id in ids {
        var document = PreparedDocument(try parsedDocument(id, db), cutter: cutter)
        for index in document.chunks.indices {
          let hash = document.chunks[index].contentHash
          document.chunks[index].embedding =
            try Data.fetchOne(vector, arguments: [model.fingerprint, hash]) ?? Data()
        }
        _ = try put(document, in: scope.id, db)
      }
      try db.execute(
        sql: """
          UPDATE collections SET model_name = ?, model_path = ?, model_fingerprint = ?,
            dimension = ?, chunk_tokens = ?, chunk_overlap = ?, chunker_version = ?,
            updated_at = \(Self.now)
          WHERE id = ?
          """,
        arguments: [
          model.name, model.path, model.fingerprint, model.dimension, scope.chunkTokens,
          scope.chunkOverlap, Chunker.version, scope.id,
        ])
      for table in ["index_segments", "index_masks", "renamed_chunks"] {
        try db.execute(sql: "DELETE FROM \(table) WHERE collection_id = ?", arguments: [scope.id])
      }
      try db.execute(sql: "DELETE FROM embedding_cache")
      try db.execute(sql: "UPDATE store SET seal_count = seal_count + 1 WHERE id = 1")
      try advanceGeneration(db)
    }
  }
}
