import Machine

/// Builds a navigable small world of several levels over vectors (HNSW; Malkov & Yashunin,
/// “Efficient and robust approximate nearest neighbor search using Hierarchical Navigable Small
/// World graphs”, 2016).
///
/// Nodes are inserted in batches, each much smaller than the graph so far (as ParlayANN does;
/// Manohar et al. 2024): first every node of a batch chooses its neighbours in the graph as it
/// was before the batch, then the links back are added, grouped by the node that they start
/// from. Each step depends on the steps before it alone, so the graph is the same for any number
/// of threads.
///
/// A node's level follows from the hash of its key: level l or more if the hash is below
/// 2⁶⁴ / Mˡ, the distribution of the paper for mL = 1 / ln M. Insertion goes by ascending hash,
/// so nodes of higher levels come first: the first node is the entry point for good, and a node
/// has the same number on every level above 0.
///
/// Everything is decided by the codes of the vectors: they are a quarter of the vectors' size,
/// and near enough to them.
struct GraphBuilder {
  let keys: [Int64]
  let metric: Metric
  let codes: VectorCodes
  let options: IndexOptions
  let kernels: Kernels
  /// The rows in the order of their insertion.
  let order: [UInt32]
  let storage: GraphStorage
  let pool: WorkerPool
  let scratch = ScratchPool()

  /// The greatest number of levels.
  static let levelLimit = 32

  /// Codes the vectors; links nothing yet.
  ///
  /// - Throws: what the source throws.
  init(
    _ source: some VectorSource, options: IndexOptions, kernels: Kernels = .shared
  ) throws(IndexError) {
    keys = source.keys
    metric = source.metric
    pool = WorkerPool(threads: options.threads)
    codes = try VectorCodes(source, kernels: kernels, pool: pool)
    self.options = options
    self.kernels = kernels
    let hashes = keys.map { GraphBuilder.hash($0, seed: options.seed) }
    // The hash is a bijection of the key, so there are no ties.
    order = (0..<UInt32(keys.count)).sorted { hashes[Int($0)] < hashes[Int($1)] }
    var levelCounts: [Int] = []
    var bound = UInt64.max
    var count = keys.count
    while count > 0, levelCounts.count < GraphBuilder.levelLimit {
      levelCounts.append(count)
      bound /= UInt64(options.degree)
      count = order.partitioningIndex { hashes[Int($0)] >= bound }
    }
    storage = GraphStorage(levelCounts: levelCounts, degree: options.degree)
  }

  /// Mixes a key and a seed (the finaliser of SplitMix64; Steele, Lea & Flood 2014).
  static func hash(_ key: Int64, seed: UInt64) -> UInt64 {
    var z = UInt64(bitPattern: key) &+ seed &* 0x9E37_79B9_7F4A_7C15
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }

  /// Links all nodes, so that each can be reached from the entry point on level 0.
  ///
  /// - Parameter progress: is told how many nodes are linked, after each batch.
  /// - Complexity: O(n log n · degree · dimension) expected.
  func build(progress: ((Int) -> Void)?) {
    var done = min(1, keys.count)
    while done < keys.count {
      let size = max(1, min(done / batchShare, batchLimit, keys.count - done))
      insert(done..<done + size)
      done += size
      progress?(done)
    }
    connectAll()
  }

  /// A batch is at most this share of the graph before it, so that nodes which miss their mates
  /// in the batch find other neighbours as near.
  private var batchShare: Int { 32 }
  private var batchLimit: Int { 1_024 }

  private func insert(_ batch: Range<Int>) {
    each(batch.count) { place in
      scratch.withScratch { scratch in chooseNeighbors(of: batch.lowerBound + place, &scratch) }
    }
    for level in storage.levelCounts.indices {
      let nodes = batch.clamped(to: 0..<storage.levelCounts[level])
      let links = backLinks(of: nodes, level)
      each(links.count) { place in
        scratch.withScratch { scratch in
          connect(links[place].target, to: links[place].sources, level, &scratch)
        }
      }
    }
  }

  /// Small batches are not worth waking threads for.
  private func each(_ count: Int, _ body: @Sendable (Int) -> Void) {
    if count < 8 {
      for place in 0..<count { body(place) }
    } else {
      pool.run(count: count, body)
    }
  }

  /// A level of the graph so far.
  @_lifetime(borrow self)
  borrowing func level(_ level: Int) -> GraphLevel {
    GraphLevel(
      links: storage.links(level), degree: storage.width(level),
      count: storage.levelCounts[level],
      rows: order.span.extracting(first: level == 0 ? 0 : storage.levelCounts[level]))
  }

