import Machine

/// The links of a graph that is being built, for several threads.
///
/// The builder keeps its threads apart: while nodes choose their neighbours, each thread writes
/// the rows of its own new nodes alone, which no link leads to yet and no walk reads; while links
/// back are added, each thread writes the rows of its own nodes alone and reads no others.
@safe final class GraphStorage: @unchecked Sendable {
  /// How many nodes each level has, level 0 first.
  let levelCounts: [Int]
  /// How many links a node can have above level 0.
  let degree: Int

  /// The places of level 0, then those of level 1, and so on.
  private let places: LargeBuffer<UInt32>
  private let starts: [Int]

  /// A graph without links.
  init(levelCounts: [Int], degree: Int) {
    self.levelCounts = levelCounts
    self.degree = degree
    var starts: [Int] = []
    var total = 0
    for (level, count) in levelCounts.enumerated() {
      starts.append(total)
      total += count * GraphStorage.width(level, degree: degree)
    }
    self.starts = starts
    places = LargeBuffer(repeating: GraphLevel.none, count: total)
  }

  /// How many links a node can have on a level.
  static func width(_ level: Int, degree: Int) -> Int { level == 0 ? 2 * degree : degree }

  /// How many links a node can have on a level.
  func width(_ level: Int) -> Int { GraphStorage.width(level, degree: degree) }

  /// The places of all nodes of some levels, `level` and those above it if `andAbove`.
  @_lifetime(borrow self)
  func links(_ level: Int, andAbove: Bool = false) -> Span<UInt32> {
    let all = unsafe places.elements
    let start = level < starts.count ? starts[level] : all.count
    let end = andAbove || level + 1 >= starts.count ? all.count : starts[level + 1]
    let span = unsafe Span(_unsafeElements: UnsafeBufferPointer(rebasing: all[start..<end]))
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  /// The links of a node.
  func neighbors(_ level: Int, _ node: UInt32) -> [UInt32] {
    let width = width(level)
    let first = starts[level] + Int(node) * width
    return unsafe Array(
      places.elements[first..<first + width].prefix { $0 != GraphLevel.none })
  }

  /// Replaces the links of a node.
  ///
  /// - Precondition: there are at most `width(level)` links.
  func setNeighbors(_ level: Int, _ node: UInt32, to links: [UInt32]) {
    let width = width(level)
    precondition(links.count <= width && Int(node) < levelCounts[level], "The links do not fit.")
    let first = starts[level] + Int(node) * width
    for i in 0..<width {
      unsafe places.elements[first + i] = i < links.count ? links[i] : GraphLevel.none
    }
  }
}
