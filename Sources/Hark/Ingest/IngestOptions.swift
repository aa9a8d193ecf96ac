/// What an ingest is to do.
public struct IngestOptions: Sendable {
  /// The collection that takes the documents.
  public var collection: String
  /// Wait for another writing process to finish, instead of failing with `store-locked`.
  public var waitForOtherWriter: Bool
  /// Files above this size in bytes are refused with `file-too-large`.
  public var maximumFileSize: Int64
  /// Which files are taken.
  public var scan: ScanOptions
  /// Delete documents whose files are gone.
  public var prunes: Bool
  /// The share of a folder's documents, 0 to 1, that may be gone before nothing is deleted; one
  /// document may always be. At 1 a folder may come back empty.
  public var maximumDeletion: Double
  /// Read files again that failed and have not changed.
  public var retriesFailures: Bool
  /// What is said of all documents, beyond what they and their sidecars say.
  public var metadata: DocumentMetadata?

  /// Makes options; the defaults take the usual files, keep the folder and the store in step, and
  /// fail at once when another process writes.
  public init(
    collection: String = CollectionRecord.defaultName, waitForOtherWriter: Bool = false,
    maximumFileSize: Int64 = 256 << 20, scan: ScanOptions = ScanOptions(), prunes: Bool = true,
    maximumDeletion: Double = 0.2, retriesFailures: Bool = false, metadata: DocumentMetadata? = nil
  ) {
    self.collection = collection
    self.waitForOtherWriter = waitForOtherWriter
    self.maximumFileSize = maximumFileSize
    self.scan = scan
    self.prunes = prunes
    self.maximumDeletion = maximumDeletion
    self.retriesFailures = retriesFailures
    self.metadata = metadata
  }
}

/// How far an ingest has come.
public struct IngestProgress: Sendable {
  /// What the ingest is doing.
  public enum Phase: String, Sendable {
    /// Walking the folders and comparing them with the catalog.
    case scanning
    /// Parsing, embedding and committing.
    case ingesting
    /// Building the index segment.
    case indexing
  }

  /// What the ingest is doing.
  public var phase: Phase
  /// Files done, failed ones included.
  public var filesDone = 0
  /// Files to be read in all, as far as known.
  public var filesTotal = 0
  /// Chunks embedded and committed so far.
  public var chunksDone = 0
  /// Bytes of the files that are done.
  public var bytesDone: Int64 = 0
  /// Bytes of all files to be read.
  public var bytesTotal: Int64 = 0
  /// Chunks parsed but not yet embedded.
  public var chunksPending = 0
}
