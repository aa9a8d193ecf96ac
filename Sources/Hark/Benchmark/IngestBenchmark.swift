import Documents
import Foundation
import GRDB
import Machine

/// Measures an ingest against what its encoder reaches alone.
public enum IngestBenchmark {
  /// The most chunks that are embedded alone, spread over all documents.
  private static let sample = 1024

  /// Ingests paths into a store of its own, which is removed afterwards.
  ///
  /// - Parameters:
  ///   - paths: files and folders.
  ///   - isStubbed: whether vectors are spun from hashes, which shows what everything but embedding
  ///     costs; nothing is embedded alone then.
  ///   - model: the folder of the embedding model; nil for the default.
  ///   - folder: where the store is made; nil for the system's folder of temporary files.
  ///   - progress: called as the documents are ingested.
  /// - Throws: what an ingest throws.
  public static func run(
    _ paths: [String], isStubbed: Bool = false, model: String? = nil, folder: String? = nil,
    progress: (@Sendable (IngestProgress) -> Void)? = nil
  ) async throws(HarkError) -> IngestMeasurement {
    let parent = folder.map { URL(filePath: $0) } ?? FileManager.default.temporaryDirectory
    let store = parent.appending(path: "hark-bench-\(UUID())")
    defer { try? FileManager.default.removeItem(at: store) }
    let engine = try await Engine(
      store: store.path, model: model, access: .createIfMissing, isStubbed: isStubbed)
    let report = try await engine.ingest(paths, progress: progress)
    let again = try await engine.ingest(paths)
    let alone = isStubbed ? nil : try await engine.embeddingRate(sample: sample)
    return IngestMeasurement(
      files: report.counts.added, failed: report.failures.count, chunks: report.chunks,
      chunksReused: report.chunksReused, tokens: report.tokens, isStubbed: isStubbed,
      seconds: report.seconds, chunksPerSecond: report.chunksPerSecond,
      embeddingChunksPerSecond: alone.map {
        $0 * Double(report.chunks) / Double(max(1, report.tokens))
      }, secondsAgain: again.seconds,
      peakMemoryBytes: report.peakMemoryBytes)
  }
}

/// What an ingest took.
public struct IngestMeasurement: Sendable, Encodable {
  /// Documents that were ingested.
  public let files: Int
  /// Files that could not be.
  public let failed: Int
  /// Chunks that were committed.
  public let chunks: Int
  /// Chunks whose vector was known from equal text.
  public let chunksReused: Int
  /// Tokens of the chunks.
  public let tokens: Int
  /// Whether the vectors were stubs.
  public let isStubbed: Bool
  /// Seconds from start to end, sealing included.
  public let seconds: Double
  /// Chunks committed a second.
  public let chunksPerSecond: Double
  /// Chunks that the encoder alone embeds a second, from the tokens of a sample of the same chunks;
  /// nil for stubs.
  public let embeddingChunksPerSecond: Double?
  /// Seconds of the same ingest once more, when nothing had changed.
  public let secondsAgain: Double
  /// The greatest memory of the process tree beside mapped files, in bytes.
  public let peakMemoryBytes: Int64

  /// Chunks a second as a share of what embedding alone reaches, reused chunks left out.
  public var shareOfEmbedding: Double? {
    embeddingChunksPerSecond.map { Double(chunks - chunksReused) / seconds / $0 }
  }

  enum CodingKeys: String, CodingKey {
    case files, failed, chunks, tokens, seconds
    case chunksReused = "chunks_reused"
    case isStubbed = "stub"
    case chunksPerSecond = "chunks_per_s"
    case embeddingChunksPerSecond = "embedding_chunks_per_s"
    case shareOfEmbedding = "share_of_embedding"
    case secondsAgain = "seconds_again"
    case peakMemoryBytes = "peak_memory_bytes"
  }

  /// Writes the figures and the derived share.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(files, forKey: .files)
    try container.encode(failed, forKey: .failed)
    try container.encode(chunks, forKey: .chunks)
    try container.encode(chunksReused, forKey: .chunksReused)
    try container.encode(tokens, forKey: .tokens)
    try container.encode(isStubbed, forKey: .isStubbed)
    try container.encode(seconds, forKey: .seconds)
    try container.encode(chunksPerSecond, forKey: .chunksPerSecond)
    try container.encode(embeddingChunksPerSecond, forKey: .embeddingChunksPerSecond)
    try container.encode(shareOfEmbedding, forKey: .shareOfEmbedding)
    try container.encode(secondsAgain, forKey: .secondsAgain)
    try container.encode(peakMemoryBytes, forKey: .peakMemoryBytes)
  }
}

extension Engine {
  /// Tokens that the encoder takes a second when nothing else is done, those of titles not counted.
  ///
  /// - Parameter sample: the most chunks that are embedded, spread over all documents.
  fileprivate func embeddingRate(sample: Int) async throws(HarkError) -> Double? {
    try await detached { [self] catalog in
      let scope = try catalog.read { db in try catalog.scope(CollectionRecord.defaultName, db) }
      let model = try model(of: scope)
      let cutter = scope.cutter(for: model)
      var chunks: [PreparedChunk] = []
      for id in try catalog.documentIDs(in: scope.id) {
        let document = try catalog.read { db in try catalog.parsedDocument(id, db) }
        chunks += cutter.chunks(of: document.document)
      }
      let step = max(1, chunks.count / sample)
      let chosen = stride(from: 0, to: chunks.count, by: step).map { chunks[$0] }
      guard !chosen.isEmpty else { return nil }
      let clock = ContinuousClock()
      let start = clock.now
      _ = try model.encode(chosen.map(\.embeddedText))
      let seconds = (clock.now - start) / .seconds(1)
      return Double(chosen.reduce(0) { $0 + $1.chunk.tokenCount }) / seconds
    }
  }
}
