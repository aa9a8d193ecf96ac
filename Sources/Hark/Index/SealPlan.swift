/// Which segments a new segment replaces, besides taking in the tail.
///
/// Segments cover adjoining ranges of chunk ids. A new one takes in its predecessors as long as
/// they are less than twice its size, so that sizes at least double from each segment to the one
/// before it and each vector is built into O(log *n*) segments over its life; and every segment
/// from the first one on that holds too many deleted vectors.
struct SealPlan: Equatable {
  /// A segment is built anew once this share of its vectors is deleted.
  static let maskedShare = 0.25

  /// The segments that go.
  let replaced: [SegmentRow]
  /// The first chunk id that the new segment covers.
  let firstChunk: Int64
  /// The last chunk id that the segments cover so far.
  let covered: Int64

  /// Plans a seal; nil where there is nothing to do.
  ///
  /// - Parameters:
  ///   - segments: the live segments, by ascending chunk ids.
  ///   - tail: the number of live chunks after them.
  ///   - masks: the deleted chunks that segments still hold.
  init?(segments: [SegmentRow], tail: Int, masks: Set<Int64>) {
    var first = segments.count
    var size = tail
    while first > 0, segments[first - 1].vectorCount < 2 * size {
      first -= 1
      size += segments[first].vectorCount
    }
    let worn = segments.firstIndex { segment in
      let masked = masks.count { segment.chunks.contains($0) }
      return Double(masked) > Self.maskedShare * Double(segment.vectorCount)
    }
    first = min(first, worn ?? first)
    guard tail > 0 || first < segments.count else { return nil }
    self.init(replacing: Array(segments[first...]), of: segments)
  }

  /// Plans one segment in the place of all.
  init(replacingAll segments: [SegmentRow]) {
    self.init(replacing: segments, of: segments)
  }

  private init(replacing replaced: [SegmentRow], of segments: [SegmentRow]) {
    self.replaced = replaced
    covered = segments.last?.chunks.upperBound ?? 0
    firstChunk = replaced.first?.chunks.lowerBound ?? (covered + 1)
  }
}
