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
  /// Who follows the tasks, and who waits for one.
  let followers: TaskFollowers
  let bell = TaskBell()
  private let reader: IndexReader
  private let texts: TextIndexReader
  private let filters: FilterCompiler
  private let namedModel: String?
  private let loadedModels = Mutex<[String: EmbeddingModel]>([:])
  private let openedChat = Mutex<ChatStore?>(nil)
  /// How many texts are embedded before a canceled task is noticed.
  private static let textsAtOnce = 64
  /// The parser, whose process serves all ingests of this engine.
  private let startedParser = Mutex<DocumentParser?>(nil)
  /// Whether vectors are spun from hashes instead of computed, for measurements.
  private let isStubbed: Bool

  /// Opens a store.
  ///
  /// - Parameters:
  ///   - store: the store's folder; nil for `HARK_STORE`, else `./indexes/default` where a folder
  ///     `indexes` exists, else `$XDG_DATA_HOME/hark/default`.
  ///   - model: the folder of the embedding model; nil for the collection's own, else `HARK_MODEL`,
  ///     else the default model.
  ///   - access: whether an empty store is made where there is none.
  /// - Throws: `store-missing`, `store-unavailable`, `store-too-new`, `catalog-damaged`.
  public convenience init(
    store: String? = nil, model: String? = nil, access: Access = .createIfMissing
  ) async throws(HarkError) {
    try await self.init(store: store, model: model, access: access, isStubbed: false)
  }

  /// Opens a store whose vectors may be stubs.
  init(
    store: String?, model: String?, access: Access = .createIfMissing, isStubbed: Bool
  ) async throws(HarkError) {
    self.isStubbed = isStubbed
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
    let vocabularies = VocabularyReader(store: storePath)
    index = IndexWriter(catalog: catalog, folder: segments, vocabularies: vocabularies)
    followers = TaskFollowers(catalog: catalog)
    reader = IndexReader(catalog: catalog, folder: segments)
    texts = TextIndexReader(catalog: catalog, folder: segments, vocabularies: vocabularies)
    filters = FilterCompiler(catalog: catalog)
  }

  // MARK: Reading

  /// The passages that answer a query best.
  ///
  /// - Parameters:
  ///   - query: a question or some words, in any language.
  ///   - options: how many hits, and how they are ranked.
  /// - Throws: `invalid-argument`, `filter-invalid`, `model-missing`, `model-mismatch`.
  public func search(
    _ query: String, options: SearchOptions = SearchOptions()
  ) async throws(HarkError) -> SearchResult {
    let (answer, time) = try await timed(query, options) { search in
      try search.searcher.answer(search.query, options: options)
    }
    return SearchResult(
      query: query, mode: options.mode, tookMilliseconds: time / .milliseconds(1),
      confidence: answer.confidence, hits: answer.hits, explanation: answer.explanation)
  }

  /// The passages that answer a query best, as one text for a language model, with numbered
  /// citations.
  ///
  /// Hits are taken best first while they fit into the budget; neighbours are joined, and stand in
  /// reading order.
  ///
  /// - Parameters:
  ///   - query: a question or some words, in any language.
  ///   - budget: how many tokens the text may have, 1 to 1,000,000, as the collection's embedding
  ///     model counts them.
  ///   - options: how many hits are considered, and how they are ranked.
  /// - Throws: as ``search(_:options:)``.
  public func context(
    for query: String, budget: Int = 2_000, options: SearchOptions = SearchOptions(limit: 20)
  ) async throws(HarkError) -> SearchContext {
    guard (1...1_000_000).contains(budget) else {
      throw HarkError(
        .invalidArgument, "budget_tokens is \(budget): give a number from 1 to 1000000")
    }
    let ((selection, confidence), time) = try await timed(query, options) { [self] search in
      let model = try model(of: search.searcher.collection)
      return try search.searcher.context(
        search.query, options: options, budget: budget, countTokens: model.countTokens)
    }
    return SearchContext(
      query: query, mode: options.mode, tookMilliseconds: time / .milliseconds(1),
      budgetTokens: budget, confidence: confidence, selection)
  }

  /// Documents, oldest first.
  ///
  /// - Parameter collection: the collection whose documents are wanted; nil for all.
  /// - Throws: `collection-missing`.
  public func documents(in collection: String? = nil) async throws(HarkError) -> [DocumentRecord] {
    try await detached { catalog in
      let id = try collection.map { name in
        try catalog.read { db in try catalog.scope(name, db).id }
      }
      return try catalog.documents(in: id)
    }
  }

  /// Some documents, oldest first, and where the next ones begin.
  ///
  /// - Parameters:
  ///   - limit: the greatest number of documents, 1 to 1,000.
  ///   - cursor: where the last page ended; nil for the oldest.
  /// - Throws: `collection-missing`, `invalid-argument`.
  public func documents(
    in collection: String? = nil, limit: Int, after cursor: String? = nil
  ) async throws(HarkError) -> DocumentPage {
    let after = try PageLimits.check(limit, cursor)
    return try await detached { catalog in
      let id = try collection.map { name in
        try catalog.read { db in try catalog.scope(name, db).id }
      }
      let found = try catalog.documents(in: id, after: after ?? 0, limit: limit + 1)
      let page = Array(found.prefix(limit))
      return DocumentPage(
        documents: page, cursor: found.count > limit ? page.last.map { String($0.id) } : nil)
    }
  }

  /// A chunk with its text, and the document that holds it.
  ///
  /// - Throws: `chunk-missing`.
  public func chunk(_ id: Int64) async throws(HarkError) -> ChunkPassage {
    try await detached { catalog in
      try catalog.read { db in
        guard let row = try catalog.chunkRow(id, db) else { throw HarkError.noChunk(id) }
        return ChunkPassage(document: row.document, chunk: row.reference, text: row.text)
      }
    }
  }

  /// The vectors of texts by the model of a collection.
  ///
  /// - Parameter collection: nil for the default collection.
  /// - Throws: `collection-missing`, `model-missing`; `canceled` where the task is canceled, within
  ///   the time of some texts.
  public func embed(
    _ texts: [String], for collection: String? = nil
  ) async throws(HarkError) -> Embeddings {
    try await HarkError.wrapping {
      let model = try await WorkerPool.detached { [self] in
        let scope = try catalog.read { db in
          try catalog.scope(collection ?? CollectionRecord.defaultName, db)
        }
        return try self.model(of: scope)
      }
      // A part at a time, so that a canceled task ends soon.
      var values: [Float] = []
      var done = 0
      while done < texts.count {
        try Task.checkCancellation()
        let part = Array(texts[done..<min(done + Self.textsAtOnce, texts.count)])
        values += try await WorkerPool.detached { try model.encode(part) }
        done += part.count
      }
      return Embeddings(count: texts.count, dimension: model.dimension, values: values)
    }
  }

  /// A document with its text and chunks.
  ///
  /// - Throws: `document-missing`.
  public func document(_ id: Int64) async throws(HarkError) -> DocumentContents {
    try await detached { catalog in try catalog.document(id) }
  }

  /// The names of the collections that hold some of the documents.
  package func collections(ofDocuments ids: [Int64]) async throws(HarkError) -> Set<String> {
    try await detached { catalog in
      try catalog.read { db in try catalog.collections(ofDocuments: ids, db) }
    }
  }

  /// The documents that hold some of the chunks.
  package func documents(ofChunks ids: [Int64]) async throws(HarkError) -> [Int64] {
    try await detached { catalog in
      try catalog.read { db in
        try Set(ids.compactMap { try catalog.chunkRow($0, db)?.document.id }).sorted()
      }
    }
  }

  // MARK: Parts

  /// The parser for files up to a size, of the priority of the task's other work.
  ///
  /// - Throws: `parser-missing`.
  func parser(maximumFileSize: Int64 = IngestOptions().maximumFileSize) throws -> DocumentParser {
    let limits = ParserLimits(
      inputBytes: Int(clamping: maximumFileSize), nice: Int(WorkerPool.nice))
    return try startedParser.withLock { started in
      if let started, started.limits == limits { return started }
      let parser = try DocumentParser(limits: limits)
      started = parser
      return parser
    }
  }

  /// The model of a collection, loaded when it is first needed.
  ///
  /// - Throws: `model-missing`, and what is wrong with a model's files.
  func model(of collection: CollectionScope) throws(HarkError) -> EmbeddingModel {
    let named = namedModel ?? collection.modelPath
    var name = collection.model ?? Locations.defaultModel
    if isStubbed, name.hasSuffix(EmbeddingModel.stubSuffix) {
      name.removeLast(EmbeddingModel.stubSuffix.count)
    }
    return try model(at: named, name: name)
  }

  /// A model, loaded when it is first needed.
  ///
  /// - Parameters:
  ///   - named: the model's folder; nil to look for its name in the usual places.
  ///   - name: the model's name.
  func model(at named: String?, name: String) throws(HarkError) -> EmbeddingModel {
    let folder = try Locations.model(named, name: name)
    return try loadedModels.withLock { loaded throws(HarkError) in
      if let known = loaded[folder] { return known }
      let encoder: SentenceEncoder
      do throws(EmbeddingError) {
        encoder = try SentenceEncoder(modelFolder: folder)
      } catch {
        throw HarkError(wrapping: error)
      }
      let model = EmbeddingModel(encoder, path: named == nil ? nil : folder)
      loaded[folder] = isStubbed ? model.stub : model
      return isStubbed ? model.stub : model
    }
  }

  /// The database of the chat log, opened when it is first needed.
  func chatStore() throws(HarkError) -> ChatStore {
    try openedChat.withLock { opened throws(HarkError) in
      if let opened { return opened }
      let store = try ChatStore(path: "\(storePath)/\(ChatStore.fileName)")
      opened = store
      return store
    }
  }

  /// A query that is ready to be answered.
  struct PreparedSearch {
    let searcher: Searcher
    let query: PreparedQuery
  }

  /// Checks and embeds a query, and answers it on a thread of its own.
  ///
  /// - Returns: the answer, and the time from the call to its end.
  func timed<T: Sendable>(
    _ query: String, _ options: SearchOptions,
    _ answer: @escaping @Sendable (PreparedSearch) throws -> T
  ) async throws(HarkError) -> (T, Duration) {
    try options.check()
    let syntax = try PreparedQuery.check(query)
    let clock = ContinuousClock()
    let start = clock.now
    let found = try await HarkError.wrapping {
      try await WorkerPool.detached { [self] in try answer(prepare(query, syntax, options)) }
    }
    return (found, clock.now - start)
  }

  private func prepare(
    _ query: String, _ syntax: QuerySyntax, _ options: SearchOptions
  ) throws -> PreparedSearch {
    let collection = try catalog.read { db in try catalog.scope(options.collection, db) }
    var vector: [Float]?
    var tokens = 0
    if options.mode != .text {
      let model = try model(of: collection)
      if let known = collection.modelFingerprint, known != model.fingerprint {
        throw HarkError.otherModel(
          collection.model ?? known, than: model.name, collection: collection.name)
      }
      vector = try model.encode([syntax.words])
      tokens = model.countTokens(syntax.words[...])
    }
    return PreparedSearch(
      searcher: Searcher(
        catalog: catalog, index: reader, texts: texts, filters: filters, collection: collection),
      query: PreparedQuery(
        query, syntax, try index.vocabularies.current(), vector: vector, tokenCount: tokens))
  }

  /// Runs a body on a thread of its own.
  func detached<T: Sendable>(
    _ body: @escaping @Sendable (Catalog) throws -> T
  ) async throws(HarkError) -> T {
    let catalog = catalog
    return try await HarkError.wrapping { try await WorkerPool.detached { try body(catalog) } }
  }
}
