/// A file that could not be ingested, and why.
public struct IngestFailure: Sendable, Hashable, Encodable {
  /// The file's path as far as it can be shown.
  public let filePath: String
  /// The stable code of the reason.
  public let code: String
  /// The reason and what to do.
  public let message: String

  enum CodingKeys: String, CodingKey {
    case code, message
    case filePath = "file_path"
  }
}

/// What becomes of the files below the paths of an ingest, in numbers: the same for a plan and
/// for the account afterwards.
public struct IngestCounts: Sendable, Hashable, Encodable {
  /// Files seen below the paths given, of every kind.
  public var filesSeen = 0
  /// Documents that are new.
  public var added = 0
  /// Documents whose content or metadata takes the place of an older one.
  public var changed = 0
  /// Documents whose file was moved or renamed; chunks and vectors stay.
  public var moved = 0
  /// Documents whose file is gone.
  public var deleted = 0
  /// Documents that the store holds already.
  public var unchanged = 0

  /// Whether nothing is or was to be done.
  public var areNothing: Bool { added + changed + moved + deleted == 0 }
}

/// The account of one ingest.
public struct IngestReport: Sendable, Encodable {
  /// What became of the files.
  public var counts = IngestCounts()
  /// Files of a kind that Hark does not read, by extension (`png`: 3).
  public var skipped: [String: Int] = [:]
  /// Files and folders that ignore rules left out.
  public var ignored = 0
  /// Files that could not be ingested, now or earlier and unchanged since.
  public var failures: [IngestFailure] = []
  /// How many of the failures are of an earlier ingest and were not tried again.
  public var failuresKept = 0
  /// Folders whose documents were not deleted though their files are gone, and why.
  public var refusals: [IngestFailure] = []
  /// What went wrong beside the files and cost nothing that was committed, one sentence each.
  public var warnings: [String] = []
  /// Chunks committed by this ingest.
  public var chunks = 0
  /// Chunks of changed documents that stand as they stood before, and have kept their ids.
  public var chunksKept = 0
  /// Chunks whose vector was known from equal text and had not to be computed.
  public var chunksReused = 0
  /// Tokens of the chunks committed, special tokens left out.
  public var tokens = 0
  /// Seconds from start to end.
  public var seconds = 0.0
  /// The greatest memory of this process and its parsers together that is not of mapped files, in
  /// bytes, sampled.
  public var peakMemoryBytes: Int64 = 0
  /// The task that stands for this ingest in `hark tasks`; nil where there was nothing to do.
  public var task: Int64?

  /// Chunks committed a second.
  public var chunksPerSecond: Double { seconds > 0 ? Double(chunks) / seconds : 0 }
  /// The number of files skipped for their kind.
  public var skippedCount: Int { skipped.values.reduce(0, +) }
  /// Whether every file was taken and every deletion done.
  public var isComplete: Bool { failures.isEmpty && refusals.isEmpty }

  enum CodingKeys: String, CodingKey {
    case skipped, ignored, failures, refusals, warnings, chunks, tokens, seconds, task
    case failuresKept = "failures_kept"
    case chunksKept = "chunks_kept"
    case chunksReused = "chunks_reused"
    case peakMemoryBytes = "peak_memory_bytes"
    case chunksPerSecond = "chunks_per_second"
  }

  /// Writes the counts and the derived rate.
  public func encode(to encoder: any Encoder) throws {
    try counts.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(skipped, forKey: .skipped)
    try container.encode(ignored, forKey: .ignored)
    try container.encode(failures, forKey: .failures)
    try container.encode(failuresKept, forKey: .failuresKept)
    try container.encode(refusals, forKey: .refusals)
    try container.encode(warnings, forKey: .warnings)
    try container.encode(chunks, forKey: .chunks)
    try container.encode(chunksKept, forKey: .chunksKept)
    try container.encode(chunksReused, forKey: .chunksReused)
    try container.encode(tokens, forKey: .tokens)
    try container.encode(seconds, forKey: .seconds)
    try container.encode(chunksPerSecond, forKey: .chunksPerSecond)
    try container.encode(peakMemoryBytes, forKey: .peakMemoryBytes)
    try container.encode(task, forKey: .task)
  }
}

extension IngestCounts {
  enum CodingKeys: String, CodingKey {
    case added, changed, moved, deleted, unchanged
    case filesSeen = "files_seen"
  }
}
