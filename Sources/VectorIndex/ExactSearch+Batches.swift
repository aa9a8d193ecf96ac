import Machine

extension ExactSearch {
  /// Finds the nearest vectors of a set for many queries, by matrix products.
  ///
  /// - Parameters:
  ///   - queries: the queries one after another, each `set.dimension` numbers.
  ///   - set: the vectors.
  ///   - k: how many to find for each query; zero or less finds none.
  ///   - threads: how many threads search, the caller's included; all cores by default.
  /// - Returns: the results of each query, to the bit as one search gives them.
  /// - Throws: as one search, for the first query that fails.
  /// - Complexity: O(q · n · dimension), divided by the threads.
  public static func search(
    batch queries: [Float], in set: VectorSet, k: Int, threads: Int? = nil
  ) throws(IndexError) -> [[Neighbor]] {
    try search(batch: queries, in: set, k: k, threads: threads) { _ in }
  }

  /// Finds the nearest vectors of a segment for many queries, by matrix products.
  ///
  /// - Parameters:
  ///   - queries: the queries one after another, each `info.dimension` numbers.
  ///   - segment: the vectors.
  ///   - k: how many to find for each query; zero or less finds none.
  ///   - threads: how many threads search, the caller's included; all cores by default.
  /// - Returns: the results of each query, to the bit as one search gives them.
  /// - Throws: as one search, for the first query that fails.
  /// - Complexity: O(q · n · dimension), divided by the threads.
  public static func search(
    batch queries: [Float], in segment: Segment, k: Int, threads: Int? = nil
  ) throws(IndexError) -> [[Neighbor]] {
    try search(batch: queries, in: segment, k: k, threads: threads) {
      (answer) throws(IndexError) in try segment.check(answer.found, damage: answer.damage)
    }
  }

  private static func search(
    batch queries: [Float], in source: some StoredRows, k: Int, threads: Int?,
    check: (BatchSieve.Answer) throws(IndexError) -> Void
  ) throws(IndexError) -> [[Neighbor]] {
    let dimension = source.dimension
    let stride = VectorSet.stride(dimension: dimension)
    guard queries.count.isMultiple(of: dimension) else {
      throw .dimension(queries.count % dimension, expected: dimension)
    }
    let count = queries.count / dimension
    var prepared: [Float] = []
    prepared.reserveCapacity(count * stride)
    for i in 0..<count {
      try VectorSet.append(
        queries.span.extracting(i * dimension..<(i + 1) * dimension), to: &prepared,
        stride: stride, metric: source.metric, key: nil)
    }
    guard k > 0, source.count > 0 else { return Array(repeating: [], count: count) }
    let pool = WorkerPool(threads: threads ?? WorkerPool.availableCores)
    let squares = source.metric.isNormalized ? [] : squaredLengths(of: source, pool)
    // As many in one product as pay, but some for each thread.
    let block = max(1, min(1_024, (count + pool.threads - 1) / pool.threads))
    let rows = prepared
    let answers = pool.map(count: (count + block - 1) / block) { number in
      let range = number * block..<min((number + 1) * block, count)
      var sieve = BatchSieve(
        queries: Array(rows[range.lowerBound * stride..<range.upperBound * stride]), k: k,
        squares: squares)
      return sieve.search(source.view)
    }
    var results: [[Neighbor]] = []
    results.reserveCapacity(count)
    for answer in answers.joined() {
      try check(answer)
      results.append(answer.found)
    }
    return results
  }

  /// The squared length of each row.
  private static func squaredLengths(of source: some StoredRows, _ pool: WorkerPool) -> [Float] {
    let count = source.count
    let block = 1_024
    return pool.map(count: (count + block - 1) / block) { number in
      let rows = number * block..<min((number + 1) * block, count)
      var scratch = SearchScratch()
      scratch.reserve(width: rows.count)
      scratch.query = Array(repeating: 0, count: VectorSet.stride(dimension: source.dimension))
      source.view.score(rows, as: .euclidean, kernels: .shared, &scratch)
      // Minus the squared distance from the origin.
      return scratch.scores.prefix(rows.count).map { -$0 }
    }.flatMap(\.self)
  }
}

/// Rows that can be looked at from several threads: a ``VectorSet`` or a ``Segment``.
protocol StoredRows: Sendable {
  var count: Int { get }
  var dimension: Int { get }
  var metric: Metric { get }
  var view: RowsView {
    @_lifetime(borrow self)
    borrowing get
  }
}

extension VectorSet: StoredRows {}

extension Segment: StoredRows {
  var dimension: Int { header.dimension }
  var metric: Metric { header.metric }
}
