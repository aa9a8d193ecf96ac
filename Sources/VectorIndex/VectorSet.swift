import Machine

/// Vectors under keys, checked and made ready for search and for indexing.
///
/// Rows are ordered by key and padded with zeros to a multiple of 16 numbers; for
/// ``Metric/cosine`` they are scaled to length 1. A set is searched exactly by ``ExactSearch``.
public struct VectorSet: Sendable {
  /// The keys, ascending.
  public private(set) var keys: [Int64] = []
  /// How many numbers a vector has.
  public let dimension: Int
  /// How near two vectors are.
  public let metric: Metric

  /// The rows, one after another, each `stride` numbers long.
  private(set) var rows: [Float] = []
  /// The distance of two rows.
  let stride: Int

  /// The greatest dimension that an index can have.
  public static let dimensionLimit = 65_536
  /// The greatest number of vectors that an index can have.
  public static let countLimit = Int(Int32.max) - 1

  /// How many vectors there are.
  public var count: Int { keys.count }

  /// A set of vectors.
  ///
  /// - Parameters:
  ///   - keys: a key for each vector, in any order, without duplicates.
  ///   - vectors: the vectors one after another: `keys.count` × `dimension` numbers.
  ///   - dimension: how many numbers a vector has, 1 to ``dimensionLimit``.
  ///   - metric: how near two vectors are.
  /// - Throws: `option-invalid`, `dimension-mismatch`, `key-duplicate`, `vector-not-finite`,
  ///   `vector-zero` or `vector-too-large`; the last four name the key.
  /// - Complexity: O(n · dimension), and O(n log n) where keys do not ascend.
  public init(
    keys: [Int64] = [], vectors: [Float] = [], dimension: Int, metric: Metric
  ) throws(IndexError) {
    guard 1...VectorSet.dimensionLimit ~= dimension else {
      throw IndexError(
        .optionInvalid,
        "The dimension is \(dimension); it has to be 1 to \(VectorSet.dimensionLimit).")
    }
    self.dimension = dimension
    self.metric = metric
    self.stride = VectorSet.stride(dimension: dimension)
    try append(keys: keys, vectors: vectors)
  }

  /// The distance of two rows of that dimension: the next multiple of 16.
  static func stride(dimension: Int) -> Int { (dimension + 15) / 16 * 16 }

  /// Adds vectors; upon an error the set stays as it was.
  ///
  /// - Parameters:
  ///   - keys: a key for each vector, in any order, none of them in the set.
  ///   - vectors: the vectors one after another.
  /// - Throws: as the initializer.
  /// - Complexity: O(new · dimension) where the new keys ascend and follow the old ones, else
  ///   that of a new set.
  public mutating func append(keys newKeys: [Int64], vectors: [Float]) throws(IndexError) {
    let (needed, overflow) = newKeys.count.multipliedReportingOverflow(by: dimension)
    guard !overflow, vectors.count == needed else {
      throw IndexError(
        .dimensionMismatch,
        "\(newKeys.count) keys of dimension \(dimension) need \(needed) numbers; "
          + "there are \(vectors.count).")
    }
    guard newKeys.count <= VectorSet.countLimit - count else {
      throw IndexError(
        .optionInvalid, "An index holds at most \(VectorSet.countLimit) vectors. Split the set.")
    }
    let oldCount = count
    let oldSize = rows.count
    let size = oldSize + newKeys.count * stride
    // Twice as much as before at least, so that a set may grow by one vector at a time.
    if size > rows.capacity { rows.reserveCapacity(max(size, 2 * oldSize)) }
    do throws(IndexError) {
      for i in newKeys.indices {
        let vector = vectors.span.extracting(i * dimension..<(i + 1) * dimension)
        try VectorSet.append(vector, to: &rows, stride: stride, metric: metric, key: newKeys[i])
      }
      keys.append(contentsOf: newKeys)
      try order(from: max(0, oldCount - 1))
    } catch {
      rows.removeLast(rows.count - oldSize)
      keys.removeLast(keys.count - oldCount)
      throw error
    }
  }

  /// Orders the rows by key, if the keys from `start` on do not ascend already.
  private mutating func order(from start: Int) throws(IndexError) {
    guard let fault = (start..<max(start, count - 1)).first(where: { keys[$0] >= keys[$0 + 1] })
    else { return }
    if keys[fault] == keys[fault + 1] { throw duplicate(keys[fault]) }
    let sorted = keys.indices.sorted { keys[$0] < keys[$1] }
    for (a, b) in zip(sorted, sorted.dropFirst()) where keys[a] == keys[b] {
      throw duplicate(keys[a])
    }
    var orderedRows: [Float] = []
    orderedRows.reserveCapacity(rows.count)
    for i in sorted { orderedRows.append(contentsOf: rows[i * stride..<(i + 1) * stride]) }
    rows = orderedRows
    keys = sorted.map { keys[$0] }
  }

  private func duplicate(_ key: Int64) -> IndexError {
    IndexError(.keyDuplicate, "The key \(key) stands there twice. Give each key once.", key: key)
  }

  /// The row number of a key, or nil where the set does not hold it. O(log n).
  public func row(of key: Int64) -> Int? { keys.span.row(of: key) }

  /// The vector in a row, as it is searched: for ``Metric/cosine`` of length 1.
  ///
  /// - Precondition: `row` is less than ``count``.
  public func vector(at row: Int) -> [Float] {
    precondition(keys.indices.contains(row), "There is no such row.")
    return Array(rows[row * stride..<row * stride + dimension])
  }

  /// What searches read.
  var view: RowsView {
    @_lifetime(borrow self)
    borrowing get {
      RowsView(keys: keys.span, vectors: rows.span, dimension: dimension, metric: metric)
    }
  }
}

extension Span<Int64> {
  /// Where a key stands among ascending keys. O(log n).
  func row(of key: Int64) -> Int? {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < key { low = middle + 1 } else { high = middle }
    }
    return low < count && self[low] == key ? low : nil
  }
}
