import VectorIndex

extension [Candidate] {
  /// The most candidates among which others are sought.
  private static var diversityPool: Int { 200 }

  /// The candidates in an order in which near copies of better ones come later: maximal marginal
  /// relevance (Carbonell and Goldstein, 1998).
  ///
  /// Each next candidate has the greatest (1 − d) · score − d · cosine to the nearest one before it.
  ///
  /// - Parameters:
  ///   - diversity: d, from 0 for none to 1.
  ///   - limit: how many hits are wanted; what comes far behind keeps its order.
  ///   - vectors: the candidates' vectors.
  /// - Complexity: O(limit · pool · dimension).
  func diversified(by diversity: Double, limit: Int, _ vectors: IndexView?) -> [Candidate] {
    guard diversity > 0, let vectors, count > 2 else { return self }
    let pool = Array(prefix(Swift.max(Self.diversityPool, 2 * limit)))
    let rows = pool.map { vectors.vector(of: $0.chunk) ?? [] }
    var nearest = [Double](repeating: -1, count: pool.count)
    var open = Set(pool.indices)
    var chosen: [Candidate] = []
    while chosen.count < limit, !open.isEmpty {
      let next = open.min { left, right in
        let (first, second) = (
          (1 - diversity) * pool[left].score - diversity * Swift.max(0, nearest[left]),
          (1 - diversity) * pool[right].score - diversity * Swift.max(0, nearest[right])
        )
        return first != second ? first > second : left < right
      }
      guard let next else { break }
      open.remove(next)
      chosen.append(pool[next])
      for other in open { nearest[other] = Swift.max(nearest[other], rows[other].dot(rows[next])) }
    }
    return chosen + open.sorted().map { pool[$0] } + dropFirst(pool.count)
  }
}
