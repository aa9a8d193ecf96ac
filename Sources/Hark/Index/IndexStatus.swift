/// The vector index of a collection: its segment files and what is not in them yet.
public struct IndexStatus: Sendable, Encodable {
  /// One live segment file.
  public struct SegmentStatus: Sendable, Encodable {
    /// The file's name in the store's `segments` folder.
    public let file: String
    /// The store's generation at which it was built.
    public let generation: UInt64
    /// The vectors in it, deleted ones included.
    public let vectors: Int
    /// The file's size in bytes.
    public let bytes: Int64
  }

  /// The collection's name.
  public let collection: String
  /// The dimension of the vectors.
  public let dimension: Int
  /// The embedding model's name.
  public let model: String
  /// Chunks in the catalog.
  public let chunks: Int
  /// The live segments, oldest first.
  public let segments: [SegmentStatus]
  /// Chunks newer than the newest segment, searched exactly.
  public let tail: Int
  /// Deleted chunks that segments still hold, masked in searches.
  public let masked: Int
}

/// The outcome of a check of the index against the catalog.
public struct IndexVerification: Sendable, Encodable {
  /// Something that is not as it should be.
  public struct Problem: Sendable, Hashable, Encodable {
    /// The stable code of the problem.
    public let code: String
    /// What is wrong, where, and what to do.
    public let message: String
  }

  /// The segments that were read whole.
  public let segments: Int
  /// The vectors that were compared with the catalog.
  public let vectors: Int
  /// The problems found; empty for a sound index.
  public let problems: [Problem]
}
