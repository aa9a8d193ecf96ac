import Machine

extension Engine {
  /// All collections by name.
  public func collections() async throws(HarkError) -> [CollectionRecord] {
    try await detached { catalog in try catalog.read { db in try catalog.collections(db) } }
  }

  /// A collection.
  ///
  /// - Throws: `collection-missing`.
  public func collection(_ name: String) async throws(HarkError) -> CollectionRecord {
    try await detached { catalog in try catalog.read { db in try catalog.collection(name, db) } }
  }

  /// Makes an empty collection.
  ///
  /// - Throws: `invalid-argument`, `collection-exists`, `model-missing`, `store-locked`.
  @discardableResult
  public func createCollection(
    _ settings: CollectionSettings, waitForOtherWriter: Bool = false
  ) async throws(HarkError) -> CollectionRecord {
    try settings.check()
    var settings = settings
    // Kept as an absolute path, for the next command may run elsewhere.
    if let model = settings.model { settings.model = try Locations.model(model) }
    let checked = settings
    return try await HarkError.wrapping {
      try await writing(wait: waitForOtherWriter) {
        let catalog = catalog
        return try await WorkerPool.detached {
          try catalog.write { db in
            _ = try Catalog.insertCollection(checked, db)
            return try catalog.collection(checked.name, db)
          }
        }
      }
    }
  }

  /// Deletes a collection with its documents, vectors and files; the default collection is empty
  /// afterwards.
  ///
  /// - Returns: what it was.
  /// - Throws: `collection-missing`, `store-locked`.
  @discardableResult
  public func deleteCollection(
    _ name: String, waitForOtherWriter: Bool = false
  ) async throws(HarkError) -> CollectionRecord {
    try await HarkError.wrapping {
      try await writing(wait: waitForOtherWriter) {
        let (catalog, index) = (catalog, index)
        return try await WorkerPool.detached {
          let deleted = try catalog.deleteCollection(name)
          try index.removeStrays()
          // Nothing of it stays in the log either.
          try catalog.emptyLog()
          return deleted
        }
      }
    }
  }
}
