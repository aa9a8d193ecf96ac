import Machine

/// One level of the graph: its nodes' links, a fixed number of places for each node.
///
/// At level 0 a node is a row of the vectors. Above, nodes are numbered from 0, and `rows` gives
/// the row of each; a node has the same number on every level above 0.
struct GraphLevel: ~Escapable {
  /// `degree` places for each node; ``GraphLevel/none`` ends a node's links early.
  let links: Span<UInt32>
  /// How many links a node can have.
  let degree: Int
  /// How many nodes there are.
  let count: Int
  /// The rows of the nodes; empty where a node is its row.
  let rows: Span<UInt32>

  /// The mark of an unused place.
  static let none = UInt32.max

  @_lifetime(copy links, copy rows)
  init(links: Span<UInt32>, degree: Int, count: Int, rows: Span<UInt32>) {
    self.links = links
    self.degree = degree
    self.count = count
    self.rows = rows
  }

  /// The section of a segment file that holds the links.
  var section: SegmentFormat.Tag { rows.isEmpty ? .links : .uplinks }

  /// The row of a node. Row numbers of a damaged file may lie outside of the vectors.
  @inline(__always)
  func row(of node: UInt32) -> UInt32 { rows.isEmpty ? node : rows[Int(node)] }
}

/// Walks over a graph towards a query (Malkov & Yashunin 2016, algorithms 2 and 5), guided by
/// codes.
///
/// It never reads outside of the graph or the codes, whatever the links say: a link or row out
/// of range is passed over, and noted in the scratch as damage of its section. The query is that
/// of the scratch.
struct GraphWalk: ~Escapable {
  let codes: CodesView
  let kernels: Kernels

  @_lifetime(copy codes)
  init(codes: CodesView, kernels: Kernels) {
    self.codes = codes
    self.kernels = kernels
  }

  /// Goes from node to nearer node until none is nearer.
  ///
  /// - Complexity: O(degree · dimension) a step; the expected number of steps is constant.
  func descend(_ level: borrowing GraphLevel, from start: UInt32, _ scratch: inout SearchScratch)
    -> UInt32
  {
    scratch.reserve(width: level.degree)
    scratch.nodes[0] = start
    guard var best = nearest(of: 1, level, &scratch) else { return start }
    while true {
      var count = 0
      for place in places(of: best.id, level) {
        let node = level.links[place]
        if node == GraphLevel.none { break }
        guard Int(node) < level.count else {
          scratch.note(level.section)
          continue
        }
        scratch.nodes[count] = node
        count += 1
      }
      guard let next = nearest(of: count, level, &scratch), next > best else { return best.id }
      best = next
    }
  }

  /// Finds near nodes: keeps the `effort` nearest so far, and looks at the neighbours of the
  /// nearest node that it has not looked at, until all that are kept were looked at.
  ///
  /// - Parameters:
  ///   - level: where to walk.
  ///   - starts: the nodes to begin from.
  ///   - effort: how many nodes are kept (ef in the paper).
  ///   - scratch: its walk receives the nodes.
  /// - Complexity: O(degree · dimension) for each node that was kept at some time.
  func search(
    _ level: borrowing GraphLevel, from starts: [UInt32], effort: Int,
    _ scratch: inout SearchScratch
  ) {
    let isSound = scratch.walk.walk(
      level, from: starts, limit: min(effort, level.count), towards: scratch.codes, codes,
      kernels)
    if !isSound { scratch.note(level.section) }
  }

  /// Finds near nodes that are allowed; the walk passes through those that are not, and ends when
  /// the nearest node that it has not looked at is farther than all that are kept.
  ///
  /// - Parameters:
  ///   - level: where to walk.
  ///   - starts: the nodes to begin from.
  ///   - effort: how many allowed nodes are kept.
  ///   - allowing: whether a node may be kept.
  ///   - scratch: `found` receives the nodes, nearest first.
  func search(
    _ level: borrowing GraphLevel, from starts: [UInt32], effort: Int,
    allowing: (UInt32) -> Bool, _ scratch: inout SearchScratch
  ) {
    scratch.candidates.removeAll()
    scratch.nearest.reset(limit: effort)
    take(begin(level, from: starts, &scratch), allowing, &scratch)
    while let word = scratch.candidates.pop() {
      let candidate = Ranked(word: ~word)
      // The farthest kept is itself a candidate: it is looked at, too.
      if scratch.nearest.surpasses(candidate) { break }
      take(look(at: candidate.id, level, &scratch), allowing, &scratch)
    }
    scratch.nearest.drain(into: &scratch.found)
  }

