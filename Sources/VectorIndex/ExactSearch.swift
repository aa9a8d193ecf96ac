import Machine

/// Search that looks at every vector: the oracle for approximate search, and the better way for
/// small sets.
///
/// Scores are computed in the kernels' canonical order, so they have the same bits as those of a
/// ``Segment`` of the same vectors.
public enum ExactSearch {
  /// Finds the nearest vectors of a set.
  ///
  /// - Parameters:
  ///   - query: `set.dimension` numbers.
  ///   - set: the vectors.
  ///   - k: how many to find; zero or less finds none.
  ///   - allowing: the keys that may be found; every key if nil.
  ///   - excluding: keys that may not be found, allowed or not; none if nil.
  /// - Returns: the `k` nearest, or fewer where fewer may be found: nearest first, of equal scores
  ///   the lower key first.
  /// - Throws: `dimension-mismatch`, `vector-not-finite`, `vector-zero` or `vector-too-large`.
  /// - Complexity: O(n · dimension + n log k).
  public static func search(
    _ query: [Float], in set: VectorSet, k: Int, allowing: KeySet? = nil,
    excluding: KeySet? = nil
  ) throws(IndexError) -> [Neighbor] {
    var scratch = SearchScratch()
    try VectorSet.prepare(
      query, dimension: set.dimension, metric: set.metric, into: &scratch.query)
    let isWhole = allowing == nil && excluding?.isEmpty ?? true
    let allowed =
      isWhole
      ? nil
      : RowSet(keys: set.keys.span, rows: Span(), allowing: allowing, excluding: excluding)
    return scan(set.view, k: k, kernels: .shared, allowed: allowed, &scratch)
  }

  /// Finds the nearest of some vectors, which are checked and made ready for this one query.
  ///
  /// For several queries over the same vectors make a ``VectorSet``.
  ///
  /// - Parameters:
  ///   - query: `dimension` numbers.
  ///   - keys: a key for each vector.
  ///   - vectors: the vectors one after another: `keys.count` × `dimension` numbers.
  ///   - dimension: how many numbers a vector has.
  ///   - metric: how near two vectors are.
  ///   - k: how many to find; zero or less finds none.
  /// - Returns: the `k` nearest: nearest first, of equal scores the lower key first.
  /// - Throws: as ``VectorSet/init(keys:vectors:dimension:metric:)`` and
  ///   ``search(_:in:k:allowing:excluding:)``.
  /// - Complexity: O(n · dimension + n log k).
  public static func search(
    _ query: [Float], keys: [Int64], vectors: [Float], dimension: Int, metric: Metric, k: Int
  ) throws(IndexError) -> [Neighbor] {
    let set = try VectorSet(keys: keys, vectors: vectors, dimension: dimension, metric: metric)
    return try search(query, in: set, k: k)
  }

  /// The nearest rows to the scratch's prepared query.
  ///
  /// - Parameter allowed: the rows that may be found; all if nil.
  static func scan(
    _ view: borrowing RowsView, k: Int, kernels: Kernels, allowed: RowSet?,
    _ scratch: inout SearchScratch
  ) -> [Neighbor] {
    let candidates = allowed?.count ?? view.count
    guard k > 0, candidates > 0 else { return [] }
    scratch.reserve(width: blockRows)
    scratch.nearest.reset(limit: min(k, candidates))
    var start = 0
    var cursor = RowSet.Cursor()
    while true {
      let count: Int
      if let allowed {
        count = allowed.read(&cursor, into: &scratch.rows, limit: blockRows)
        view.score(count, kernels: kernels, &scratch)
      } else {
        count = min(blockRows, view.count - start)
        view.score(start..<start + count, as: view.metric.score, kernels: kernels, &scratch)
      }
      if count == 0 { break }
      for i in 0..<count {
        // The least number: with its own, the row may only be farther.
        guard scratch.nearest.accepts(Ranked(score: scratch.scores[i], id: 0)) else { continue }
        let row = allowed == nil ? UInt32(start + i) : scratch.rows[i]
        guard let rank = view.rank(of: row) else {
          scratch.note(.ranks)
          continue
        }
        let ranked = Ranked(score: scratch.scores[i], id: rank)
        if scratch.nearest.accepts(ranked) { scratch.nearest.insert(ranked) }
      }
      start += count
    }
    scratch.nearest.drain(into: &scratch.found)
    return view.neighbors(scratch.found)
  }

  /// Rows that are scored between two looks at their scores: small enough for the nearest cache.
  private static let blockRows = 256
}
