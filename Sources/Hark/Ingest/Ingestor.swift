import Documents
import Foundation
import Machine

/// Carries out the work of one ingest: reads, embeds, commits and seals at the same time.
///
/// ```
/// files → parser processes, several → chunks → encoder → commit, one at a time → seal
/// ```
///
/// Files are read a few ahead of the encoder and handed on in the order of their paths; a commit
/// runs while the encoder works on what comes next, and takes what was embedded meanwhile. So the
/// encoder never waits, and what lies between two stages is bounded. A document is committed whole
/// or not at all; what was committed survives a kill at any point, and the next ingest goes on
/// from there. Used under the store's writer lock only.
struct Ingestor: Sendable {
  /// The files that are read at a time.
  private static let readAhead = 4
  /// The bytes of the files that are read at a time, where they are more than one.
  private static let readAheadBytes: Int64 = 16 << 20
  /// Documents are embedded together once they have this many chunks: enough for all cores, and
  /// little enough that a kill or an interrupt costs less than a second.
  private static let batchChunks = 16
  /// Embedded chunks that may wait for a commit that is under way.
  private static let waitingChunks = 1024
  /// New stamps of files whose content is known are written together.
  private static let batchStamps = 1024

  let catalog: Catalog
  let collection: Int64
  /// What embeds chunks, and cuts documents into them; nil where no document is read.
  let model: EmbeddingModel?
  let cutter: DocumentCutter?
  let index: IndexWriter
  /// Asked between two pieces of work; throws where somebody wants the end.
  let checkpoint: @Sendable () throws -> Void
  let progress: (@Sendable (IngestProgress) -> Void)?

  private(set) var report: IngestReport
  private var state = IngestProgress(phase: .ingesting)
  private var pending: [PreparedDocument] = []
  private var pendingChunks = 0
  private var embedded = Commit()
  /// The vectors of ``embedded``, and those of the commit under way, by their texts' hashes.
  private var fresh: [Data: Data] = [:]
  private var flying: [Data: Data] = [:]
  private var inFlight: InFlight<CommitOutcome>?
  private var embedding: Batch?
  /// About how many chunks searches have to scan beside the segments.
  private var tail: Int

  init(
    catalog: Catalog, collection: Int64, model: EmbeddingModel?, cutter: DocumentCutter?,
    index: IndexWriter, tail: Int, report: IngestReport,
    checkpoint: @escaping @Sendable () throws -> Void,
    progress: (@Sendable (IngestProgress) -> Void)?
  ) {
    self.catalog = catalog
    self.collection = collection
    self.model = model
    self.cutter = cutter
    self.index = index
    self.report = report
    self.tail = tail
    self.checkpoint = checkpoint
    self.progress = progress
  }

  /// Carries out planned work on files.
  mutating func run(_ work: IngestWork, parser: DocumentParser?) async throws {
    let (catalog, collection) = (catalog, collection)
    try await WorkerPool.detached {
      try catalog.move(work.moves)
      try catalog.touch(work.touches)
      try catalog.clearFailures(work.forgotten, in: collection)
    }
    report.counts.moved = work.moves.count
    if let parser, let cutter {
      try await read(work.readings, FileReader(parser: parser, cutter: cutter))
    }
    // Last, so that texts which moved into other files find their vectors.
    for start in stride(from: 0, to: work.deletions.count, by: Self.batchStamps) {
      let ids = Array(work.deletions[start...].prefix(Self.batchStamps))
      _ = try await WorkerPool.detached { try catalog.deleteDocuments(ids) }
      report.counts.deleted += ids.count
    }
    try await seal()
  }

  /// Takes documents that a program hands over.
  mutating func run(_ documents: [PreparedDocument]) async throws {
    state.filesTotal = documents.count
    try await settling { ingestor in
      for document in documents {
        try await ingestor.take(.prepared(document), isNew: nil)
        ingestor.state.filesDone += 1
        ingestor.publish()
      }
      try await ingestor.drain()
    }
    try await seal()
  }

  // MARK: Reading

