import Documents
import GRDB

extension Catalog {
  private static let collectionQuery = """
    SELECT c.*,
      (SELECT count(*) FROM rag_documents WHERE collection_id = c.id) AS documents,
      (SELECT count(*) FROM rag_chunks WHERE collection_id = c.id) AS chunks
    FROM collections c
    """

  /// All collections by name.
  func collections(_ db: Database) throws -> [CollectionRecord] {
    try CatalogRow.fetchAll(db, sql: "\(Self.collectionQuery) ORDER BY name")
      .map(CollectionRecord.init(row:))
  }

  /// The collection of a name.
  ///
  /// - Throws: `collection-missing`.
  func collection(_ name: String, _ db: Database) throws -> CollectionRecord {
    guard
      let row = try CatalogRow.fetchOne(
        db, sql: "\(Self.collectionQuery) WHERE c.name = ?", arguments: [name])
    else { throw HarkError.noCollection(name) }
    return try CollectionRecord(row: row)
  }

  /// The collection of a name, without the counts of its documents and chunks.
  ///
  /// - Throws: `collection-missing`.
  func scope(_ name: String, _ db: Database) throws -> CollectionScope {
    let row = try CatalogRow.fetchOne(
      db, sql: "SELECT * FROM collections WHERE name = ?", arguments: [name])
    guard let row else { throw HarkError.noCollection(name) }
    return try CollectionScope(row: row)
  }

  /// The collection of an id, without the counts of its documents and chunks.
  ///
  /// - Throws: `collection-missing`.
  func scope(_ id: Int64, _ db: Database) throws -> CollectionScope {
    let row = try CatalogRow.fetchOne(
      db, sql: "SELECT * FROM collections WHERE id = ?", arguments: [id])
    guard let row else { throw HarkError.noCollection("\(id)") }
    return try CollectionScope(row: row)
  }

  /// Adds a collection with its own full text.
  ///
  /// - Throws: `collection-exists`.
  static func insertCollection(_ settings: CollectionSettings, _ db: Database) throws -> Int64 {
    let isTaken = try Bool.fetchOne(
      db, sql: "SELECT EXISTS (SELECT 1 FROM collections WHERE name = ?)",
      arguments: [settings.name])
    guard isTaken != true else {
      throw HarkError(
        .collectionExists,
        "there is a collection \(settings.name.debugDescription) already: choose another name, or "
          + "delete it with `hark collections delete`")
    }
    try db.execute(
      sql: """
        INSERT INTO collections(name, description, model_path, chunk_tokens, chunk_overlap,
          chunker_version, created_at, updated_at)
        VALUES (?, ?, ?, ?, ?, ?, \(now), \(now))
        """,
      arguments: [
        settings.name, settings.description, settings.model, settings.chunkTokens,
        settings.chunkOverlap, Chunker.version,
      ])
    return db.lastInsertedRowID
  }

  /// Deletes a collection with all that belongs to it, in one transaction.
  ///
  /// - Returns: what it was.
  /// - Throws: `collection-missing`.
  func deleteCollection(_ name: String) throws(HarkError) -> CollectionRecord {
    try write { db in
      let collection = try self.collection(name, db)
      for table in [
        "rag_chunks", "rag_documents", "index_segments", "index_masks", "renamed_chunks",
        "ingest_failures",
      ] {
        try db.execute(
          sql: "DELETE FROM \(table) WHERE collection_id = ?", arguments: [collection.id])
      }
      try db.execute(sql: "DELETE FROM collections WHERE id = ?", arguments: [collection.id])
      if name == CollectionRecord.defaultName {
        _ = try Self.insertCollection(CollectionSettings(name: name), db)
      }
      try db.execute(sql: "UPDATE store SET seal_count = seal_count + 1 WHERE id = 1")
      try advanceGeneration(db)
      return collection
    }
  }

