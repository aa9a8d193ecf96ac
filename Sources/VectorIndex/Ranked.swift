/// A number of a vector or node with its score, in one comparable word.
///
/// The greater value is the nearer one; of equal scores, the lower number. The order is total:
/// scores that are not numbers, as a damaged file may give, have a place in it too.
struct Ranked: Comparable, BitwiseCopyable {
  /// The score's bits made ascending, then the complement of the number in 31 bits, then
  /// ``openBit``.
  let word: UInt64

  /// Set until a walk has looked at the node's neighbours; a node stands in a pool but once, so
  /// that the bit decides no comparison.
  static let openBit: UInt64 = 1

  /// - Precondition: `id` is at most ``VectorSet/countLimit``.
  @inline(__always)
  init(score: Float, id: UInt32) {
    // Adding zero makes the two zeros one, so that they tie.
    let bits = (score + 0).bitPattern
    let ascending = bits ^ (UInt32(bitPattern: Int32(bitPattern: bits) >> 31) | 0x8000_0000)
    word = UInt64(ascending) << 32 | UInt64(~id << 1) | Ranked.openBit
  }

  init(word: UInt64) { self.word = word }

  @inline(__always)
  var id: UInt32 { ~UInt32(truncatingIfNeeded: word) >> 1 }

  var score: Float {
    let ascending = UInt32(truncatingIfNeeded: word >> 32)
    return Float(bitPattern: ascending >> 31 == 1 ? ascending & 0x7FFF_FFFF : ~ascending)
  }

  static func < (a: Ranked, b: Ranked) -> Bool { a.word < b.word }
}

/// A binary heap of words with the least one on top; its storage is kept from use to use.
struct WordHeap {
  private var words: [UInt64] = []

  var count: Int { words.count }
  /// The least word, if there is one.
  var least: UInt64? { words.first }

  mutating func removeAll() { words.removeAll(keepingCapacity: true) }

  /// Adds a word. O(log count).
  mutating func push(_ word: UInt64) {
    words.append(word)
    var child = words.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard word < words[parent] else { break }
      words[child] = words[parent]
      child = parent
    }
    words[child] = word
  }

  /// Takes the least word. O(log count).
  mutating func pop() -> UInt64? {
    guard let least = words.first, let last = words.popLast() else { return nil }
    if !words.isEmpty { replaceLeast(with: last) }
    return least
  }

  /// Puts a word in the place of the least one. O(log count).
  mutating func replaceLeast(with word: UInt64) {
    let count = words.count
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < count else { break }
      if child + 1 < count, words[child + 1] < words[child] { child += 1 }
      guard words[child] < word else { break }
      words[parent] = words[child]
      parent = child
    }
    words[parent] = word
  }

  /// Hands all words over in ascending order, and is empty afterwards. O(count · log count).
  mutating func drainAscending(_ body: (UInt64) -> Void) {
    words.sort()
    for word in words { body(word) }
    words.removeAll(keepingCapacity: true)
  }
}

/// The nearest of what it is offered, up to a limit.
struct NearestHeap {
  private var heap = WordHeap()
  /// How many are kept.
  private(set) var limit = 0

  var isFull: Bool { heap.count >= limit }

  /// Empties the heap and sets its limit, at least 1.
  mutating func reset(limit: Int) {
    heap.removeAll()
    self.limit = max(1, limit)
  }

  /// The farthest of those that are held.
  var farthest: Ranked? { heap.least.map(Ranked.init(word:)) }

  /// Whether one of that rank would be kept.
  func accepts(_ ranked: Ranked) -> Bool {
    guard isFull, let least = heap.least else { return true }
    return ranked.word > least
  }

  /// Whether the heap is full and all that it holds are nearer.
  func surpasses(_ ranked: Ranked) -> Bool {
    guard isFull, let least = heap.least else { return false }
    return least > ranked.word
  }

  /// Keeps one that is accepted, in the place of the farthest if need be.
  mutating func insert(_ ranked: Ranked) {
    if isFull { heap.replaceLeast(with: ranked.word) } else { heap.push(ranked.word) }
  }

  /// Hands all over, nearest first, and is empty afterwards.
  mutating func drain(into list: inout [Ranked]) {
    list.removeAll(keepingCapacity: true)
    heap.drainAscending { list.append(Ranked(word: $0)) }
    list.reverse()
  }
}