  private mutating func read(_ readings: [IngestWork.Reading], _ reader: FileReader) async throws {
    state.filesTotal = readings.count
    state.bytesTotal = readings.reduce(0) { $0 + $1.file.stamp.size }
    publish()
    try await settling { ingestor in
      try await ingestor.forEachOutcome(of: readings, reader) { ingestor, reading, outcome in
        try await ingestor.take(outcome, isNew: reading.known == nil)
        ingestor.state.filesDone += 1
        ingestor.state.bytesDone += reading.file.stamp.size
        ingestor.publish()
      }
      try await ingestor.drain()
    }
  }

  /// Reads files a few ahead and hands the outcomes on in the order of the files.
  private mutating func forEachOutcome(
    of readings: [IngestWork.Reading], _ reader: FileReader,
    _ body: (inout Ingestor, IngestWork.Reading, FileOutcome) async throws -> Void
  ) async throws {
    var ingestor = self
    defer { self = ingestor }
    try await withThrowingTaskGroup(of: (Int, FileOutcome).self) { group in
      var arrived: [Int: FileOutcome] = [:]
      var started = 0
      var bytes: Int64 = 0
      for next in readings.indices {
        while started < readings.count, started < next + Self.readAhead {
          let reading = readings[started]
          guard started == next || bytes + reading.file.stamp.size <= Self.readAheadBytes else {
            break
          }
          let index = started
          group.addTask { (index, try await reader.read(reading)) }
          bytes += reading.file.stamp.size
          started += 1
        }
        while arrived[next] == nil, let (index, outcome) = try await group.next() {
          arrived[index] = outcome
        }
        bytes -= readings[next].file.stamp.size
        if let outcome = arrived.removeValue(forKey: next) {
          try await body(&ingestor, readings[next], outcome)
        }
      }
    }
  }

  /// - Parameter isNew: whether the document is new; nil where the report counts by itself.
  private mutating func take(_ outcome: FileOutcome, isNew: Bool?) async throws {
    switch outcome {
    case .failed(let failure):
      report.failures.append(
        IngestFailure(filePath: failure.path, code: failure.code, message: failure.message))
      embedded.failures.append(failure)
    case .prepared(let document):
      switch isNew {
      case true?: report.counts.added += 1
      case false?: report.counts.changed += 1
      case nil: break
      }
      pending.append(document)
      pendingChunks += document.chunks.count
      if pendingChunks >= Self.batchChunks { try await embedPending() }
    }
  }

  // MARK: Embedding

  /// Documents whose chunks are being embedded.
  private struct Batch {
    var documents: [PreparedDocument]
    /// The vectors that are known already, by their texts' hashes.
    var known: [Data: Data]
    /// The vectors that are computed.
    var computed: InFlight<[Data: Data]>
    /// The hashes of the texts whose vectors are computed.
    var unknown: Set<Data>
  }

  /// Begins to embed what waits, and hands on what was embedded before: two batches are under way at
  /// a time, so that no core waits for the end of one.
  private mutating func embedPending() async throws {
    try checkpoint()
    guard !pending.isEmpty else { return }
    let documents = pending
    pending = []
    pendingChunks = 0
    var texts: [Data: String] = [:]
    var order: [Data] = []
    for part in documents.lazy.flatMap(\.chunks) where texts[part.contentHash] == nil {
      texts[part.contentHash] = part.embeddedText
      order.append(part.contentHash)
    }
    // A text that is being embedded is not embedded a second time.
    if let embedding, order.contains(where: embedding.unknown.contains) { try await absorb() }
    var known = try catalog.embeddings(forHashes: order, in: collection)
    for hash in order where known[hash] == nil { known[hash] = fresh[hash] ?? flying[hash] }
    let unknown = order.filter { known[$0] == nil }
    report.chunksReused += documents.reduce(0) { $0 + $1.chunks.count } - unknown.count
    let new = Batch(
      documents: documents, known: known,
      computed: compute(unknown.map { (hash: $0, text: texts[$0] ?? "") }),
      unknown: Set(unknown))
    try await absorb()
    embedding = new
  }

