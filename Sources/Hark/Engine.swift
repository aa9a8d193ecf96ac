import Documents
import Embedding
import Foundation
import Machine
import Synchronization

/// A store of documents and everything that can be done with it.
///
/// ```swift
/// let engine = try await Engine(store: "indexes/handbook")
/// try await engine.ingest(["handbook"])
/// for hit in try await engine.search("How many days of leave do I have?").hits {
///   print(hit.rank, hit.document.name, hit.chunk.pageNumber ?? 0, hit.text)
/// }
/// ```
///
/// Any number of engines, in any number of processes, may read one store at a time; one of them
/// may write. A search sees what was committed before it began. All methods may be called from any
/// task; heavy work runs on threads of Hark's own.
public final class Engine: Sendable {
  /// Whether opening may make a store.
  public enum Access: Sendable {
    /// An empty store is made where there is none.
    case createIfMissing
    /// The store must be there.
    case existing
  }

  /// The store's folder.
  public let storePath: String
  let catalog: Catalog
  let index: IndexWriter
  private let reader: IndexReader
  private let namedModel: String?
  private let loadedEncoder = Mutex<SentenceEncoder?>(nil)

  /// Opens a store.
  ///
  /// - Parameters:
  ///   - store: the store's folder; nil for `HARK_STORE`, else `./indexes/default` where a folder
  ///     `indexes` exists, else `$XDG_DATA_HOME/hark/default`.
  ///   - model: the folder of the embedding model; nil for `HARK_MODEL`, else the default model.
  ///   - access: whether an empty store is made where there is none.
  /// - Throws: `store-missing`, `store-unavailable`, `store-too-new`, `catalog-damaged`.
  public init(
    store: String? = nil, model: String? = nil, access: Access = .createIfMissing
  ) async throws(HarkError) {
    storePath = Locations.store(store)
    namedModel = model
    let segments = "\(storePath)/segments"
    let database = "\(storePath)/catalog.sqlite"
    if access == .existing, !FileManager.default.fileExists(atPath: database) {
      throw HarkError(
        .storeMissing,
        "there is no store at \(storePath): make one with `hark ingest`, or name another with "
          + "--store or HARK_STORE")
    }
    do {
      try FileManager.default.createDirectory(
        atPath: segments, withIntermediateDirectories: true)
    } catch {
      throw HarkError(
        .storeUnavailable,
        "the folder \(segments) cannot be made (\(error.localizedDescription)): "
          + "check the permissions of its parent", cause: error)
    }
    catalog = try Catalog(path: database)
    index = IndexWriter(catalog: catalog, folder: segments)
    reader = IndexReader(catalog: catalog, folder: segments)
  }

  // MARK: Writing

  /// Ingests files and folders: parses, cuts, embeds, commits and indexes what is new.
  ///
  /// Files that the store holds already, by their stamp or content, are left alone; a changed file
  /// takes the place of its former content in one transaction. What fails is in the report.
  ///
  /// - Parameters:
  ///   - paths: files and folders.
  ///   - options: limits, and whether to wait for another writer.
  ///   - progress: called often, from any thread.
  /// - Returns: the account of what was done.
  /// - Throws: `store-locked`, `path-missing`, `model-missing`, `model-mismatch`, `disk-full`. What
  ///   was committed before stays.
  @discardableResult
  public func ingest(
    _ paths: [String], options: IngestOptions = IngestOptions(),
    progress: (@Sendable (IngestProgress) -> Void)? = nil
  ) async throws(HarkError) -> IngestReport {
    try await HarkError.wrapping {
      let limits = ParserLimits(inputBytes: Int(clamping: options.maximumFileSize))
      let parser = try DocumentParser(limits: limits)
      return try await writing(wait: options.waitForOtherWriter) {
        var ingestor = try await ingestor(progress)
        return try await ingestor.ingest(paths, parser: parser)
      }
    }
  }

  /// Deletes documents with their chunks and vectors, all or none.
  ///
  /// - Returns: the number of chunks deleted.
  /// - Throws: `document-missing`, `store-locked`.
  @discardableResult
  public func deleteDocuments(
    _ ids: [Int64], waitForOtherWriter: Bool = false
  ) async throws(HarkError) -> Int {
    try await HarkError.wrapping {
      try await writing(wait: waitForOtherWriter) {
        let (catalog, index) = (catalog, index)
        return try await WorkerPool.detached {
          let chunks = try catalog.deleteDocuments(ids)
          // The deletion is done; a seal that fails now is done by the next writer.
          try? index.seal()
          return chunks
        }
      }
    }
  }

  /// Builds the vector index and the full text anew from the catalog.
  ///
  /// - Throws: `store-locked`, `disk-full`.
  @discardableResult
  public func rebuildIndex(waitForOtherWriter: Bool = false) async throws(HarkError) -> IndexStatus
  {
    try await HarkError.wrapping {
      try await writing(wait: waitForOtherWriter) {
        let (catalog, index) = (catalog, index)
        try await WorkerPool.detached {
          try catalog.write { db in try catalog.analyseAgain(db) }
          try index.rebuild()
        }
      }
    }
    return try await indexStatus()
  }

