import Documents
import Foundation
import Machine
import Synchronization

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
  private var inFlight: CommitInFlight?
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

  /// Embeds what waits, and hands it on to be committed.
  private mutating func embedPending() async throws {
    try checkpoint()
    var documents = pending
    pending = []
    pendingChunks = 0
    try await embed(&documents)
    embedded.documents += documents
    if inFlight?.isDone ?? true || embedded.chunkCount >= Self.waitingChunks {
      try await commit()
    }
  }

  /// Fills in the vectors of all chunks: those of equal texts are looked up, the rest computed.
  private mutating func embed(_ documents: inout [PreparedDocument]) async throws {
    var texts: [Data: String] = [:]
    var order: [Data] = []
    for part in documents.lazy.flatMap(\.chunks) where texts[part.contentHash] == nil {
      texts[part.contentHash] = part.embeddedText
      order.append(part.contentHash)
    }
    var vectors = try catalog.embeddings(forHashes: order, in: collection)
    for hash in order where vectors[hash] == nil { vectors[hash] = fresh[hash] ?? flying[hash] }
    let unknown = order.filter { vectors[$0] == nil }
    report.chunksReused += documents.reduce(0) { $0 + $1.chunks.count } - unknown.count
    guard let model else { return }
    for start in stride(from: 0, to: unknown.count, by: Self.embedChunks) {
      try checkpoint()
      let hashes = unknown[start..<min(start + Self.embedChunks, unknown.count)]
      let batch = hashes.compactMap { texts[$0] }
      let values = try await WorkerPool.detached { try model.encode(batch) }
      for (row, hash) in hashes.enumerated() {
        let start = row * model.dimension
        let vector = EmbeddingBlob.encode(values[start..<(start + model.dimension)])
        vectors[hash] = vector
        fresh[hash] = vector
      }
      state.chunksDone = report.chunks + embedded.chunkCount + start + hashes.count
      publish()
    }
    for document in documents.indices {
      for chunk in documents[document].chunks.indices {
        let hash = documents[document].chunks[chunk].contentHash
        documents[document].chunks[chunk].embedding = vectors[hash] ?? Data()
      }
    }
  }

  /// The chunks that are embedded between two looks at whether somebody wants the end.
  private static let embedChunks = 16

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
    inFlight = CommitInFlight {
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

/// A commit that runs on a thread of its own.
private final class CommitInFlight: Sendable {
  private enum State {
    case running(CheckedContinuation<CommitOutcome, any Error>?)
    case ended(Result<CommitOutcome, any Error>)
  }

  private let state = Mutex(State.running(nil))

  init(_ body: @escaping @Sendable () throws -> CommitOutcome) {
    Task.detached { [self] in
      let result = await Self.result(of: body)
      let waiting = state.withLock { state in
        defer { state = .ended(result) }
        if case .running(let continuation) = state { return continuation }
        return nil
      }
      waiting?.resume(with: result)
    }
  }

  private static func result(
    of body: @escaping @Sendable () throws -> CommitOutcome
  ) async -> Result<CommitOutcome, any Error> {
    do {
      return .success(try await WorkerPool.detached(body))
    } catch {
      return .failure(error)
    }
  }

  /// Whether waiting would take no time.
  var isDone: Bool {
    state.withLock { state in
      if case .ended = state { true } else { false }
    }
  }

  /// What came of it, once it is done. Asked for once.
  func outcome() async throws -> CommitOutcome {
    try await withCheckedThrowingContinuation { continuation in
      let ended: Result<CommitOutcome, any Error>? = state.withLock { state in
        if case .ended(let result) = state { return result }
        state = .running(continuation)
        return nil
      }
      if let ended { continuation.resume(with: ended) }
    }
  }
}
