import Documents
import Embedding
import Foundation
import Machine

/// One ingest: walks folders, reads what is new, embeds it, commits it and seals the index.
///
/// Files are read a few ahead of the encoder, and committed in the order of their paths. A
/// document is committed whole or not at all; what was committed survives a kill at any point, and
/// the next ingest goes on from there. Used under the store's writer lock only.
struct Ingestor: Sendable {
  /// The files that are read at a time, which bounds the memory of a run.
  private static let readAhead = 4
  /// Documents are committed together once they have this many chunks: about a second's work, so
  /// that a kill costs little, and enough for all cores.
  private static let batchChunks = 32
  /// New stamps of files whose content is known are written together.
  private static let batchStamps = 1024
  /// The chunks that are embedded between two reports of progress.
  private static let embedChunks = 64

  let catalog: Catalog
  let encoder: SentenceEncoder
  let index: IndexWriter
  let chunker: Chunker
  let progress: (@Sendable (IngestProgress) -> Void)?

  private(set) var report = IngestReport()
  private var state = IngestProgress(
    phase: .scanning, filesDone: 0, filesTotal: 0, chunksDone: 0, bytesDone: 0, bytesTotal: 0,
    chunksPending: 0)
  private var pending: [PreparedDocument] = []
  private var pendingChunks = 0
  private var pendingStamps: [Int64: Int64] = [:]

  init(
    catalog: Catalog, encoder: SentenceEncoder, index: IndexWriter, chunker: Chunker,
    progress: (@Sendable (IngestProgress) -> Void)?
  ) {
    self.catalog = catalog
    self.encoder = encoder
    self.index = index
    self.chunker = chunker
    self.progress = progress
  }

  /// Ingests all files below `paths`.
  mutating func ingest(_ paths: [String], parser: DocumentParser) async throws -> IngestReport {
    let clock = ContinuousClock()
    let start = clock.now
    let memory = MemorySampler()
    publish()
    let walk = try await WorkerPool.detached { try FolderWalk(paths) }
    report.filesSeen = walk.filesSeen
    report.skipped = walk.skipped
    report.failures = walk.failures
    state.phase = .ingesting
    state.filesTotal = walk.files.count
    state.bytesTotal = walk.files.reduce(0) { $0 + $1.size }
    publish()
    let reader = FileReader(catalog: catalog, parser: parser, chunker: chunker)
    try await forEachOutcome(of: walk.files, reader) { ingestor, file, outcome in
      try await ingestor.take(outcome)
      ingestor.state.filesDone += 1
      ingestor.state.bytesDone += file.size
      ingestor.publish()
    }
    try await finish()
    report.seconds = (clock.now - start) / .seconds(1)
    report.peakMemoryBytes = memory.finish()
    return report
  }

  /// Ingests documents that a program holds as text.
  mutating func ingest(documents: [PreparedDocument]) async throws -> IngestReport {
    state.phase = .ingesting
    state.filesTotal = documents.count
    for document in documents {
      let known = try catalog.knownFile(document.path)
      if let known, known.contentHash == document.contentHash {
        try await take(.unchanged(known, modified: known.modified))
      } else {
        try await take(.prepared(document))
      }
      state.filesDone += 1
      publish()
    }
    try await finish()
    return report
  }

  /// Reads files a few ahead and hands the outcomes on in the order of the files.
  private mutating func forEachOutcome(
    of files: [FoundFile], _ reader: FileReader,
    _ body: (inout Ingestor, FoundFile, FileOutcome) async throws -> Void
  ) async throws {
    var ingestor = self
    defer { self = ingestor }
    try await withThrowingTaskGroup(of: (Int, FileOutcome).self) { group in
      var arrived: [Int: FileOutcome] = [:]
      var started = 0
      for next in files.indices {
        while started < files.count, started < next + Self.readAhead {
          let index = started
          group.addTask { (index, try await reader.read(files[index])) }
          started += 1
        }
        while arrived[next] == nil, let (index, outcome) = try await group.next() {
          arrived[index] = outcome
        }
        if let outcome = arrived.removeValue(forKey: next) {
          try await body(&ingestor, files[next], outcome)
        }
      }
    }
  }

  private mutating func take(_ outcome: FileOutcome) async throws {
    switch outcome {
    case .unchanged(let known, let modified):
      report.unchanged += 1
      if known.modified != modified { pendingStamps[known.id] = modified }
      if pendingStamps.count >= Self.batchStamps { try commitStamps() }
    case .failed(let failure):
      report.failures.append(failure)
    case .prepared(let document):
      pending.append(document)
      pendingChunks += document.chunks.count
      if pendingChunks >= Self.batchChunks { try await commitPending() }
    }
  }

  private mutating func commitStamps() throws {
    try catalog.touch(pendingStamps)
    pendingStamps = [:]
  }

  /// Embeds and commits what waits.
  private mutating func commitPending() async throws {
    guard !pending.isEmpty else { return }
    var documents = pending
    pending = []
    pendingChunks = 0
    try await embed(&documents)
    let committed = documents
    let catalog = catalog
    let replaced = try await WorkerPool.detached { try catalog.commit(committed) }
    report.updated += replaced
    report.added += documents.count - replaced
    for document in documents {
      report.chunks += document.chunks.count
      report.tokens += document.chunks.reduce(0) { $0 + $1.chunk.tokenCount }
    }
    state.chunksDone = report.chunks
    publish()
    // Searches scan the tail, so it must not grow without bound while a long ingest runs.
    let index = index
    try await WorkerPool.detached { try index.sealLongTail() }
  }

  /// Fills in the vectors of all chunks: those of equal texts are looked up, the rest computed.
  private mutating func embed(_ documents: inout [PreparedDocument]) async throws {
    var texts: [Data: String] = [:]
    var order: [Data] = []
    for part in documents.lazy.flatMap(\.chunks) where texts[part.contentHash] == nil {
      texts[part.contentHash] = part.embeddedText
      order.append(part.contentHash)
    }
    var vectors = try catalog.embeddings(forHashes: order)
    report.chunksReused += documents.reduce(0) { $0 + $1.chunks.count }
    let unknown = order.filter { vectors[$0] == nil }
    report.chunksReused -= unknown.count
    let encoder = encoder
    for start in stride(from: 0, to: unknown.count, by: Self.embedChunks) {
      let hashes = unknown[start..<min(start + Self.embedChunks, unknown.count)]
      let batch = hashes.compactMap { texts[$0] }
      let encoded = try await WorkerPool.detached { try encoder.encode(batch) }
      for (row, hash) in hashes.enumerated() {
        vectors[hash] = EmbeddingBlob.encode(encoded[row])
      }
      state.chunksDone = report.chunks + start + hashes.count
      publish()
    }
    for document in documents.indices {
      for chunk in documents[document].chunks.indices {
        let hash = documents[document].chunks[chunk].contentHash
        documents[document].chunks[chunk].embedding = vectors[hash] ?? Data()
      }
    }
  }

  private mutating func finish() async throws {
    try await commitPending()
    try commitStamps()
    state.phase = .indexing
    publish()
    let index = index
    do {
      try await WorkerPool.detached { try index.seal() }
    } catch {
      // What was committed is found without the seal, and the next writer seals again.
      report.warnings.append("The index was not sealed: \(HarkError(wrapping: error).message)")
    }
  }

  private mutating func publish() {
    state.chunksPending = pendingChunks
    progress?(state)
  }
}