  /// Forgets the nodes of the last walk, and scores those that this one begins from.
  ///
  /// - Returns: how many there are in the scratch's nodes.
  private func begin(
    _ level: borrowing GraphLevel, from starts: [UInt32], _ scratch: inout SearchScratch
  ) -> Int {
    scratch.reserve(width: max(level.degree, starts.count))
    scratch.visited.reset(count: level.count)
    var count = 0
    for node in starts where Int(node) < level.count && scratch.visited.insert(node) {
      scratch.nodes[count] = node
      count += 1
    }
    return scoreNodes(count, level, &scratch)
  }

  /// Scores the neighbours of a node that the walk has not met.
  ///
  /// - Returns: how many there are in the scratch's nodes.
  private func look(
    at node: UInt32, _ level: borrowing GraphLevel, _ scratch: inout SearchScratch
  ) -> Int {
    var count = 0
    for place in places(of: node, level) {
      let link = level.links[place]
      if link == GraphLevel.none { break }
      guard Int(link) < level.count else {
        scratch.note(level.section)
        continue
      }
      guard scratch.visited.insert(link) else { continue }
      scratch.nodes[count] = link
      count += 1
    }
    return scoreNodes(count, level, &scratch)
  }

  /// Keeps those of the scratch's first `count` nodes that are near enough.
  private func take(
    _ count: Int, _ allowing: (UInt32) -> Bool, _ scratch: inout SearchScratch
  ) {
    for i in 0..<count {
      let ranked = Ranked(score: scratch.scores[i], id: scratch.nodes[i])
      guard scratch.nearest.accepts(ranked) else { continue }
      scratch.candidates.push(~ranked.word)
      if allowing(ranked.id) { scratch.nearest.insert(ranked) }
    }
  }

  /// The nearest of the first `count` of the scratch's nodes.
  private func nearest(
    of count: Int, _ level: borrowing GraphLevel, _ scratch: inout SearchScratch
  ) -> Ranked? {
    var best: Ranked?
    for i in 0..<scoreNodes(count, level, &scratch) {
      let ranked = Ranked(score: scratch.scores[i], id: scratch.nodes[i])
      if let held = best, held > ranked { continue }
      best = ranked
    }
    return best
  }

  /// Scores the first `count` of the scratch's nodes.
  ///
  /// - Returns: how many have a row; the others are dropped from the nodes.
  @inline(__always)
  private func scoreNodes(
    _ count: Int, _ level: borrowing GraphLevel, _ scratch: inout SearchScratch
  ) -> Int {
    // On level 0 a node is its row, and the level has as many nodes as there are codes.
    if level.rows.isEmpty, level.count <= codes.count {
      score(scratch.nodes, count, scratch.codes, into: &scratch.scores)
      return count
    }
    var kept = 0
    for i in 0..<count {
      let node = scratch.nodes[i]
      let row = level.row(of: node)
      guard Int(row) < codes.count else {
        scratch.note(level.rows.isEmpty ? .links : .uprows)
        continue
      }
      scratch.nodes[kept] = node
      scratch.rows[kept] = row
      kept += 1
    }
    score(scratch.rows, kept, scratch.codes, into: &scratch.scores)
    return kept
  }

  /// Scores some of a list of rows.
  @inline(__always)
  func score(
    _ rows: [UInt32], from start: Int = 0, _ count: Int, _ query: CodeQuery,
    into scores: inout [Float]
  ) {
    kernels.gather(
      query, base: codes.codes, factors: codes.factors, stride: codes.stride, rows: rows,
      from: start, count: count, into: &scores)
  }

  @inline(__always)
  private func places(of node: UInt32, _ level: borrowing GraphLevel) -> Range<Int> {
    let first = Int(node) * level.degree
    return first..<first + level.degree
  }
}
