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
  ///   - effort: how much is looked at: so many near vectors are kept by a walk (ef in the paper), and
  ///     cells are swept in proportion. More find the true nearest more surely and take longer. At
  ///     least `k` are kept. By default ``defaultEffort``.
  ///   - allowing: the keys that may be found; every key if nil.
  ///   - excluding: keys that may not be found, allowed or not; none if nil.
  /// - Returns: `k` near vectors, or all that may be found where there are fewer: nearest first, of
  ///   equal scores the lower key first. The scores are exact, and have the same bits on every
  ///   processor.
  /// - Throws: `dimension-mismatch`, `vector-not-finite`, `vector-zero` or `vector-too-large` for
  ///   the query; `segment-damaged` where the search meets links, rows or numbers that cannot be.
  /// - Complexity: in a graph about O(effort · degree · dimension · log n); in cells O(effort ·
  ///   dimension · ∛n), and O(dimension · n^⅔) to choose them. At most O(dimension · n) beside that:
  ///   where much effort is asked for, few keys are allowed, or those that are lie far away. The first
  ///   search with a set of keys costs O(keys of the set), too.
  public func search(
    _ query: [Float], k: Int, effort: Int? = nil, allowing: KeySet? = nil,
    excluding: KeySet? = nil
  ) throws(IndexError) -> [Neighbor] {
    let allowed = try rows(allowing: allowing, excluding: excluding)
    return try scratch.withScratch { (scratch) throws(IndexError) in
      try VectorSet.prepare(
        query, dimension: header.dimension, metric: header.metric, into: &scratch.query)
      guard k > 0, count > 0 else { return [] }
      prepareForCold(&scratch)
      // More than all cannot be found or kept.
      let k = min(k, count)
      let effort = max(1, min(effort ?? Segment.defaultEffort, count))
      let found =
        count <= Segment.scanLimit
        ? ExactSearch.scan(view, k: k, kernels: kernels, allowed: allowed, &scratch)
        : near(k: k, effort: effort, allowed, &scratch)
      try check(found, damage: scratch.damage)
      return found
    }
  }

  /// The rows that a search may find; nil where it may find all.
  ///
  /// - Throws: `segment-damaged`.
  func rows(allowing: KeySet?, excluding: KeySet?) throws(IndexError) -> RowSet? {
    if allowing == nil, excluding?.isEmpty ?? true { return nil }
    let rows = try rowSets.rows(allowing: allowing, excluding: excluding) {
      () throws(IndexError) in
      let set = RowSet(
        keys: elements(.keys, of: Int64.self), rows: elements(.rows, of: UInt32.self),
        allowing: allowing, excluding: excluding)
      guard set.isSound else {
        throw .damaged(
          info.path, section: SegmentFormat.Tag.rows.name, "a row lies outside of the vectors")
      }
      return set
    }
    return rows.count == count ? nil : rows
  }

  /// Refuses what a search found in a damaged file, as far as it shows.
  ///
  /// - Throws: `segment-damaged`, naming the section.
  func check(_ found: [Neighbor], damage: SegmentFormat.Tag?) throws(IndexError) {
    if let section = damage {
      let reason =
        switch section {
        case .links, .uplinks: "a link leads outside of the graph"
        case .cells: "a cell lies outside of the codes, or shares some with another"
        default: "a row lies outside of the vectors"
        }
      throw .damaged(info.path, section: section.name, reason)
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

  /// Finds near rows by the cheaper way: a walk, or a sweep over the codes of the rows that may be found.
  func near(
    k: Int, effort: Int, _ allowed: RowSet?, _ scratch: inout SearchScratch
  ) -> [Neighbor] {
    if let rotation { return sweepCells(k: k, effort: effort, allowed, rotation, &scratch) }
    guard let allowed else {
      let isFew = count <= max(k, effort) * Segment.walkCost
      return isFew
        ? sweep(k: k, RowSet(count: count), &scratch) : walk(k: k, effort: effort, &scratch)
    }
    if allowed.count <= Segment.sweepLimit {
      return ExactSearch.scan(view, k: k, kernels: kernels, allowed: allowed, &scratch)
    }
    var kept = Segment.kept(k: k, effort: effort, allowed: allowed.count, of: count)
    while kept < count, kept * Segment.walkCost < allowed.count {
      walk(kept: kept, &scratch)
      let met = (0..<scratch.walk.count).count { allowed.contains(scratch.walk[$0].id) }
      if met >= k { return look(k: k, effort: effort, allowed, &scratch) }
      // The allowed rows lie farther away than most. More are kept, by the share that was met, as
      // long as that is cheaper than to look at all that are allowed.
      kept *= met == 0 ? Segment.walkCost : 1 + 2 * k / met
    }
    return sweep(k: k, allowed, &scratch)
  }

  /// Up to so many allowed rows are scored by their vectors, without a look at their codes.
  static let sweepLimit = 128

  /// How many allowed rows a sweep scores in the time in which a walk looks at the neighbours of
  /// one node; measured (docs/index.md).
  private static let walkCost = 24

  /// How many near rows a walk has to keep, that enough of them are allowed: those among which twice
  /// `k` are on average, and the effort beside them.
  private static func kept(k: Int, effort: Int, allowed: Int, of count: Int) -> Int {
    let (product, overflow) = min(k, count).multipliedReportingOverflow(by: count)
    return overflow ? count : min(count, 2 * (product / allowed) + max(k, effort))
  }

  /// Walks the graph from the top level down (algorithm 5 of the paper), guided by the codes: the
  /// scratch's walk receives the nearest rows.
  private func walk(kept: Int, _ scratch: inout SearchScratch) {
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
    walk.search(level(0), from: starts, effort: kept, &scratch)
  }

  /// Finds near rows by a walk, and ranks the nearest of what it found by the vectors themselves.
  func walk(k: Int, effort: Int, _ scratch: inout SearchScratch) -> [Neighbor] {
    let kept = min(count, max(k, effort))
    walk(kept: kept, &scratch)
    var last = min(scratch.walk.count, Segment.lastLook(k: k, effort: kept))
    // Of equal vectors those with the lowest keys are found, wherever they lie.
    while last < scratch.walk.count, scratch.walk[last].score == scratch.walk[last - 1].score {
      last += 1
    }
    scratch.reserve(width: last)
    for place in 0..<last { scratch.rows[place] = scratch.walk[place].id }
    return rank(last, k: k, &scratch)
  }

  /// Ranks the nearest allowed rows that a walk has kept: they are the nearest allowed ones of all
  /// if it kept `k` of them.
  func look(
    k: Int, effort: Int, _ allowed: RowSet, _ scratch: inout SearchScratch
  ) -> [Neighbor] {
    scratch.reserve(width: scratch.walk.count)
    let wanted = Segment.lastLook(k: k, effort: max(k, effort))
    var last = 0
    var score = Float.infinity
    for place in 0..<scratch.walk.count {
      let near = scratch.walk[place]
      guard allowed.contains(near.id) else { continue }
      // Of equal vectors those with the lowest keys are found, wherever they lie.
      if last >= wanted, near.score < score { break }
      scratch.rows[last] = near.id
      score = near.score
      last += 1
    }
    return rank(last, k: k, &scratch)
  }

  /// Looks at the codes of all allowed rows, and ranks those by the vectors themselves that could
  /// be the nearest: so these are found all but certainly.
  ///
  /// Where the allowed rows are far from the query, they lie so close together that many could be.
  ///
  /// - Complexity: O(allowed · dimension).
  func sweep(k: Int, _ allowed: RowSet, _ scratch: inout SearchScratch) -> [Neighbor] {
    let codes = codes
    codes.prepare(
      &scratch, dimension: header.dimension, metric: header.metric, kernels: kernels)
    let doubt = self.doubt(codes, scratch)
    let walk = GraphWalk(codes: codes, kernels: kernels)
    scratch.reserve(width: Segment.sweepBlock)
    scratch.nearest.reset(limit: min(k, allowed.count))
    scratch.found.removeAll(keepingCapacity: true)
    var cursor = RowSet.Cursor()
    while true {
      let met = allowed.read(&cursor, into: &scratch.rows, limit: Segment.sweepBlock)
      if met == 0 { break }
      walk.score(scratch.rows, met, scratch.codes, into: &scratch.scores)
      for i in 0..<met {
        let ranked = Ranked(score: scratch.scores[i], id: scratch.rows[i])
        if scratch.nearest.accepts(ranked) { scratch.nearest.insert(ranked) }
        let best = scratch.scores[i] + doubt * codes.factors[2 * Int(ranked.id)]
        if !scratch.nearest.isFull || !(best < scratch.nearest.farthest?.score ?? 0) {
          scratch.found.append(ranked)
        }
      }
    }
    let least = scratch.nearest.farthest?.score ?? 0
    scratch.reserve(width: scratch.found.count)
    var last = 0
    for near in scratch.found
    where !(near.score + doubt * codes.factors[2 * Int(near.id)] < least) {
      scratch.rows[last] = near.id
      last += 1
    }
    return rank(last, k: k, &scratch)
  }

  /// By how much scores by codes may be off for the scratch's query: see ``CodesView``.
  func doubt(_ codes: borrowing CodesView, _ scratch: SearchScratch) -> Float {
    codes.doubt(
      of: scratch.query, scratch.codes, dimension: header.dimension, metric: header.metric,
      kernels: kernels)
  }

  /// Rows that are scored between two looks at their scores.
  private static let sweepBlock = 256

  /// How many of the nearest by their codes are ranked by their vectors: more than `k`, as the
  /// codes put a few of the nearest behind others.
  static func lastLook(k: Int, effort: Int) -> Int {
    max(k, min(effort, k + 16 + effort / 8))
  }
}

extension ExactSearch {
  /// Finds the nearest vectors of a segment by looking at each.
  ///
  /// - Parameters: as ``search(_:in:k:allowing:excluding:)``.
  /// - Returns: the `k` nearest, or fewer where fewer are allowed: nearest first, of equal scores
  ///   the lower key first.
  /// - Throws: as ``search(_:in:k:allowing:excluding:)``; `segment-damaged` where it finds numbers that
  ///   cannot be.
  /// - Complexity: O(n · dimension + n log k).
  public static func search(
    _ query: [Float], in segment: Segment, k: Int, allowing: KeySet? = nil,
    excluding: KeySet? = nil
  ) throws(IndexError) -> [Neighbor] {
    let allowed = try segment.rows(allowing: allowing, excluding: excluding)
    return try segment.scratch.withScratch { (scratch) throws(IndexError) in
      try VectorSet.prepare(
        query, dimension: segment.header.dimension, metric: segment.header.metric,
        into: &scratch.query)
      let found = scan(
        segment.view, k: k, kernels: segment.kernels, allowed: allowed, &scratch)
      try segment.check(found, damage: scratch.damage)
      return found
    }
  }
}