  /// Begins to compute the vectors of texts.
  private func compute(_ texts: [(hash: Data, text: String)]) -> InFlight<[Data: Data]> {
    let (model, checkpoint, progress, state) = (model, checkpoint, progress, state)
    return InFlight {
      guard let model else { return [:] }
      var vectors: [Data: Data] = [:]
      for start in stride(from: 0, to: texts.count, by: Self.batchChunks) {
        if start > 0 { try checkpoint() }
        let batch = texts[start...].prefix(Self.batchChunks)
        let values = try model.encode(batch.map(\.text))
        for (row, text) in batch.enumerated() {
          let start = row * model.dimension
          vectors[text.hash] = EmbeddingBlob.encode(values[start..<(start + model.dimension)])
        }
        // What is of one document takes long; whoever waits sees it go on.
        guard texts.count > Self.batchChunks else { continue }
        var state = state
        state.chunksDone += vectors.count
        progress?(state)
      }
      return vectors
    }
  }

  /// Waits for the batch that is being embedded, and hands it on to be committed.
  private mutating func absorb() async throws {
    guard var batch = embedding else { return }
    embedding = nil
    let computed = try await batch.computed.outcomeUnlessCanceled()
    for document in batch.documents.indices {
      for chunk in batch.documents[document].chunks.indices {
        let hash = batch.documents[document].chunks[chunk].contentHash
        batch.documents[document].chunks[chunk].embedding =
          computed[hash] ?? batch.known[hash] ?? Data()
      }
    }
    fresh.merge(computed) { first, _ in first }
    embedded.documents += batch.documents
    state.chunksDone = report.chunks + embedded.chunkCount
    publish()
    if inFlight?.isDone ?? true || embedded.chunkCount >= Self.waitingChunks {
      try await commit()
    }
  }

  // MARK: Committing

  /// Begins to commit what is embedded, once the commit before is done.
  private mutating func commit() async throws {
    try await settle()
    guard !embedded.isEmpty else { return }
    let commit = embedded
    flying = fresh
    embedded = Commit()
    fresh = [:]
    for document in commit.documents {
      report.chunks += document.chunks.count
      report.tokens += document.chunks.reduce(0) { $0 + $1.chunk.tokenCount }
    }
    let (catalog, collection, index) = (catalog, collection, index)
    let sealsTail = tail + commit.chunkCount > IndexWriter.tailLimit
    inFlight = InFlight {
      let outcome = try catalog.commit(commit, to: collection)
      // Searches scan the tail, so it must not grow without bound while a long ingest runs.
      if sealsTail { try index.seal(collection, merging: false) }
      return outcome
    }
    tail = sealsTail ? 0 : tail + commit.chunkCount
  }

  /// Waits for the commit that is under way.
  private mutating func settle() async throws {
    guard let commit = inFlight else { return }
    inFlight = nil
    flying = [:]
    report.chunksKept += try await commit.outcome().kept
    state.chunksDone = report.chunks
    publish()
  }

  /// Embeds and commits all that still waits.
  private mutating func drain() async throws {
    try await embedPending()
    try await absorb()
    try await commit()
    try await settle()
  }

  /// Runs a body and, where it throws, still commits what is embedded.
  private mutating func settling(_ body: (inout Ingestor) async throws -> Void) async throws {
    do {
      try await body(&self)
    } catch {
      // The error that is told is the first one.
      try? await commit()
      try? await settle()
      throw error
    }
  }

  /// Seals what is committed.
  mutating func seal() async throws {
    try checkpoint()
    state.phase = .indexing
    publish()
    let (index, collection) = (index, collection)
    do {
      try await WorkerPool.detached { try index.seal(collection) }
    } catch {
      // What was committed is found without the seal, and the next writer seals again.
      report.warnings.append("The index was not sealed: \(HarkError(wrapping: error).message)")
    }
  }

  private func publish() {
    var state = state
    state.chunksPending = pendingChunks
    progress?(state)
  }
}
