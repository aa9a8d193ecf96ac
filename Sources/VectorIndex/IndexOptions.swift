import Machine

/// What a segment keeps of its vectors, beside the codes of one byte a number that guide a walk.
public enum IndexProfile: String, Sendable, Hashable, CaseIterable {
  /// The vectors themselves, float32: scores are exact.
  case fast
  /// Two more bits a number: scores are those of vectors rounded to ten bits a number, in about a
  /// third of the size.
  case compact
}

/// The shape of a segment: what its searches follow.
public enum IndexKind: String, Sendable, Hashable, CaseIterable {
  /// The better shape for the vectors, by how many there are and of how many numbers.
  case auto
  /// A navigable graph: searches walk from neighbour to neighbour.
  case graph
  /// Cells of vectors that lie close together: searches sweep the cells nearest to the query.
  case cells
}

/// How a segment is built.
public struct IndexOptions: Sendable, Hashable {
  /// The shape of the segment.
  public var kind: IndexKind
  /// What is kept of the vectors.
  public var profile: IndexProfile
  /// How many links a node gets (M in the paper), 2 to 256; twice as many at level 0.
  ///
  /// More make the segment larger and searches better: 16 suits vectors of real text.
  public var degree: Int
  /// How many near nodes a new one's neighbours are chosen from (efConstruction in the paper),
  /// 1 to 65,536.
  public var constructionEffort: Int
  /// From what the levels of the nodes and the order of their insertion are drawn.
  public var seed: UInt64
  /// How many threads build, the caller's included. The segment does not depend on it.
  public var threads: Int

  /// Options with defaults that suit vectors of real text; all cores build.
  public init(
    kind: IndexKind = .auto, profile: IndexProfile = .fast, degree: Int = 16,
    constructionEffort: Int = 200, seed: UInt64 = 0x4861_726B, threads: Int? = nil
  ) {
    self.kind = kind
    self.profile = profile
    self.degree = degree
    self.constructionEffort = constructionEffort
    self.seed = seed
    self.threads = threads ?? WorkerPool.availableCores
  }

  /// Vectors of so many numbers in all, and of more, are better in cells: 5,000 of 384 numbers, or 15,000
  /// of 128. There neither shape is the faster one throughout, whatever the dimension; cells are built in
  /// less time, and gain on the graph the more vectors there are (docs/index.md).
  static let cellNumbers = 5_000 * 384

  /// The shape of a segment of some vectors.
  func kind(of vectors: some VectorSource) -> IndexKind {
    let isCoded = BitCodes.width(dimension: vectors.dimension) <= BitCodes.widthLimit
    return switch kind {
    case .graph: .graph
    case .cells: vectors.keys.isEmpty || !isCoded ? .graph : .cells
    case .auto:
      vectors.keys.count * vectors.dimension >= IndexOptions.cellNumbers && isCoded
        ? .cells : .graph
    }
  }

  static let degrees = 2...256
  static let efforts = 1...65_536

  /// - Throws: `option-invalid`, naming the option.
  func check() throws(IndexError) {
    guard IndexOptions.degrees ~= degree else {
      throw IndexError(
        .optionInvalid,
        "The degree is \(degree); it has to be \(IndexOptions.degrees.lowerBound) to "
          + "\(IndexOptions.degrees.upperBound).")
    }
    guard IndexOptions.efforts ~= constructionEffort else {
      throw IndexError(
        .optionInvalid,
        "The construction effort is \(constructionEffort); it has to be "
          + "\(IndexOptions.efforts.lowerBound) to \(IndexOptions.efforts.upperBound).")
    }
    guard threads >= 1 else {
      throw IndexError(.optionInvalid, "\(threads) threads cannot build. Name at least 1.")
    }
  }
}
