import Machine

/// Exact search for several queries at once, by matrix products.
///
/// The products are a first sieve: whatever could be among the nearest within their rounding is
/// scored again in the canonical order, so that the results equal those of single searches to the
/// bit. Without a BLAS library each query is searched alone.
struct BatchSieve {
  /// What was found for a query, and the section in which damage was met.
  typealias Answer = (found: [Neighbor], damage: SegmentFormat.Tag?)

  /// The queries, prepared and padded.
  private let queries: [Float]
  private let k: Int
  /// The squared length of each row; empty where all have length 1.
  private let squares: [Float]
  private var scratch = SearchScratch()

  /// Rows of one product, at most: 1,024 × 512 scores are 2 MiB.
  private static let blockRows = 512

  init(queries: [Float], k: Int, squares: [Float]) {
    self.queries = queries
    self.k = k
    self.squares = squares
  }

  /// The nearest rows to each query.
  mutating func search(_ view: borrowing RowsView) -> [Answer] {
    let stride = view.stride
    let count = queries.count / stride
    let candidates: [[UInt32]]? = (try? BLAS.shared.get()).map { sift(view, count, $0) }
    return (0..<count).map { number in
      scratch.forgetDamage()
      scratch.query = Array(queries[number * stride..<(number + 1) * stride])
      let found =
        if let candidates {
          rank(candidates[number], view)
        } else {
          ExactSearch.scan(view, k: k, kernels: .shared, allowed: nil, &scratch)
        }
      return (found, scratch.damage)
    }
  }

  /// The rows that may be among the nearest to each query.
  private mutating func sift(
    _ view: borrowing RowsView, _ count: Int, _ blas: BLAS
  ) -> [[UInt32]] {
    let stride = view.stride
    var sieves = self.sieves(view, count)
    var scores = [Float](repeating: 0, count: count * Self.blockRows)
    var start = 0
    while start < view.count {
      let rows = start..<min(start + Self.blockRows, view.count)
      if view.isCoded {
        view.decode(rows, into: &scratch.decoded)
        multiply(scratch.decoded.span, rows.count, stride, blas, into: &scores)
      } else {
        multiply(view.vectors(rows), rows.count, stride, blas, into: &scores)
      }
      for number in sieves.indices {
        let first = number * Self.blockRows
        if view.metric == .euclidean {
          // The squared length of the query is the same for all rows, and left out.
          for i in 0..<rows.count {
            scores[first + i] = 2 * scores[first + i] - squares[start + i]
          }
        }
        sieves[number].offer(scores.span.extracting(first..<first + rows.count), start: start)
      }
      start = rows.upperBound
    }
    return sieves.map(\.survivors)
  }

  /// The inner products of all queries with some rows.
  private func multiply(
    _ rows: Span<Float>, _ count: Int, _ stride: Int, _ blas: BLAS, into scores: inout [Float]
  ) {
    var product = scores.mutableSpan
    blas.sgemm(
      rows: queries.count / stride, columns: count, depth: stride, a: queries.span,
      aStride: stride, b: rows, bStride: stride, bOrientation: .transposed, c: &product,
      cStride: Self.blockRows)
  }

  /// A sieve for each query.
  ///
  /// Either sum of `stride` products is off by at most about stride · 2⁻²⁴ of the sum of their
  /// magnitudes, which is at most |q| · |x|; squared distances by (|q| + |x|)². Twice that for the
  /// two sums, and twice again for the terms that are added afterwards.
  private func sieves(_ view: borrowing RowsView, _ count: Int) -> [QuerySieve] {
    let stride = view.stride
    let longest = (squares.max() ?? 1).squareRoot()
    return (0..<count).map { number in
      var square: Float = 0
      for number in queries[number * stride..<(number + 1) * stride] { square += number * number }
      let sum = square.squareRoot() + longest
      let bound = view.metric == .euclidean ? sum * sum : square.squareRoot() * longest
      return QuerySieve(k: k, slack: 4 * Float(stride + 8) * 0x1p-24 * bound)
    }
  }

  /// Scores rows in the canonical order and keeps the nearest.
  private mutating func rank(_ rows: [UInt32], _ view: borrowing RowsView) -> [Neighbor] {
    scratch.reserve(width: rows.count)
    for (place, row) in rows.enumerated() { scratch.rows[place] = row }
    return view.rank(rows.count, k: k, kernels: .shared, &scratch)
  }
}

/// The rows whose rounded scores do not rule them out of the `k` nearest to a query.
private struct QuerySieve {
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

  /// Offers the scores of rows that follow each other.
  mutating func offer(_ scores: Span<Float>, start: Int) {
    let width = SIMD16<Float>.scalarCount
    var i = 0
    while i < scores.count {
      // Most rows are ruled out, sixteen by one comparison; a score that is no number stays in.
      if i + width <= scores.count {
        let block = unsafe scores.bytes.unsafeLoadUnaligned(
          fromByteOffset: i * MemoryLayout<Float>.stride, as: SIMD16<Float>.self)
        if all(block .< floor) {
          i += width
          continue
        }
      }
      let end = min(i + width, scores.count)
      for place in i..<end { offer(scores[place], row: UInt32(start + place)) }
      i = end
    }
  }

  private mutating func offer(_ score: Float, row: UInt32) {
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
