import Foundation
import Machine

/// A measurement of how long searches in a store take, end to end and by stage, one after another.
public struct SearchBenchmark: Sendable {
  /// Where the queries come from.
  public enum Queries: Sendable {
    /// Headings and beginnings of passages, spread over the collection, the same in every run.
    case sample
    /// Queries of one's own; blank ones are passed over.
    case texts([String])
  }

  /// The store's folder; nil for the usual one.
  public var store: String?
  /// The folder of the embedding model; nil for the collection's own.
  public var model: String?
  /// The collection that is searched.
  public var collection: String
  /// Makes a store of this many chunks of generated text with stubs of vectors, and measures it; nil
  /// to measure the store that is there. Without a folder of its own it is removed afterwards.
  public var syntheticChunks: Int?
  /// Where a store that has no folder of its own is made; nil for the system's folder of temporary
  /// files.
  public var scratch: String?
  /// What is searched for.
  public var queries: Queries
  /// How hits are ranked, measured in turns.
  public var modes: [SearchMode]
  /// Which chunks may be found; all if nil.
  public var filter: SearchFilter?
  /// The greatest number of hits.
  public var limit: Int
  /// How many times all queries are asked in each mode.
  public var rounds: Int
  /// How many rounds come before that and do not count.
  public var warmUpRounds: Int

  /// The most queries that a sample has.
  private static let sampleSize = 100
  /// The most words of a sampled query.
  private static let sampleWords = 12
  /// The most chunks that are generated.
  private static let mostChunks = 1_000_000

  /// A measurement that is still to be run.
  public init(
    store: String? = nil, model: String? = nil, collection: String = CollectionRecord.defaultName,
    syntheticChunks: Int? = nil, scratch: String? = nil, queries: Queries = .sample,
    modes: [SearchMode] = SearchMode.allCases, filter: SearchFilter? = nil, limit: Int = 10,
    rounds: Int = 3, warmUpRounds: Int = 1
  ) {
    self.store = store
    self.model = model
    self.collection = collection
    self.syntheticChunks = syntheticChunks
    self.scratch = scratch
    self.queries = queries
    self.modes = modes
    self.filter = filter
    self.limit = limit
    self.rounds = rounds
    self.warmUpRounds = warmUpRounds
  }

  /// Asks all queries and measures.
  ///
  /// - Parameter progress: called as a synthetic store is made.
  /// - Throws: `invalid-argument`, `collection-missing`, and what opening, ingesting and searching
  ///   throw.
  public func run(
    progress: (@Sendable (IngestProgress) -> Void)? = nil
  ) async throws(HarkError) -> SearchMeasurement {
    try check()
    let parent = scratch.map { URL(filePath: $0) } ?? FileManager.default.temporaryDirectory
    let temporary = parent.appending(path: "hark-bench-\(UUID())")
    let isTemporary = syntheticChunks != nil && store == nil
    defer { if isTemporary { try? FileManager.default.removeItem(at: temporary) } }
    let engine: Engine
    if let syntheticChunks {
      let folder = store ?? temporary.path
      engine = try await Engine(store: folder, model: model, isStubbed: true)
      try await SyntheticCorpus.fill(
        engine, collection: collection, chunks: syntheticChunks, progress: progress)
    } else {
      engine = try await opened()
    }
    let status = try await engine.indexStatus(of: collection)
    guard status.chunks > 0 else {
      throw HarkError(
        .invalidArgument,
        "the collection \(collection) of \(engine.storePath) has no chunks: ingest something first, "
          + "or name another")
    }
    let texts = try await texts(from: engine)
    let times = try await measure(texts, engine)
    return SearchMeasurement(
      status, documents: try await engine.collection(collection).documents,
      isSynthetic: syntheticChunks != nil, queries: texts.count, settings: self, times: times)
  }

  private func check() throws(HarkError) {
    func require(_ isRight: Bool, _ message: String) throws(HarkError) {
      guard isRight else { throw HarkError(.invalidArgument, message) }
    }
    try require((1...1000).contains(limit), "limit is \(limit): give a number from 1 to 1000")
    try require(rounds > 0, "rounds are \(rounds): give at least 1")
    try require(warmUpRounds >= 0, "warm-up rounds are \(warmUpRounds): give at least 0")
    try require(!modes.isEmpty, "there are no modes to measure: give at least one")
    if let chunks = syntheticChunks {
      try require(
        (1...Self.mostChunks).contains(chunks),
        "\(chunks) chunks are to be made: give a number from 1 to \(Self.mostChunks)")
    }
  }

  /// The store that is there; one of stubs needs their model.
  private func opened() async throws(HarkError) -> Engine {
    let engine = try await Engine(store: store, model: model, access: .existing)
    let name = try await engine.indexStatus(of: collection).model
    guard name.hasSuffix(EmbeddingModel.stubSuffix) else { return engine }
    return try await Engine(store: store, model: model, access: .existing, isStubbed: true)
  }

  /// The queries without blank ones.
  private func texts(from engine: Engine) async throws(HarkError) -> [String] {
    let texts =
      switch queries {
      case .texts(let texts): texts
      case .sample: try await sample(from: engine)
      }
    let asked = texts.filter { $0.contains { !$0.isWhitespace } }
    guard !asked.isEmpty else {
      throw HarkError(.invalidArgument, "there are no queries: give at least one with a word")
    }
    return asked
  }

  /// Headings and beginnings of passages in turns, spread over all documents.
  private func sample(from engine: Engine) async throws(HarkError) -> [String] {
    let documents = try await engine.documents(in: collection).filter { $0.chunkCount > 0 }
    var texts: [String] = []
    for place in 0..<Self.sampleSize where !documents.isEmpty {
      let document = documents[place * documents.count / Self.sampleSize]
      let chunks = try await engine.document(document.id).chunks
      guard !chunks.isEmpty else { continue }
      // Steps by a prime reach other chunks where a document is taken more than once.
      let passage = chunks[place * 7919 % chunks.count]
      let heading =
        place % 2 == 0 ? passage.chunk.heading?.components(separatedBy: " > ").last : nil
      let sentence = passage.text.split { ".!?。\n".contains($0) }
        .first { $0.contains { !$0.isWhitespace } }
      let words = (heading ?? sentence.map(String.init) ?? "").split(whereSeparator: \.isWhitespace)
      let text = words.prefix(Self.sampleWords).joined(separator: " ")
      if !texts.contains(text) { texts.append(text) }
    }
    return texts
  }

  /// The times of all searches by mode; modes take turns, so that a slow minute strikes all alike.
  private func measure(
    _ texts: [String], _ engine: Engine
  ) async throws(HarkError) -> [[SearchTimes]] {
    var times: [[SearchTimes]] = modes.map { _ in [] }
    for round in 0..<warmUpRounds + rounds {
      for (place, mode) in modes.enumerated() {
        let options = SearchOptions(
          limit: limit, mode: mode, collection: collection, filter: filter)
        for text in texts {
          let time = try await engine.stages(of: text, options: options)
          if round >= warmUpRounds { times[place].append(time) }
        }
      }
    }
    return times
  }
}
