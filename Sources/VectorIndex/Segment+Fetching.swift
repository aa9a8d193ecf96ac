import Machine
internal import Synchronization

/// How often a segment was searched since it was opened, up to a few times.
final class Warmth: Sendable {
  private let searches = Atomic(0)

  /// So many searches ask for what they will read.
  private static let limit = 128

  /// Counts a search.
  ///
  /// - Returns: the number of the search from 0, or nil where the segment has been searched often.
  @inline(__always)
  func next() -> Int? {
    guard searches.load(ordering: .relaxed) < Warmth.limit else { return nil }
    return searches.add(1, ordering: .relaxed).oldValue
  }
}

extension Segment {
  /// How many bytes are read ahead.
  private static let fetchLimit = 128 << 20

  /// Before the first search, asks for the sections that guide searches, and for what the last look of a
  /// compact file reads, so that a file which is not in the memory is read in large pieces instead of page
  /// by page.
  func prepareForCold(_ scratch: inout SearchScratch) {
    let number = warmth.next()
    scratch.isCold = number != nil
    guard number == 0 else { return }
    let ahead: [SegmentFormat.Tag] = [
      .center, .cells, .hubs, .hubfacts, .hubbits, .members, .bits, .links, .uprows, .uplinks,
      .factors, .codes, .ranks, .residual,
    ]
    var left = Segment.fetchLimit
    for section in ahead.map({ sections[$0.rawValue] }) where section.length <= left {
      left -= section.length
      file.fetch(section.offset..<section.end)
    }
  }

  /// Ranks the first `count` of the scratch's rows by their vectors; in one of the first searches all
  /// of these are asked for first, so that they come at the same time.
  ///
  /// - Returns: the `k` nearest: nearest first, of equal scores the lower key first.
  /// - Precondition: every row is less than ``count``.
  func rank(_ count: Int, k: Int, _ scratch: inout SearchScratch) -> [Neighbor] {
    if scratch.isCold, header.profile == .fast {
      let start = sections[SegmentFormat.Tag.vectors.rawValue].offset
      let length = header.stride * MemoryLayout<Float>.stride
      for place in 0..<count {
        let row = start + Int(scratch.rows[place]) * length
        file.fetch(row..<row + length)
      }
    }
    return view.rank(count, k: k, kernels: kernels, &scratch)
  }
}
