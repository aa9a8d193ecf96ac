import Machine

/// What a walk over all nodes of a level keeps: the nodes that it has met, and the nearest of them
/// in their order.
///
/// One sorted array serves as both queues of the paper's search, as a node that has fallen out of
/// the nearest would never be looked at. Storage is kept from walk to walk; the nodes that were met
/// are stamped with the walk's number, so that a new walk clears nothing.
///
/// No pointer of the search leaves this file: a step of a walk takes about a microsecond, in
/// which reference counts and checks of bounds would show.
@safe final class WalkState {
  /// Words of ``Ranked``, descending.
  private var pool = unsafe UncheckedBuffer<UInt64>()
  /// How many nodes the pool holds.
  private(set) var count = 0
  /// The number of the walk that has met each node last.
  ///
  /// One byte a node: one walk in 255 clears all stamps, which costs little, and more nodes stay in
  /// the caches than with wider ones.
  private var stamps = unsafe UncheckedBuffer<UInt8>()
  private var stamp: UInt8 = 0
  /// The neighbours of a step, their rows above level 0, and their scores.
  private var nodes = unsafe UncheckedBuffer<UInt32>()
  private var rows = unsafe UncheckedBuffer<UInt32>()
  private var scores = unsafe UncheckedBuffer<Float>()

  /// A node of the pool with its score, nearest first.
  ///
  /// - Precondition: `place` is less than ``count``.
  subscript(place: Int) -> Ranked {
    precondition(0..<count ~= place, "There is no such place.")
    return unsafe Ranked(word: pool[place])
  }

  /// Makes room, and forgets the last walk.
  private func reset(limit: Int, width: Int, nodeCount: Int) {
    unsafe pool.reserve(limit)
    unsafe nodes.reserve(width)
    unsafe rows.reserve(width)
    unsafe scores.reserve(width)
    if unsafe stamps.count < nodeCount || stamp == .max {
      unsafe stamps.reserve(nodeCount)
      unsafe stamps.clear()
      stamp = 0
    }
    stamp += 1
    count = 0
  }

  /// Walks towards a query: keeps the `limit` nearest nodes so far, and looks at the neighbours of
  /// the nearest that it has not looked at, until all that are kept were looked at.
  ///
  /// A link or row out of range is passed over.
  ///
  /// - Parameters:
  ///   - level: where to walk.
  ///   - starts: the nodes to begin from.
  ///   - limit: how many nodes are kept (ef in the paper), at least 1.
  ///   - query: where to walk to.
  ///   - codes: the codes of the rows.
  /// - Returns: whether all links and rows were in range.
  /// - Complexity: O(degree · dimension) for each node that was kept at some time.
  func walk(
    _ level: borrowing GraphLevel, from starts: [UInt32], limit: Int, towards query: CodeQuery,
    _ codes: borrowing CodesView, _ kernels: Kernels
  ) -> Bool {
    reset(
      limit: max(1, limit), width: max(level.degree, starts.count), nodeCount: level.count)
    precondition(
      query.codes.count == codes.stride && level.links.count >= level.count * level.degree
        && (level.rows.isEmpty || level.rows.count >= level.count),
      "The query or the level does not fit.")
    let (degree, nodeCount) = (level.degree, level.count)
    let (stride, rowCount) = (codes.stride, codes.count)
    let isSound = unsafe query.withUnsafeQuery { query in
      unsafe level.links.withUnsafeBufferPointer { links in
        unsafe level.rows.withUnsafeBufferPointer { rows in
          unsafe codes.codes.withUnsafeBufferPointer { base in
            unsafe codes.factors.withUnsafeBufferPointer { factors in
              guard let links = links.baseAddress, let base = base.baseAddress,
                let factors = factors.baseAddress
              else { return true }
              let graph = unsafe Graph(
                links: links, degree: degree, count: nodeCount,
                rows: rows.isEmpty ? nil : rows.baseAddress,
                codes: base, factors: factors, stride: stride, rowCount: rowCount,
                query: query, kernels: kernels)
              return unsafe run(graph, from: starts, limit: max(1, limit))
            }
          }
        }
      }
    }
    return isSound ?? true
  }

  /// A level and the codes of its rows, while their storage is borrowed.
  @unsafe private struct Graph {
    let links: UnsafePointer<UInt32>
    let degree: Int
    let count: Int
    /// The row of each node; nil where a node is its row.
    let rows: UnsafePointer<UInt32>?
    let codes: UnsafePointer<UInt8>
    let factors: UnsafePointer<Float>
    let stride: Int
    let rowCount: Int
    let query: UnsafeCodeQuery
    let kernels: Kernels
  }

  /// What a walk writes. It stands in registers, as what a class holds is read again after each
  /// write.
  @unsafe private struct Storage {
    let pool: UnsafeMutablePointer<UInt64>
    let stamps: UnsafeMutablePointer<UInt8>
    let stamp: UInt8
    let nodes: UnsafeMutablePointer<UInt32>
    let rows: UnsafeMutablePointer<UInt32>
    let scores: UnsafeMutablePointer<Float>
  }