  /// A walk over the graph so far.
  var walk: GraphWalk {
    @_lifetime(borrow self)
    borrowing get { GraphWalk(codes: codes.view, kernels: kernels) }
  }

  /// Finds the neighbours of a new node on each of its levels (algorithm 1, without links back).
  private func chooseNeighbors(of position: Int, _ scratch: inout SearchScratch) {
    let walk = walk
    codes.view.prepare(&scratch.codes, row: order[position], metric: metric)
    var entry: UInt32 = 0
    for number in storage.levelCounts.indices.reversed() {
      let level = level(number)
      if number > 0, position >= level.count {
        entry = walk.descend(level, from: entry, &scratch)
        continue
      }
      let start = number == 0 ? order[Int(entry)] : entry
      walk.search(level, from: [start], effort: options.constructionEffort, &scratch)
      let found = (0..<scratch.walk.count).map { scratch.walk[$0] }
      if number > 0, let best = found.first { entry = best.id }
      let chosen = select(found, limit: options.degree, level, &scratch)
      let node = number == 0 ? order[position] : UInt32(position)
      storage.setNeighbors(number, node, to: chosen)
      codes.view.prepare(&scratch.codes, row: order[position], metric: metric)
    }
  }

  /// The links of new nodes, turned round and grouped by the node that they lead to.
  private func backLinks(
    of positions: Range<Int>, _ level: Int
  ) -> [(target: UInt32, sources: [UInt32])] {
    var pairs: [(target: UInt32, source: UInt32)] = []
    for position in positions {
      let node = level == 0 ? order[position] : UInt32(position)
      for target in storage.neighbors(level, node) { pairs.append((target, node)) }
    }
    pairs.sort { $0 < $1 }
    var groups: [(target: UInt32, sources: [UInt32])] = []
    for pair in pairs {
      if groups.last?.target != pair.target { groups.append((pair.target, [])) }
      groups[groups.count - 1].sources.append(pair.source)
    }
    return groups
  }

  /// Adds links from a node, and selects anew among all where there are too many.
  private func connect(
    _ node: UInt32, to others: [UInt32], _ number: Int, _ scratch: inout SearchScratch
  ) {
    let links = storage.neighbors(number, node) + others
    let limit = storage.width(number)
    guard links.count > limit else {
      storage.setNeighbors(number, node, to: links)
      return
    }
    let level = level(number)
    scratch.reserve(width: links.count)
    for (i, link) in links.enumerated() { scratch.rows[i] = level.row(of: link) }
    codes.view.prepare(&scratch.codes, row: level.row(of: node), metric: metric)
    walk.score(scratch.rows, links.count, scratch.codes, into: &scratch.scores)
    let ranked = links.indices.map { Ranked(score: scratch.scores[$0], id: links[$0]) }
    let chosen = select(ranked.sorted(by: >), limit: limit, level, &scratch)
    storage.setNeighbors(number, node, to: chosen)
  }

  /// Chooses neighbours among candidates (algorithm 4): each that is nearer to the node than to
  /// any neighbour chosen before it.
  ///
  /// A candidate as near to a chosen one as to the node is left out too: of equal vectors one is
  /// enough, the others are reached through it.
  ///
  /// - Parameter candidates: nearest first, with their scores.
  private func select(
    _ candidates: [Ranked], limit: Int, _ level: borrowing GraphLevel,
    _ scratch: inout SearchScratch
  ) -> [UInt32] {
    var chosen: [UInt32] = []
    var rows: [UInt32] = []
    chosen.reserveCapacity(limit)
    rows.reserveCapacity(limit)
    scratch.reserve(width: limit)
    for candidate in candidates where chosen.count < limit {
      let row = level.row(of: candidate.id)
      if isNearer(row, to: rows, than: candidate.score, &scratch) { continue }
      chosen.append(candidate.id)
      rows.append(row)
    }
    return chosen
  }

  /// Whether a row is at least as near to one of the others as `score` says.
  private func isNearer(
    _ row: UInt32, to others: [UInt32], than score: Float, _ scratch: inout SearchScratch
  ) -> Bool {
    guard !others.isEmpty else { return false }
    let walk = walk
    codes.view.prepare(&scratch.codes, row: row, metric: metric)
    var start = 0
    while start < others.count {
      // In small groups: most candidates fall at one of the first.
      let count = min(8, others.count - start)
      walk.score(others, from: start, count, scratch.codes, into: &scratch.scores)
      for i in 0..<count where scratch.scores[i] >= score { return true }
      start += count
    }
    return false
  }
}

extension Array {
  /// The index of the first element of the second part of a partitioned array. O(log n).
  func partitioningIndex(where isInSecondPart: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if isInSecondPart(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
