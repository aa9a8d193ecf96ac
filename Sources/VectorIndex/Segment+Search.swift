import Machine

extension Segment {
  /// How many near vectors a search keeps when its caller names no effort.
  public static let defaultEffort = 64

  /// Segments of at most so many vectors are scanned: that is exact, and about as fast as a walk.
  static let scanLimit = 1_024

  /// Finds near vectors.
  ///
  /// - Parameters:
  ///   - query: `info.dimension` numbers; for ``Metric/cosine`` of any length but zero.
  ///   - k: how many to find; zero or less finds none.
  ///   - effort: how many near vectors the walk keeps (ef in the paper): more find the true
  ///     nearest more surely and take longer, about in proportion. At least `k` are kept. By
  ///     default ``defaultEffort``.
  ///   - allowing: whether a key may be found; every key if nil. The walk passes through those
  ///     that may not, so few allowed keys make it long; it ends when it has found as many as it
  ///     keeps, or has seen all.
  /// - Returns: `k` near vectors, or all allowed ones where there are fewer: nearest first, of
  ///   equal scores the lower key first. The scores are exact, and have the same bits on every
  ///   processor.
  /// - Throws: `dimension-mismatch`, `vector-not-finite`, `vector-zero` or `vector-too-large` for
  ///   the query; `segment-damaged` where the walk meets links, rows or numbers that cannot be.
  /// - Complexity: about O(effort · degree · dimension · log n).
  public func search(
    _ query: [Float], k: Int, effort: Int? = nil, allowing: ((Int64) -> Bool)? = nil
  ) throws(IndexError) -> [Neighbor] {
    try scratch.withScratch { (scratch) throws(IndexError) in
      try VectorSet.prepare(
        query, dimension: header.dimension, metric: header.metric, into: &scratch.query)
      guard k > 0, count > 0 else { return [] }
      let found =
        count <= Segment.scanLimit
        ? ExactSearch.scan(view, k: k, kernels: kernels, allowing: allowing, &scratch)
        : walk(k: k, effort: max(1, effort ?? Segment.defaultEffort), allowing, &scratch)
      try check(found, damage: scratch.damage)
      return found
    }
  }

  /// Refuses what a search found in a damaged file, as far as it shows.
  ///
  /// - Throws: `segment-damaged`, naming the section.
  func check(_ found: [Neighbor], damage: SegmentFormat.Tag?) throws(IndexError) {
    if let section = damage {
      throw .damaged(
        info.path, section: section.name,
        section == .links || section == .uplinks
          ? "a link leads outside of the graph" : "a row lies outside of the vectors")
    }
    // Vectors that were indexed are finite, and too short for a score to grow beyond all bounds.
    if found.contains(where: { !($0.score < .infinity) }) {
      throw .damaged(
        info.path, section: storedSection.name, "a vector holds a NaN or an infinity")
    }
  }

  /// The section that decides the scores.
  private var storedSection: SegmentFormat.Tag {
    header.profile == .fast ? .vectors : .factors
  }

  /// Walks the graph from the top level down (algorithm 5 of the paper), guided by the codes, and
  /// ranks the nearest of what it found by the vectors themselves.
  func walk(
    k: Int, effort: Int, _ allowing: ((Int64) -> Bool)?, _ scratch: inout SearchScratch
  ) -> [Neighbor] {
    let codes = codes
    codes.prepare(
      &scratch, dimension: header.dimension, metric: header.metric, kernels: kernels)
    let walk = GraphWalk(codes: codes, kernels: kernels)
    // Every row can be reached from the entry row, though perhaps not from where the upper
    // levels lead: with both, a walk finds whatever there is.
    var starts = [header.entry]
    if header.levelCounts.count > 1 {
      var node: UInt32 = 0
      for number in (1..<header.levelCounts.count).reversed() {
        node = walk.descend(level(number), from: node, &scratch)
      }
      starts.append(level(1).row(of: node))
    }
    let kept = min(count, max(k, effort))
    let view = view
    guard let allowing else {
      walk.search(level(0), from: starts, effort: kept, &scratch)
      var last = min(scratch.walk.count, Segment.lastLook(k: k, effort: kept))
      // Of equal vectors those with the lowest keys are found, wherever they lie.
      while last < scratch.walk.count, scratch.walk[last].score == scratch.walk[last - 1].score {
        last += 1
      }
      scratch.reserve(width: last)
      for place in 0..<last { scratch.rows[place] = scratch.walk[place].id }
      return view.rank(last, k: k, kernels: kernels, &scratch)
    }
    walk.search(
      level(0), from: starts, effort: kept,
      allowing: { row in view.rank(of: row).map { allowing(view.keys[Int($0)]) } ?? false },
      &scratch)
    let last = min(scratch.found.count, Segment.lastLook(k: k, effort: kept))
    scratch.reserve(width: last)
    for place in 0..<last { scratch.rows[place] = scratch.found[place].id }
    return view.rank(last, k: k, kernels: kernels, &scratch)
  }

  /// How many of the nearest by their codes are ranked by their vectors: more than `k`, as the
  /// codes put a few of the nearest behind others.
  private static func lastLook(k: Int, effort: Int) -> Int {
    max(k, min(effort, k + 16 + effort / 8))
  }
}

extension ExactSearch {
  /// Finds the nearest vectors of a segment by looking at each.
  ///
  /// - Parameters: as ``search(_:in:k:allowing:)``.
  /// - Returns: the `k` nearest, or fewer where fewer are allowed: nearest first, of equal scores
  ///   the lower key first.
  /// - Throws: as ``search(_:in:k:allowing:)``; `segment-damaged` where it finds numbers that
  ///   cannot be.
  /// - Complexity: O(n · dimension + n log k).
  public static func search(
    _ query: [Float], in segment: Segment, k: Int, allowing: ((Int64) -> Bool)? = nil
  ) throws(IndexError) -> [Neighbor] {
    try segment.scratch.withScratch { (scratch) throws(IndexError) in
      try VectorSet.prepare(
        query, dimension: segment.header.dimension, metric: segment.header.metric,
        into: &scratch.query)
      let found = scan(
        segment.view, k: k, kernels: segment.kernels, allowing: allowing, &scratch)
      try segment.check(found, damage: scratch.damage)
      return found
    }
  }
}
