import Machine

/// Vectors as searches read them, wherever they lie and however they are stored.
struct RowsView: ~Escapable {
  /// The keys, ascending.
  let keys: Span<Int64>
  /// The place of each row's key among the keys; empty where rows have the order of the keys.
  let ranks: Span<UInt32>
  /// The rows, each `stride` numbers long, padded with zeros; empty where they are coded.
  let vectors: Span<Float>
  /// The rows in codes, and what the codes leave of them; empty where nothing is coded.
  let codes: CodesView
  let residuals: Span<UInt8>
  let dimension: Int
  let metric: Metric

  /// Rows in the order of their keys.
  @_lifetime(copy keys, copy vectors)
  init(keys: Span<Int64>, vectors: Span<Float>, dimension: Int, metric: Metric) {
    self.init(
      keys: keys, ranks: Span(), vectors: vectors,
      codes: CodesView(
        codes: Span(), factors: Span(), center: Span(),
        stride: Kernels.codeStride(dimension: dimension)),
      residuals: Span(), dimension: dimension, metric: metric)
  }

  @_lifetime(copy keys, copy ranks, copy vectors, copy codes, copy residuals)
  init(
    keys: Span<Int64>, ranks: Span<UInt32>, vectors: Span<Float>, codes: CodesView,
    residuals: Span<UInt8>, dimension: Int, metric: Metric
  ) {
    self.keys = keys
    self.ranks = ranks
    self.vectors = vectors
    self.codes = codes
    self.residuals = residuals
    self.dimension = dimension
    self.metric = metric
  }

  var count: Int { keys.count }
  var stride: Int { VectorSet.stride(dimension: dimension) }
  /// Whether the codes are all there is.
  var isCoded: Bool { vectors.isEmpty }

  /// The place of a row's key among the keys; nil where a damaged file says what cannot be.
  @inline(__always)
  func rank(of row: UInt32) -> UInt32? {
    if ranks.isEmpty { return row }
    let rank = ranks[Int(row)]
    return Int(rank) < count ? rank : nil
  }

  /// A row, padded with zeros.
  ///
  /// - Parameter numbers: receives `stride` numbers from `start` on.
  func read(_ row: Int, into numbers: inout [Float], at start: Int = 0) {
    guard isCoded else {
      for i in 0..<stride { numbers[start + i] = vectors[row * stride + i] }
      return
    }
    for i in dimension..<stride { numbers[start + i] = 0 }
    let quarter = CodeResiduals.stride(codeStride: codes.stride)
    CodeResiduals.decode(
      codes: codes.row(row),
      residuals: residuals.extracting(row * quarter..<(row + 1) * quarter),
      scale: codes.factors[2 * row], center: codes.center, dimension: dimension,
      into: &numbers, at: start)
  }

  /// Scores rows that follow each other against the scratch's query, in the canonical order.
  ///
  /// - Complexity: O(rows · dimension).
  func score(
    _ rows: Range<Int>, as score: Kernels.Score, kernels: Kernels, _ scratch: inout SearchScratch
  ) {
    guard isCoded else {
      kernels.scan(
        score, query: scratch.query, base: vectors(rows), stride: stride, count: rows.count,
        into: &scratch.scores)
      return
    }
    decode(rows, into: &scratch.decoded)
    scratch.scoreDecoded(score, stride: stride, count: rows.count, kernels: kernels)
  }

  /// The vectors of rows that follow each other, where they are not coded.
  @_lifetime(copy self)
  func vectors(_ rows: Range<Int>) -> Span<Float> {
    vectors.extracting(rows.lowerBound * stride..<rows.upperBound * stride)
  }

  /// Makes rows that follow each other from their codes.
  func decode(_ rows: Range<Int>, into numbers: inout [Float]) {
    let count = rows.count * stride
    if numbers.count < count { numbers = Array(repeating: 0, count: count) }
    for row in rows { read(row, into: &numbers, at: (row - rows.lowerBound) * stride) }
  }

  /// Scores the first `count` of the scratch's rows against its query, in the canonical order.
  ///
  /// - Precondition: every row is less than ``count``.
  func score(_ count: Int, kernels: Kernels, _ scratch: inout SearchScratch) {
    guard isCoded else {
      kernels.gather(
        metric.score, query: scratch.query, base: vectors, stride: stride,
        rows: scratch.rows, count: count, into: &scratch.scores)
      return
    }
    scratch.reserve(decoded: count * stride)
    for i in 0..<count {
      read(Int(scratch.rows[i]), into: &scratch.decoded, at: i * stride)
    }
    scratch.scoreDecoded(metric.score, stride: stride, count: count, kernels: kernels)
  }

  /// Ranks the first `count` of the scratch's rows by their vectors.
  ///
  /// - Returns: the `k` nearest: nearest first, of equal scores the lower key first.
  /// - Precondition: every row is less than ``count``.
  func rank(
    _ count: Int, k: Int, kernels: Kernels, _ scratch: inout SearchScratch
  ) -> [Neighbor] {
    score(count, kernels: kernels, &scratch)
    scratch.found.removeAll(keepingCapacity: true)
    for place in 0..<count {
      guard let rank = rank(of: scratch.rows[place]) else {
        scratch.note(.ranks)
        continue
      }
      scratch.found.append(Ranked(score: scratch.scores[place], id: rank))
    }
    scratch.found.sort(by: >)
    if scratch.found.count > k { scratch.found.removeLast(scratch.found.count - k) }
    return neighbors(scratch.found)
  }

  /// Ranked places among the keys as results.
  func neighbors(_ found: [Ranked]) -> [Neighbor] {
    found.map { Neighbor(key: keys[Int($0.id)], score: $0.score) }
  }
}
