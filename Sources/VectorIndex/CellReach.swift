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

  /// So many vectors are queries.
  private static let queries = 256
  /// So many nearest are looked for.
  private static let k = 10
  /// For this share of them the reach suffices.
  private static let share = 0.95
  /// At least so far, whatever was measured: the queries are but some of the vectors.
  private static let least: Float = 0.25
  /// What a segment can have.
  static let limit: Float = 16

  /// Measures.
  ///
  /// - Parameter shuffled: all rows, in an order at random.
  /// - Returns: the least z such that `share` of the nearest lie in a cell with score + weight · z ·
  ///   distance · radius at least the score of the k-th nearest; between `least` and `limit`.
  /// - Complexity: O(queries · n · dimension).
  func measure(_ shuffled: [UInt32], _ pool: WorkerPool) -> Float {
    let queries = Array(shuffled.suffix(CellReach.queries))
    let cellsOfRow = cellsOfRow()
    var reaches = pool.map(count: queries.count) { place in
      needed(by: queries[place], cellsOfRow)
    }.flatMap(\.self)
    reaches.sort()
    guard !reaches.isEmpty else { return 1 }
    let place = Int(Double(reaches.count - 1) * CellReach.share)
    return min(max(CellReach.least, reaches[place]), CellReach.limit)
  }

  /// The z that each of the vectors nearest to one of them needs.
  private func needed(by row: UInt32, _ cellsOfRow: [[Int]]) -> [Float] {
    let nearest = nearest(to: row)
    guard let last = nearest.last else { return [] }
    let query = vector(row)
    let least = score(query, vector(last))
    return nearest.compactMap { near in
      let needed = cellsOfRow[Int(near)].map { reach(to: $0, from: query, least) }.min()
      return needed.flatMap { $0.isFinite ? $0 : nil }
    }
  }

  private func cellsOfRow() -> [[Int]] {
    var cells = [[Int]](repeating: [], count: codes.view.count)
    for (cell, rows) in assignment.members.enumerated() {
      for row in rows { cells[Int(row)].append(cell) }
    }
    return cells
  }

  /// The rows nearest to one of them, nearest first.
  private func nearest(to row: UInt32) -> [UInt32] {
    var query = CodeQuery()
    codes.view.prepare(&query, row: row, metric: metric)
    let block = 1_024
    var scores = [Float](repeating: 0, count: block)
    var heap = NearestHeap()
    heap.reset(limit: CellReach.k)
    for start in stride(from: 0, to: codes.view.count, by: block) {
      let rows = (start..<min(start + block, codes.view.count)).map { UInt32($0) }
      kernels.gather(
        query, base: codes.view.codes, factors: codes.view.factors, stride: codes.stride,
        rows: rows, count: rows.count, into: &scores)
      for (place, other) in rows.enumerated() where other != row {
        let ranked = Ranked(score: scores[place], id: other)
        if heap.accepts(ranked) { heap.insert(ranked) }
      }
    }
    var list: [Ranked] = []
    heap.drain(into: &list)
    return list.map(\.id)
  }

  /// What z a search from the query needs to look into a cell for scores of at least `least`.
  private func reach(to cell: Int, from query: [Float], _ least: Float) -> Float {
    let center = means.center(cell)
    let distance = (-kernels.score(.euclidean, query, center.span)).squareRoot()
    let radius = cells[cell].radius
    let weight = metric.codeWeight
    let missing = least - score(query, center) + (weight - 1) * radius * radius
    return missing / (weight * distance * radius)
  }

  private func score(_ a: [Float], _ b: [Float]) -> Float {
    kernels.score(metric.score, a, b.span)
  }

  /// A vector as its codes tell it.
  private func vector(_ row: UInt32) -> [Float] {
    zip(means.mean, means.difference(ofVector: row)).map { $0 + $1 }
  }
}
