import Machine

extension ExactSearch {
  /// Finds the nearest vectors of a set for many queries, by matrix products.
  ///
  /// The products are a first sieve: whatever could be among the nearest within their rounding
  /// is scored again in the canonical order, so the results equal those of
  /// ``search(_:in:k:allowing:)`` to the bit. Without a BLAS library each query is searched alone.
  ///
  /// - Parameters:
  ///   - queries: the queries one after another, each `set.dimension` numbers.
  ///   - set: the vectors.
  ///   - k: how many to find for each query; zero or less finds none.
  /// - Returns: the results of each query, as one search gives them.
  /// - Throws: as ``search(_:in:k:allowing:)``.
  /// - Complexity: O(q · n · dimension), on this thread.
  public static func search(
    batch queries: [Float], in set: VectorSet, k: Int
  ) throws(IndexError) -> [[Neighbor]] {
    let dimension = set.dimension
    guard queries.count.isMultiple(of: dimension) else {
      throw .dimension(queries.count % dimension, expected: dimension)
    }
    let count = queries.count / dimension
    var prepared: [Float] = []
    prepared.reserveCapacity(count * set.stride)
    for i in 0..<count {
      try VectorSet.append(
        queries.span.extracting(i * dimension..<(i + 1) * dimension), to: &prepared,
        stride: set.stride, metric: set.metric, key: nil)
    }
    guard k > 0, set.count > 0, case .success(let blas) = BLAS.shared else {
      var scratch = SearchScratch()
      var results: [[Neighbor]] = []
      for i in 0..<count {
        scratch.query = Array(prepared[i * set.stride..<(i + 1) * set.stride])
        results.append(scan(set.view, k: k, kernels: .shared, allowing: nil, &scratch))
      }
      return results
    }
    let norms = squaredLengths(set.rows, stride: set.stride)
    var results: [[Neighbor]] = []
    results.reserveCapacity(count)
    var start = 0
    while start < count {
      let end = min(start + queryBlock, count)
      let block = Array(prepared[start * set.stride..<end * set.stride])
      results += sieve(block, in: set, norms: norms, k: k, blas: blas)
      start = end
    }
    return results
  }

  /// Queries and rows of one product: 64 × 2,048 scores are 512 KiB.
  private static let queryBlock = 64
  private static let rowBlock = 2_048

  private static func squaredLengths(_ rows: [Float], stride: Int) -> [Float] {
    Swift.stride(from: 0, to: rows.count, by: stride).map { start in
      var sum: Float = 0
      for i in start..<start + stride { sum += rows[i] * rows[i] }
      return sum
    }
  }

  private static func sieve(
    _ queries: [Float], in set: VectorSet, norms: [Float], k: Int, blas: BLAS
  ) -> [[Neighbor]] {
    let stride = set.stride
    let count = queries.count / stride
    let queryNorms = squaredLengths(queries, stride: stride)
    // Either sum of `stride` products is off by at most about stride · 2⁻²⁴ of the sum of their
    // magnitudes, which is at most |q| · |x|; squared distances by (|q| + |x|)². Twice that for
    // the two sums, and twice again for the terms that are added afterwards.
    let longest = (norms.max() ?? 0).squareRoot()
    let slacks = queryNorms.map { norm in
      let length = norm.squareRoot()
      let sum = length + longest
      let bound = set.metric == .euclidean ? sum * sum : length * longest
      return 4 * Float(stride + 8) * 0x1p-24 * bound
    }
    var sieves = slacks.map { Sieve(k: min(k, set.count), slack: $0) }
    var scores = [Float](repeating: 0, count: count * rowBlock)
    var start = 0
    while start < set.count {
      let rows = min(rowBlock, set.count - start)
      var product = scores.mutableSpan
      blas.sgemm(
        rows: count, columns: rows, depth: stride,
        a: queries.span, aStride: stride,
        b: set.rows.span.extracting(start * stride..<(start + rows) * stride),
        bStride: stride, bOrientation: .transposed,
        c: &product, cStride: rowBlock)
      for q in 0..<count {
        for i in 0..<rows {
          var score = scores[q * rowBlock + i]
          if set.metric == .euclidean {
            score = 2 * score - norms[start + i] - queryNorms[q]
          }
          sieves[q].offer(score, row: UInt32(start + i))
        }
      }
      start += rows
    }
    var scratch = SearchScratch()
    return (0..<count).map { q in
      rescore(sieves[q].survivors, query: q, of: queries, in: set, k: k, &scratch)
    }
  }

  /// Scores rows in the canonical order and keeps the nearest.
  private static func rescore(
    _ rows: [UInt32], query: Int, of queries: [Float], in set: VectorSet, k: Int,
    _ scratch: inout SearchScratch
  ) -> [Neighbor] {
    let stride = set.stride
    scratch.reserve(width: rows.count)
    scratch.nearest.reset(limit: min(k, set.count))
    Kernels.shared.gather(
      set.metric.score, query: Array(queries[query * stride..<(query + 1) * stride]),
      base: set.rows.span, stride: stride, rows: rows, count: rows.count,
      into: &scratch.scores)
    for (i, row) in rows.enumerated() {
      let ranked = Ranked(score: scratch.scores[i], id: row)
      if scratch.nearest.accepts(ranked) { scratch.nearest.insert(ranked) }
    }
    scratch.nearest.drain(into: &scratch.found)
    return neighbors(scratch.found, keys: set.keys.span)
  }
}

/// The rows whose rounded scores do not rule them out of the k nearest.
private struct Sieve {
  private var nearest = NearestHeap()
  private var rows: [Ranked] = []
  private var floor = -Float.infinity
  private var pruneCount: Int
  private let slack: Float

  /// A sieve for scores that are off by less than half of `slack`.
  init(k: Int, slack: Float) {
    self.slack = slack
    pruneCount = 64 + 8 * k
    nearest.reset(limit: k)
  }

  mutating func offer(_ score: Float, row: UInt32) {
    // Written so that a score that is no number stays in.
    if score < floor { return }
    let ranked = Ranked(score: score, id: row)
    rows.append(ranked)
    if nearest.accepts(ranked) { nearest.insert(ranked) }
    guard nearest.isFull, let farthest = nearest.farthest else { return }
    floor = farthest.score - slack
    if rows.count >= pruneCount {
      let floor = floor
      rows.removeAll { $0.score < floor }
      // Among equal scores pruning frees little: it has to pay for itself.
      pruneCount = max(pruneCount, 2 * rows.count)
    }
  }

  var survivors: [UInt32] { rows.filter { !($0.score < floor) }.map(\.id) }
}
