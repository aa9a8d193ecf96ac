import VectorIndex

extension IndexView {
  /// The vector of a chunk, of unit length; nil where the index does not hold it.
  ///
  /// - Complexity: O(log *n* + dimension).
  func vector(of chunk: Int64) -> [Float]? {
    for (row, segment) in segments where row.chunks.contains(chunk) {
      return segment.row(of: chunk).map(segment.vector(at:))
    }
    return tail.row(of: chunk).map(tail.vector(at:))
  }
}
