import Foundation
import Machine

extension Engine {
  /// What the vector index of a collection consists of.
  ///
  /// - Throws: `collection-missing`.
  public func indexStatus(
    of collection: String = CollectionRecord.defaultName
  ) async throws(HarkError) -> IndexStatus {
    try await detached { catalog in try catalog.indexStatus(of: collection) }
  }

  /// Reads the whole index of a collection and holds it against the catalog.
  ///
  /// - Throws: `collection-missing`.
  public func verifyIndex(
    of collection: String = CollectionRecord.defaultName
  ) async throws(HarkError) -> IndexVerification {
    let (folder, vocabularies) = (index.folder, index.vocabularies)
    return try await detached { catalog in
      try IndexVerifier(
        catalog: catalog, collection: collection, folder: folder, vocabularies: vocabularies
      ).verify()
    }
  }

  /// Builds the vector index and the full text of a collection anew from the catalog.
  ///
  /// - Throws: `collection-missing`, `store-locked`, `disk-full`.
  @discardableResult
  public func rebuildIndex(
    of collection: String = CollectionRecord.defaultName, waitForOtherWriter: Bool = false
  ) async throws(HarkError) -> IndexStatus {
    try await HarkError.wrapping {
      let payload = CollectionPayload(collection: collection)
      return try await performing(.rebuild, payload, wait: waitForOtherWriter) { task in
        let (catalog, index) = (catalog, index)
        try task.begin()
        return try await WorkerPool.detached {
          let id = try catalog.read { db in try catalog.scope(collection, db).id }
          try index.rebuild(id)
          return try catalog.indexStatus(of: collection)
        }
      }
    }
  }

  /// Moves a collection to another model, or cuts its documents anew, from what the catalog keeps:
  /// no file is read.
  ///
  /// Vectors are computed first and kept aside as they come, so that a run that was stopped goes on
  /// where it was. Then all chunks change over in one transaction; searches see the old vectors or
  /// the new ones. Chunks that are cut as before keep their ids.
  ///
  /// - Parameters:
  ///   - collection: the collection's name.
  ///   - model: the folder of the new model; nil for the present one.
  ///   - chunkTokens: the tokens that a chunk is filled up to; nil for the present number.
  ///   - chunkOverlap: the sentences that a chunk repeats; nil for the present number.
  ///   - progress: called often, from any thread.
  /// - Throws: `collection-missing`, `invalid-argument`, `model-missing`, `store-locked`,
  ///   `disk-full`, `canceled`.
  @discardableResult
  public func reembed(
    _ collection: String = CollectionRecord.defaultName, model: String? = nil,
    chunkTokens: Int? = nil, chunkOverlap: Int? = nil, waitForOtherWriter: Bool = false,
    progress: (@Sendable (IngestProgress) -> Void)? = nil
  ) async throws(HarkError) -> IndexStatus {
    try await HarkError.wrapping {
      let payload = CollectionPayload(collection: collection)
      return try await performing(.reembed, payload, wait: waitForOtherWriter) { task in
        let (catalog, index) = (catalog, index)
        var scope = try catalog.read { db in try catalog.scope(collection, db) }
        scope.chunkTokens = chunkTokens ?? scope.chunkTokens
        scope.chunkOverlap = chunkOverlap ?? scope.chunkOverlap
        try CollectionSettings(
          name: scope.name, chunkTokens: scope.chunkTokens, chunkOverlap: scope.chunkOverlap
        ).check()
        let present = scope
        let new = try await WorkerPool.detached { [self] in
          try model.map { try self.model(at: $0, name: Locations.defaultModel) }
            ?? self.model(of: present)
        }
        try task.begin()
        let reembedding = Reembedding(catalog: catalog, scope: scope, model: new)
        try await reembedding.run(checkpoint: { try task.checkpoint() }) { now in
          task.tell(now)
          progress?(now)
        }
        return try await WorkerPool.detached {
          try index.seal(present.id)
          return try catalog.indexStatus(of: collection)
        }
      }
    }
  }
}

/// Which collection a task is about.
private struct CollectionPayload: Encodable, Sendable {
  let collection: String
}
