/// Which segments of a collection are built anew, and from which chunks.
///
/// Segments cover ascending, disjoint ranges of chunk ids. The tail becomes a new segment, which
/// takes in its predecessors as long as they are less than twice its size and all of them fit into
/// one segment: so sizes at least double from each segment to the one before it up to the largest,
/// and each vector is built into O(log *n*) segments over its life. A segment that holds too many
/// deleted vectors is built anew by itself.
struct SealPlan: Equatable {
  /// A range of chunks that gets new segments.
  struct Run: Equatable {
    /// The segments that go.
    let replaced: [SegmentRow]
    /// The chunks that the new ones cover; the last run reaches to the newest chunk.
    let chunks: ClosedRange<Int64>
  }

  /// A segment is built anew once this share of its vectors is deleted.
  static let maskedShare = 0.25
  /// The most vectors of a segment: what is larger is built as several, so that the memory of a
  /// build is bounded, whatever the size of the store.
  static let largest = 100_000

  /// What is to be built, by ascending chunks.
  let runs: [Run]

  /// Plans a seal; nil where there is nothing to do.
  ///
  /// - Parameters:
  ///   - segments: the live segments, by ascending chunk ids.
  ///   - tail: the number of live chunks after them.
  ///   - masks: the deleted chunks that segments still hold.
  ///   - merging: whether predecessors are taken in.
  init?(segments: [SegmentRow], tail: Int, masks: Set<Int64>, merging: Bool = true) {
    var first = segments.count
    var size = tail
    if merging, tail == 0, let last = segments.last {
      first -= 1
      size = last.vectorCount
    }
    while merging, first > 0, segments[first - 1].vectorCount < 2 * size,
      segments[first - 1].vectorCount + size <= Self.largest
    {
      first -= 1
      size += segments[first].vectorCount
    }
    let takes = tail > 0 || first < segments.count - 1
    if !takes { first = segments.count }
    var runs = segments[..<first].filter { segment in
      let masked = masks.count { segment.chunks.contains($0) }
      return Double(masked) > Self.maskedShare * Double(segment.vectorCount)
    }.map { Run(replaced: [$0], chunks: $0.chunks) }
    if takes {
      let covered = first > 0 ? segments[first - 1].chunks.upperBound : 0
      runs.append(Run(replaced: Array(segments[first...]), chunks: (covered + 1)...Int64.max))
    }
    guard !runs.isEmpty else { return nil }
    self.runs = runs
  }

  /// Plans new segments in the place of all.
  init(replacingAll segments: [SegmentRow]) {
    runs = [Run(replaced: segments, chunks: 1...Int64.max)]
  }
}