  private func run(_ graph: Graph, from starts: [UInt32], limit: Int) -> Bool {
    let storage = unsafe Storage(
      pool: pool.base, stamps: stamps.base, stamp: stamp, nodes: nodes.base, rows: rows.base,
      scores: scores.base)
    let (held, isSound) = unsafe WalkState.run(graph, storage, from: starts, limit: limit)
    count = held
    return isSound
  }

  /// - Returns: how many nodes the pool holds, and whether all links and rows were in range.
  private static func run(
    _ graph: Graph, _ storage: Storage, from starts: [UInt32], limit: Int
  ) -> (held: Int, isSound: Bool) {
    let (pool, stamps, stamp) = unsafe (storage.pool, storage.stamps, storage.stamp)
    let (nodes, scores) = unsafe (storage.nodes, storage.scores)
    let (degree, nodeCount) = unsafe (graph.degree, UInt32(truncatingIfNeeded: graph.count))
    var isSound = true
    var held = 0
    /// No node that was not looked at stands before it.
    var next = 0
    var met = 0
    for node in starts where unsafe node < nodeCount && stamps[Int(node)] != stamp {
      unsafe stamps[Int(node)] = stamp
      unsafe nodes[met] = node
      met &+= 1
    }
    while true {
      let scored = unsafe score(met, graph, storage)
      if scored < met { isSound = false }
      var fresh = 0
      while fresh < scored {
        let word = unsafe Ranked(score: scores[fresh], id: nodes[fresh]).word
        fresh &+= 1
        if held == limit {
          if unsafe word <= pool[held &- 1] { continue }
        } else {
          held &+= 1
        }
        next = unsafe min(next, insert(word, into: pool, count: held))
      }
      while next < held, unsafe pool[next] & Ranked.openBit == 0 { next &+= 1 }
      if next == held { return (held, isSound) }
      let node = unsafe Ranked(word: pool[next]).id
      unsafe pool[next] &= ~Ranked.openBit
      next &+= 1
      let links = unsafe graph.links + Int(node) &* degree
      // The next node is most likely the one behind, unless a neighbour is nearer.
      if next < held {
        let behind = unsafe Int(Ranked(word: pool[next]).id)
        unsafe prefetch(graph.links + behind &* degree)
      }
      met = 0
      var place = 0
      while place < degree {
        let link = unsafe links[place]
        place &+= 1
        guard link < nodeCount else {
          if link == GraphLevel.none { break }
          isSound = false
          continue
        }
        // Counted by arithmetic: a branch would be guessed wrong half the time.
        let difference = unsafe stamps[Int(link)] ^ stamp
        unsafe stamps[Int(link)] = stamp
        unsafe nodes[met] = link
        met &+= (Int(difference) &+ 255) &>> 8
      }
    }
  }

  /// Puts a word into the pool; the last of `count` places is free or falls out.
  ///
  /// - Returns: its place.
  @inline(__always)
  private static func insert(
    _ word: UInt64, into pool: UnsafeMutablePointer<UInt64>, count: Int
  ) -> Int {
    var low = 0
    var size = count &- 1
    while size > 0 {
      let half = size &>> 1
      let isBelow = unsafe pool[low &+ half] < word
      low = isBelow ? low : low &+ half &+ 1
      size = isBelow ? half : size &- half &- 1
    }
    unsafe (pool + low + 1).update(from: pool + low, count: count &- 1 &- low)
    unsafe pool[low] = word
    return low
  }

  /// Scores the first of the nodes.
  ///
  /// - Returns: how many have a row; the others are dropped.
  @inline(__always)
  private static func score(_ met: Int, _ graph: Graph, _ storage: Storage) -> Int {
    let nodes = unsafe storage.nodes
    guard let rows = unsafe graph.rows else {
      // A level of nodes that are their rows has no more of them than there are codes.
      let known = unsafe graph.count <= graph.rowCount ? met : 0
      unsafe graph.kernels.gather(
        graph.query, base: graph.codes, factors: graph.factors, stride: graph.stride,
        rows: nodes, count: known, into: storage.scores)
      return known
    }
    var known = 0
    for i in 0..<met {
      let node = unsafe nodes[i]
      guard unsafe Int(rows[Int(node)]) < graph.rowCount else { continue }
      unsafe nodes[known] = node
      unsafe storage.rows[known] = rows[Int(node)]
      known += 1
    }
    unsafe graph.kernels.gather(
      graph.query, base: graph.codes, factors: graph.factors, stride: graph.stride,
      rows: storage.rows, count: known, into: storage.scores)
    return known
  }
}

// It belongs to one scratch, which one search uses at a time.
extension WalkState: @unchecked Sendable {}
