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
  ///   - allowing: whether a key may be found; every key if nil.
  /// - Returns: the `k` nearest, or fewer where the set is smaller: nearest first, of equal scores
  ///   the lower key first.
  /// - Throws: `dimension-mismatch`, `vector-not-finite`, `vector-zero` or `vector-too-large`.
  /// - Complexity: O(n · dimension + n log k).
  public static func search(
    _ query: [Float], in set: VectorSet, k: Int, allowing: ((Int64) -> Bool)? = nil
  ) throws(IndexError) -> [Neighbor] {
    var scratch = SearchScratch()
    try VectorSet.prepare(
      query, dimension: set.dimension, metric: set.metric, into: &scratch.query)
    return scan(set.view, k: k, kernels: .shared, allowing: allowing, &scratch)
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
  ///   ``search(_:in:k:allowing:)``.
  /// - Complexity: O(n · dimension + n log k).
  public static func search(
    _ query: [Float], keys: [Int64], vectors: [Float], dimension: Int, metric: Metric, k: Int
  ) throws(IndexError) -> [Neighbor] {
    let set = try VectorSet(keys: keys, vectors: vectors, dimension: dimension, metric: metric)
    return try search(query, in: set, k: k)
  }

  /// The nearest rows to the scratch's prepared query.
  static func scan(
    _ view: borrowing RowsView, k: Int, kernels: Kernels, allowing: ((Int64) -> Bool)?,
    _ scratch: inout SearchScratch
  ) -> [Neighbor] {
    guard k > 0, view.count > 0 else { return [] }
    scratch.reserve(width: blockRows)
    scratch.nearest.reset(limit: min(k, view.count))
    var start = 0
    while start < view.count {
      let count = min(blockRows, view.count - start)
      view.score(start..<start + count, as: view.metric.score, kernels: kernels, &scratch)
      for i in 0..<count {
        // The least number: with its own, the row may only be farther.
        guard scratch.nearest.accepts(Ranked(score: scratch.scores[i], id: 0)) else { continue }
        guard let rank = view.rank(of: UInt32(start + i)) else {
          scratch.note(.ranks)
          continue
        }
        let ranked = Ranked(score: scratch.scores[i], id: rank)
        guard scratch.nearest.accepts(ranked) else { continue }
        if let allowing, !allowing(view.keys[Int(rank)]) { continue }
        scratch.nearest.insert(ranked)
      }
      start += count
    }
    scratch.nearest.drain(into: &scratch.found)
    return view.neighbors(scratch.found)
  }

  /// Rows that are scored between two looks at their scores: small enough for the nearest cache.
  private static let blockRows = 256
}
