/// What an ingest is to do.
public struct IngestOptions: Sendable {
  /// Wait for another writing process to finish, instead of failing with `store-locked`.
  public var waitForOtherWriter: Bool
  /// Files above this size in bytes are refused with `file-too-large`.
  public var maximumFileSize: Int64

  /// Makes options; the defaults fail at once when another process writes.
  public init(waitForOtherWriter: Bool = false, maximumFileSize: Int64 = 256 << 20) {
    self.waitForOtherWriter = waitForOtherWriter
    self.maximumFileSize = maximumFileSize
  }
}

/// How far an ingest has come.
public struct IngestProgress: Sendable {
  /// What the ingest is doing.
  public enum Phase: String, Sendable {
    /// Walking the folders.
    case scanning
    /// Parsing, embedding and committing.
    case ingesting
    /// Building the index segment.
    case indexing
  }

  /// What the ingest is doing.
  public var phase: Phase
  /// Files done, failed ones included.
  public var filesDone: Int
  /// Files to be read in all, as far as known.
  public var filesTotal: Int
  /// Chunks embedded and committed so far.
  public var chunksDone: Int
  /// Bytes of the files that are done.
  public var bytesDone: Int64
  /// Bytes of all files to be read.
  public var bytesTotal: Int64
  /// Chunks parsed but not yet embedded.
  public var chunksPending: Int
}

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

/// The account of one ingest.
public struct IngestReport: Sendable, Encodable {
  /// Files seen below the paths given, of every kind.
  public var filesSeen = 0
  /// Documents that were new.
  public var added = 0
  /// Documents whose content replaced an older one.
  public var updated = 0
  /// Documents that the store held already.
  public var unchanged = 0
  /// Files of a kind that Hark does not read, by extension (`png`: 3).
  public var skipped: [String: Int] = [:]
  /// Files that could not be ingested.
  public var failures: [IngestFailure] = []
  /// What went wrong beside the files and cost nothing that was committed, one sentence each.
  public var warnings: [String] = []
  /// Chunks committed by this ingest.
  public var chunks = 0
  /// Chunks whose vector was known from equal text and had not to be computed.
  public var chunksReused = 0
  /// Tokens of the chunks committed, special tokens left out.
  public var tokens = 0
  /// Seconds from start to end.
  public var seconds = 0.0
  /// The greatest resident memory of this process and its parsers together, in bytes, sampled.
  public var peakMemoryBytes: Int64 = 0

  /// Chunks committed a second.
  public var chunksPerSecond: Double { seconds > 0 ? Double(chunks) / seconds : 0 }
  /// The number of files skipped for their kind.
  public var skippedCount: Int { skipped.values.reduce(0, +) }

  enum CodingKeys: String, CodingKey {
    case added, updated, unchanged, skipped, failures, warnings, chunks, tokens, seconds
    case filesSeen = "files_seen"
    case chunksReused = "chunks_reused"
    case peakMemoryBytes = "peak_memory_bytes"
    case chunksPerSecond = "chunks_per_second"
  }

  /// Writes the counts and the derived rate.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(filesSeen, forKey: .filesSeen)
    try container.encode(added, forKey: .added)
    try container.encode(updated, forKey: .updated)
    try container.encode(unchanged, forKey: .unchanged)
    try container.encode(skipped, forKey: .skipped)
    try container.encode(failures, forKey: .failures)
    try container.encode(warnings, forKey: .warnings)
    try container.encode(chunks, forKey: .chunks)
    try container.encode(chunksReused, forKey: .chunksReused)
    try container.encode(tokens, forKey: .tokens)
    try container.encode(seconds, forKey: .seconds)
    try container.encode(chunksPerSecond, forKey: .chunksPerSecond)
    try container.encode(peakMemoryBytes, forKey: .peakMemoryBytes)
  }
}
