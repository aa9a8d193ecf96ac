import Machine
import Synchronization

/// What a search needs beside the index: made once, used again and again.
struct SearchScratch {
  /// The nodes that a walk over allowed nodes has met.
  var visited = VisitedSet()
  /// The query, prepared and padded.
  var query: [Float] = []
  /// The query in codes.
  var codes = CodeQuery()
  /// The codes of a query before their sign is restored.
  var encoded: [UInt8] = []
  /// The query rotated, and as tables for codes of one bit a number.
  var rotated: [Float] = []
  var bits = BitQuery()
  /// What a walk over all nodes keeps.
  let walk = WalkState()
  /// What a search through cells keeps.
  let sweep = CellSweep()
  /// Nodes whose neighbours are still to be looked at by a walk over allowed nodes, nearest on top
  /// (words complemented).
  var candidates = WordHeap()
  /// The nearest nodes or rows so far.
  var nearest = NearestHeap()
  /// The outcome of a walk or scan, nearest first.
  var found: [Ranked] = []
  /// The neighbours that a step of a walk scores: their numbers, rows and scores.
  var nodes: [UInt32] = []
  var rows: [UInt32] = []
  var scores: [Float] = []
  /// Rows made from codes.
  var decoded: [Float] = []
  /// Whether what the search reads may still have to come from the disk.
  var isCold = false
  /// The section of the segment in which a search met the first number that cannot be.
  private(set) var damage: SegmentFormat.Tag?

  /// Notes damage; the first that is noted stays, as more may follow from it.
  mutating func note(_ section: SegmentFormat.Tag) {
    if damage == nil { damage = section }
  }

  /// Forgets the damage.
  mutating func forgetDamage() { damage = nil }

  /// Makes room for steps of `width` neighbours.
  mutating func reserve(width: Int) {
    guard scores.count < width else { return }
    nodes = Array(repeating: 0, count: width)
    rows = nodes
    scores = Array(repeating: 0, count: width)
  }

  /// Makes room for rows of so many numbers.
  mutating func reserve(decoded count: Int) {
    if decoded.count < count { decoded = Array(repeating: 0, count: count) }
  }

  /// Scores the rows that were made from codes.
  mutating func scoreDecoded(_ score: Kernels.Score, stride: Int, count: Int, kernels: Kernels) {
    let rows = decoded
    kernels.scan(
      score, query: query, base: rows.span, stride: stride, count: count, into: &scores)
  }
}

/// The nodes that a walk has met, stamped with the walk's number so that a new walk clears
/// nothing.
///
/// Two bytes a node: one walk in 65,535 clears all stamps, which costs next to nothing, and more
/// nodes stay in the caches than with four.
struct VisitedSet {
  private var stamps: [UInt16] = []
  private var stamp: UInt16 = 0

  /// Forgets all nodes, and makes room for `count`.
  mutating func reset(count: Int) {
    if stamps.count < count {
      stamps = Array(repeating: 0, count: count)
      stamp = 0
    } else if stamp == .max {
      for node in stamps.indices { stamps[node] = 0 }
      stamp = 0
    }
    stamp += 1
  }

  /// Notes a node; false where it was noted before.
  @inline(__always)
  mutating func insert(_ node: UInt32) -> Bool {
    if stamps[Int(node)] == stamp { return false }
    stamps[Int(node)] = stamp
    return true
  }
}

/// Scratch for as many searches as run at the same time.
final class ScratchPool: Sendable {
  private let free = Mutex<[SearchScratch]>([])

  /// Lends scratch to `body`.
  func withScratch<Result: ~Copyable, Failure: Error>(
    _ body: (inout SearchScratch) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var scratch = free.withLock { $0.popLast() } ?? SearchScratch()
    scratch.forgetDamage()
    defer { free.withLock { $0.append(scratch) } }
    return try body(&scratch)
  }
}