  /// Binds a collection to a model, upon its first ingest, or checks that it is bound to this one.
  ///
  /// - Throws: `model-mismatch` where its vectors are another model's.
  func bind(_ collection: Int64, to model: EmbeddingModel) throws(HarkError) {
    let known = try read { db in
      try CatalogRow.fetchOne(
        db, sql: "SELECT name, model_name, model_fingerprint FROM collections WHERE id = ?",
        arguments: [collection]
      ).map { (try $0[0] as String, try $0[orNil: 1] as String?, try $0[orNil: 2] as String?) }
    }
    if let known, let fingerprint = known.2 {
      guard fingerprint == model.fingerprint else {
        throw HarkError.otherModel(known.1 ?? fingerprint, than: model.name, collection: known.0)
      }
      return
    }
    try write { db in
      try db.execute(
        sql: """
          UPDATE collections SET model_name = ?, model_fingerprint = ?, dimension = ?,
            model_path = coalesce(model_path, ?), updated_at = \(Self.now)
          WHERE id = ?
          """,
        arguments: [
          model.name, model.fingerprint, model.dimension, model.path, collection,
        ])
    }
  }
}

/// What reading, searching and sealing have to know of a collection.
struct CollectionScope: Sendable, Hashable {
  /// The collection's id.
  var id: Int64
  /// Its name.
  var name: String
  /// The name of its model; nil before the first ingest, as the fingerprint and the dimension.
  var model: String?
  /// The folder of its model where it was named.
  var modelPath: String?
  /// What tells its model from every other one.
  var modelFingerprint: String?
  /// The numbers in a vector.
  var dimension: Int?
  /// The tokens that a chunk is filled up to.
  var chunkTokens: Int
  /// The sentences that a chunk repeats of the one before it.
  var chunkOverlap: Int
}

extension CollectionScope {
  init(row: CatalogRow) throws {
    try self.init(
      id: row["id"], name: row["name"], model: row[orNil: "model_name"],
      modelPath: row[orNil: "model_path"],
      modelFingerprint: row[orNil: "model_fingerprint"], dimension: row[orNil: "dimension"],
      chunkTokens: row["chunk_tokens"], chunkOverlap: row["chunk_overlap"])
  }

  /// What cuts the documents of the collection: chunks may exceed what they are filled up to by a
  /// quarter, where nothing is left over then, and never what the model reads.
  func cutter(for model: EmbeddingModel) -> DocumentCutter {
    let limit = min(model.tokenLimit, chunkTokens * 127 / 100)
    let options = Chunker.Options(
      targetTokens: min(chunkTokens, limit), limitTokens: limit, overlapSentences: chunkOverlap)
    return DocumentCutter(
      chunker: Chunker(options: options, countTokens: model.countTokens),
      tokenLimit: model.tokenLimit)
  }
}

extension CollectionRecord {
  init(row: CatalogRow) throws {
    try self.init(
      id: row["id"], name: row["name"], description: row[orNil: "description"],
      model: row[orNil: "model_name"],
      modelPath: row[orNil: "model_path"], modelFingerprint: row[orNil: "model_fingerprint"],
      dimension: row[orNil: "dimension"], chunkTokens: row["chunk_tokens"],
      chunkOverlap: row["chunk_overlap"], chunkerVersion: row["chunker_version"],
      createdAt: row["created_at"], documents: row["documents"], chunks: row["chunks"])
  }
}

extension HarkError {
  static func noCollection(_ name: String) -> HarkError {
    HarkError(
      .collectionMissing,
      "there is no collection \(name.debugDescription): `hark collections list` shows those there "
        + "are, and `hark collections create` makes one")
  }

  static func otherModel(_ known: String, than given: String, collection: String) -> HarkError {
    HarkError(
      .modelMismatch,
      "the vectors of the collection \(collection) were made by the model \(known), not by the one "
        + "given (\(given)): name that model with --model, ingest into another collection, or move "
        + "this one to the new model with `hark collections reembed`")
  }
}
