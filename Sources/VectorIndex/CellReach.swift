import Machine

/// Measures how far towards a query its nearest vectors lie from the centres of their cells.
///
/// A search passes a cell over if even a member that far towards the query would be farther than
/// what was found already. How far that is depends on the vectors: it is measured with some of them
/// as queries, and the segment keeps what suffices for most.
struct CellReach {
  let means: KMeans
  let assignment: CellAssignment
  let cells: [Cell]
  let codes: VectorCodes
  let metric: Metric
  let kernels: Kernels

  /// So many vectors are queries, and their nearest are looked for among so many others.
  private static let (queries, others) = (256, 20_000)
  /// So many nearest are looked for.
  private static let k = 10
  /// For this share of them the reach suffices.
  private static let share = 0.95
  /// What a segment can have.
  static let limit: Float = 16

  /// Measures.
  ///
  /// - Parameter shuffled: all rows, in an order at random.
  /// - Returns: the least z such that `share` of the nearest lie in a cell with score + weight · z ·
  ///   distance · radius at least the score of the k-th nearest.
  /// - Complexity: O(queries · others · dimension).
  func measure(_ shuffled: [UInt32]) -> Float {
    let base = Array(shuffled.prefix(CellReach.others))
    let cellsOfRow = cellsOfRow()
    var reaches: [Float] = []
    for row in shuffled.suffix(CellReach.queries) {
      let nearest = nearest(to: row, among: base)
      guard let last = nearest.last else { continue }
      let query = vector(row)
      let least = score(query, vector(last))
      for near in nearest {
        let needed = cellsOfRow[Int(near)].map { reach(to: $0, from: query, least) }.min()
        if let needed, needed.isFinite { reaches.append(needed) }
      }
    }
    reaches.sort()
    guard !reaches.isEmpty else { return 1 }
    let place = Int(Double(reaches.count - 1) * CellReach.share)
    return min(max(0, reaches[place]), CellReach.limit)
  }

  private func cellsOfRow() -> [[Int]] {
    var cells = [[Int]](repeating: [], count: codes.view.count)
    for (cell, rows) in assignment.members.enumerated() {
      for row in rows { cells[Int(row)].append(cell) }
    }
    return cells
  }

  /// The rows nearest to one of them, nearest first.
  private func nearest(to row: UInt32, among base: [UInt32]) -> [UInt32] {
    var query = CodeQuery()
    codes.view.prepare(&query, row: row, metric: metric)
    var scores = [Float](repeating: 0, count: base.count)
    kernels.gather(
      query, base: codes.view.codes, factors: codes.view.factors, stride: codes.stride,
      rows: base, count: base.count, into: &scores)
    var heap = NearestHeap()
    heap.reset(limit: CellReach.k)
    for place in base.indices where base[place] != row {
      let ranked = Ranked(score: scores[place], id: base[place])
      if heap.accepts(ranked) { heap.insert(ranked) }
    }
    var list: [Ranked] = []
    heap.drain(into: &list)
    return list.map(\.id)
  }

  /// What z a search from the query needs to look into a cell for scores of at least `least`.
  private func reach(to cell: Int, from query: [Float], _ least: Float) -> Float {
    let center = means.center(cell)
    let distance = (-Kernels.distance(query, center)).squareRoot()
    let radius = cells[cell].radius
    let weight = metric.codeWeight
    let missing = least - score(query, center) + (weight - 1) * radius * radius
    return missing / (weight * distance * radius)
  }

  private func score(_ a: [Float], _ b: [Float]) -> Float {
    metric.score == .euclidean
      ? Kernels.distance(a, b) : zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// A vector as its codes tell it.
  private func vector(_ row: UInt32) -> [Float] {
    zip(means.mean, means.difference(ofVector: row)).map { $0 + $1 }
  }
}

extension Kernels {
  /// Minus the squared distance of two rows.
  fileprivate static func distance(_ a: [Float], _ b: [Float]) -> Float {
    -zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  }
}