  // MARK: Reading

  /// The passages that answer a query best.
  ///
  /// - Parameters:
  ///   - query: a question or some words, in any language.
  ///   - options: how many hits, and how they are ranked.
  /// - Throws: `invalid-argument`, `model-missing`, `model-mismatch`.
  public func search(
    _ query: String, options: SearchOptions = SearchOptions()
  ) async throws(HarkError) -> SearchResult {
    guard (1...1000).contains(options.limit) else {
      throw HarkError(.invalidArgument, "limit is \(options.limit): give a number from 1 to 1000")
    }
    guard query.contains(where: { !$0.isWhitespace }) else {
      throw HarkError(.invalidArgument, "query is empty: give at least one word")
    }
    let clock = ContinuousClock()
    let start = clock.now
    let hits = try await HarkError.wrapping {
      try await WorkerPool.detached { [self] in try answer(query, options) }
    }
    return SearchResult(
      query: query, mode: options.mode,
      tookMilliseconds: (clock.now - start) / .milliseconds(1), hits: hits)
  }

  /// All documents, oldest first.
  public func documents() async throws(HarkError) -> [DocumentRecord] {
    try await detached { catalog in try catalog.documents() }
  }

  /// A document with its text and chunks.
  ///
  /// - Throws: `document-missing`.
  public func document(_ id: Int64) async throws(HarkError) -> DocumentContents {
    try await detached { catalog in try catalog.document(id) }
  }

  /// What the vector index consists of.
  public func indexStatus() async throws(HarkError) -> IndexStatus {
    try await detached { catalog in try catalog.indexStatus() }
  }

  /// Reads the whole index and holds it against the catalog.
  public func verifyIndex() async throws(HarkError) -> IndexVerification {
    let folder = index.folder
    return try await detached { catalog in
      try IndexVerifier(catalog: catalog, folder: folder).verify()
    }
  }

  // MARK: Parts

  /// The encoder, loaded when it is first needed.
  func encoder() throws(HarkError) -> SentenceEncoder {
    try loadedEncoder.withLock { loaded throws(HarkError) in
      if let loaded { return loaded }
      let encoder = try Embedder(model: namedModel).encoder
      loaded = encoder
      return encoder
    }
  }

  /// An ingestor with this store's model and chunker.
  func ingestor(_ progress: (@Sendable (IngestProgress) -> Void)?) async throws -> Ingestor {
    let encoder = try await WorkerPool.detached { [self] in try self.encoder() }
    try catalog.bind(
      model: encoder.name, fingerprint: encoder.fingerprint, dimension: encoder.dimension)
    return Ingestor(
      catalog: catalog, encoder: encoder, index: index, chunker: Self.chunker(for: encoder),
      progress: progress)
  }

  /// The chunker that fits a model: no chunk is longer than what the model reads.
  static func chunker(for encoder: SentenceEncoder) -> Chunker {
    let tokenizer = encoder.tokenizer
    let limit = max(1, encoder.maximumTokens - tokenizer.specialTokens)
    let options = Chunker.Options(targetTokens: min(200, limit), limitTokens: limit)
    return Chunker(options: options) { tokenizer.count($0) }
  }

  /// Runs a body under the store's writer lock, after the leftovers of a crash were removed.
  func writing<T>(wait: Bool, _ body: () async throws -> T) async throws -> T {
    let path = "\(storePath)/lock"
    let lock = try await WorkerPool.detached { try WriterLock(path, wait: wait) }
    defer { withExtendedLifetime(lock) {} }
    try await WorkerPool.detached { [catalog, index] in
      try index.removeStrays()
      try catalog.adoptAnalysis()
    }
    return try await body()
  }

  private func answer(_ query: String, _ options: SearchOptions) throws -> [SearchHit] {
    var vector: [Float]?
    var fusion = Fusion(tokens: 1, words: 1)
    if options.mode != .text {
      let encoder = try encoder()
      let state = try catalog.read { db in try catalog.state(db) }
      if let known = state.modelFingerprint, known != encoder.fingerprint {
        throw HarkError.otherModel(state.modelName ?? known, than: encoder.name)
      }
      vector = Array(try encoder.encode([query])[0])
      fusion = Fusion(tokens: encoder.tokenizer.count(query[...]), words: query.wordCount)
    }
    return try Searcher(catalog: catalog, index: reader)
      .hits(query, vector: vector, fusion: fusion, options: options)
  }

  private func detached<T: Sendable>(
    _ body: @escaping @Sendable (Catalog) throws -> T
  ) async throws(HarkError) -> T {
    let catalog = catalog
    return try await HarkError.wrapping { try await WorkerPool.detached { try body(catalog) } }
  }
}

/// The lock that one writing process holds; released with the last reference.
private final class WriterLock: Sendable {
  private let lock: FileLock

  init(_ path: String, wait: Bool) throws(MachineError) {
    lock = try FileLock(path, wait: wait)
  }
}

extension String {
  /// The words of the text, parted by spaces.
  fileprivate var wordCount: Int { split(whereSeparator: \.isWhitespace).count }
}
