/// What an ingest would do: the comparison of folders with the catalog.
public struct IngestPlan: Sendable, Encodable {
  /// What would become of one file.
  public struct Step: Sendable, Hashable, Encodable {
    /// What is done with a file.
    public enum Action: String, Sendable, Encodable {
      /// It is read for the first time.
      case add
      /// It is read again, for it has changed.
      case change
      /// Its document gets a new path.
      case move
      /// Its document is deleted, for it is gone.
      case delete
    }

    /// What is done.
    public let action: Action
    /// The file's path.
    public let filePath: String
    /// The path that it had before it was moved.
    public let from: String?

    enum CodingKeys: String, CodingKey {
      case action, from
      case filePath = "file_path"
    }
  }

  /// What would become of the files, in numbers. A file that turns out to be unreadable is counted
  /// as added or changed here, and as failed in the account.
  public internal(set) var counts = IngestCounts()
  /// Files of a kind that Hark does not read, by extension.
  public internal(set) var skipped: [String: Int] = [:]
  /// Files and folders that ignore rules left out.
  public internal(set) var ignored = 0
  /// Files that cannot be ingested, as far as that is known beforehand.
  public internal(set) var failures: [IngestFailure] = []
  /// How many of the failures are of an earlier ingest and would not be tried again.
  public internal(set) var failuresKept = 0
  /// Folders whose documents would not be deleted though their files are gone, and why.
  public internal(set) var refusals: [IngestFailure] = []
  /// What is to be done, by action and path.
  public internal(set) var steps: [Step] = []
  /// About how many tokens would be read, judged by what the collection holds.
  public internal(set) var estimatedTokens = 0
  /// About how many seconds that would take, judged by earlier ingests.
  public internal(set) var estimatedSeconds = 0.0

  /// The number of files skipped for their kind.
  public var skippedCount: Int { skipped.values.reduce(0, +) }

  enum CodingKeys: String, CodingKey {
    case skipped, ignored, failures, refusals, steps
    case failuresKept = "failures_kept"
    case estimatedTokens = "estimated_tokens"
    case estimatedSeconds = "estimated_seconds"
  }

  /// Writes the counts among the other keys.
  public func encode(to encoder: any Encoder) throws {
    try counts.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(skipped, forKey: .skipped)
    try container.encode(ignored, forKey: .ignored)
    try container.encode(failures, forKey: .failures)
    try container.encode(failuresKept, forKey: .failuresKept)
    try container.encode(refusals, forKey: .refusals)
    try container.encode(steps, forKey: .steps)
    try container.encode(estimatedTokens, forKey: .estimatedTokens)
    try container.encode(estimatedSeconds, forKey: .estimatedSeconds)
  }
}

/// The work that a plan comes down to.
struct IngestWork: Sendable {
  /// A file that is to be read.
  struct Reading: Sendable {
    /// The file.
    var file: ScannedFile
    /// The document that it is so far; nil for a new one.
    var known: KnownFile?
    /// What the command line says of it, now or earlier.
    var stated: DocumentMetadata?
    /// How often the parser crashed on it as it is.
    var crashes: Int
  }

  /// Files to be read, by path.
  var readings: [Reading] = []
  /// Documents whose files were moved.
  var moves: [Int64: ScannedFile] = [:]
  /// New times of modification of files that have not changed otherwise.
  var touches: [Int64: Int64] = [:]
  /// Documents whose files are gone.
  var deletions: [Int64] = []
  /// Files that failed, and are gone.
  var forgotten: [String] = []

  /// Whether nothing is to be written.
  var isEmpty: Bool {
    readings.isEmpty && moves.isEmpty && touches.isEmpty && deletions.isEmpty && forgotten.isEmpty
  }
}
