public import FoundationEssentials

/// To which store a segment belongs, and how much of it the segment covers.
public struct SegmentIdentity: Sendable, Hashable {
  /// The store.
  public var store: UUID
  /// The generation of the store's index; a segment of another one is not used.
  public var generation: UInt64
  /// The newest change of the store's catalog that the segment covers.
  public var sequence: Int64

  /// Makes an identity; by default that of vectors without a store.
  public init(
    store: UUID = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
    generation: UInt64 = 0, sequence: Int64 = 0
  ) {
    self.store = store
    self.generation = generation
    self.sequence = sequence
  }
}

/// What the header of a segment file says.
public struct SegmentInfo: Sendable, Hashable {
  /// The segment file.
  public var path: String
  /// The version of its format, such as `1.0`.
  public var formatVersion: String
  /// To which store it belongs, and how much of it the segment covers.
  public var identity: SegmentIdentity
  /// The shape of the segment, never ``IndexKind/auto``.
  public var kind: IndexKind
  /// How many vectors it holds.
  public var count: Int
  /// How many numbers a vector has.
  public var dimension: Int
  /// How near two vectors are.
  public var metric: Metric
  /// What is kept of the vectors.
  public var profile: IndexProfile
  /// How many links a node of the graph has; twice as many at level 0.
  public var degree: Int
  /// From how many near nodes the links were chosen.
  public var constructionEffort: Int
  /// The seed of the graph.
  public var seed: UInt64
  /// The length of the file in bytes.
  public var byteCount: Int
  /// How many nodes each level of the graph has, level 0 first; none where there are cells.
  public var levels: [Int]
  /// How many cells there are; none in a graph.
  public var cells: Int
}
