/// A set of keys as a bitmap: what a filter allows, or what was deleted.
///
/// Keys lie in pages of 4,096, of which only those that hold a key take memory, half a kilobyte
/// each: keys that follow each other cost a bit, and a key far from all others costs a page. A set
/// never changes, and copies share its storage; ``Segment`` keeps the rows of sets that it was
/// searched with, so that one set for many searches is found again, and a copy counts as the same.
///
/// ```swift
/// let spring = KeySet([3, 4, 5, 90])
/// let nearest = try segment.search(query, k: 10, allowing: spring.subtracting(deleted))
/// ```
public struct KeySet: Sendable {
  /// The pages, in storage whose identity is that of the set.
  final class Storage: Sendable {
    /// The numbers of the pages that hold a key, ascending: a key's page is the key over 4,096.
    let pages: [Int64]
    /// The bits of one page after another, the lowest key in the lowest bit.
    let words: [UInt64]
    let count: Int

    init(pages: [Int64], words: [UInt64]) {
      self.pages = pages
      self.words = words
      count = words.reduce(0) { $0 + $1.nonzeroBitCount }
    }

    /// The place of a page. O(1) where pages follow each other, else O(log pages).
    @inline(__always)
    func slot(of page: Int64) -> Int? {
      guard let first = pages.first, page >= first else { return nil }
      let guess = Int(page - first)
      if guess < pages.count, pages[guess] == page { return guess }
      let place = place(of: page)
      return place < pages.count && pages[place] == page ? place : nil
    }

    /// The place of the first page that is not before `page`. O(log pages).
    func place(of page: Int64) -> Int {
      var low = 0
      var high = pages.count
      while low < high {
        let middle = (low + high) / 2
        if pages[middle] < page { low = middle + 1 } else { high = middle }
      }
      return low
    }
  }

  static let (wordsPerPage, pageShift) = (64, Int64(12))

  let storage: Storage

  init(pages: [Int64], words: [UInt64]) { storage = Storage(pages: pages, words: words) }

  /// The empty set.
  public init() { self.init(pages: [], words: []) }

  /// The set of some keys.
  ///
  /// - Parameter keys: the keys, in any order, each as often as it likes.
  /// - Complexity: O(n) where the keys ascend, else O(n log n).
  public init(_ keys: some Sequence<Int64>) {
    var builder = KeySetBuilder()
    var rest = keys.makeIterator()
    while let key = rest.next() {
      if builder.append(key) { continue }
      var others = [key]
      while let other = rest.next() { others.append(other) }
      others.sort()
      var second = KeySetBuilder()
      for other in others { _ = second.append(other) }
      self = builder.finish().union(second.finish())
      return
    }
    self = builder.finish()
  }

  /// The set of all keys of a range.
  ///
  /// - Complexity: O(width of the range), of which 64 keys are one step and eight bytes.
  public init(_ range: ClosedRange<Int64>) {
    var builder = KeySetBuilder()
    _ = builder.append(range)
    self = builder.finish()
  }

  /// How many keys there are. O(1).
  public var count: Int { storage.count }

  /// Whether there are none. O(1).
  public var isEmpty: Bool { storage.pages.isEmpty }

  /// Whether a key is in the set.
  ///
  /// - Complexity: O(1) where the pages of the set follow each other, as those of ids that were
  ///   given one after the other do, else O(log pages).
  @inline(__always)
  public func contains(_ key: Int64) -> Bool {
    guard let slot = storage.slot(of: key >> Self.pageShift) else { return false }
    let word = storage.words[slot * Self.wordsPerPage + Int(key >> 6) & (Self.wordsPerPage - 1)]
    return word >> UInt64(key & 63) & 1 == 1
  }
}

/// Makes a set of keys that come in ascending order.
struct KeySetBuilder {
  private var pages: [Int64] = []
  private var words: [UInt64] = []

  /// Adds a key, which may be in the set already.
  ///
  /// - Returns: whether it could be added: its page does not come before the last one.
  @inline(__always)
  mutating func append(_ key: Int64) -> Bool {
    guard reach(key >> KeySet.pageShift) else { return false }
    let first = words.count - KeySet.wordsPerPage
    words[first + Int(key >> 6) & (KeySet.wordsPerPage - 1)] |= 1 << UInt64(key & 63)
    return true
  }

  /// Adds all keys of a range.
  ///
  /// - Returns: as ``append(_:)-(Int64)``, of the range's first key.
  mutating func append(_ range: ClosedRange<Int64>) -> Bool {
    guard reach(range.lowerBound >> KeySet.pageShift) else { return false }
    var word = range.lowerBound >> 6
    let last = range.upperBound >> 6
    while true {
      _ = reach(word >> 6)
      var bits = UInt64.max
      if word == range.lowerBound >> 6 { bits &= .max << UInt64(range.lowerBound & 63) }
      if word == last { bits &= .max >> UInt64(63 - range.upperBound & 63) }
      let first = words.count - KeySet.wordsPerPage
      words[first + Int(word & Int64(KeySet.wordsPerPage - 1))] |= bits
      if word == last { return true }
      word += 1
    }
  }

  /// Makes a page the last one, if none behind it is there.
  @inline(__always)
  private mutating func reach(_ page: Int64) -> Bool {
    if let last = pages.last {
      if page == last { return true }
      if page < last { return false }
    }
    pages.append(page)
    words.append(contentsOf: repeatElement(0, count: KeySet.wordsPerPage))
    return true
  }

  func finish() -> KeySet { KeySet(pages: pages, words: words) }
}

extension KeySet: Sequence {
  /// Gives the keys of a set in ascending order.
  public struct Iterator: IteratorProtocol {
    private let storage: Storage
    private var place = -1
    private var bits: UInt64 = 0

    init(_ storage: Storage) { self.storage = storage }

    /// The next key, or nil after the last.
    public mutating func next() -> Int64? {
      while bits == 0 {
        place += 1
        guard place < storage.words.count else {
          place -= 1
          return nil
        }
        bits = storage.words[place]
      }
      let bit = Int64(bits.trailingZeroBitCount)
      bits &= bits - 1
      let page = storage.pages[place / KeySet.wordsPerPage]
      return page << KeySet.pageShift + Int64(place % KeySet.wordsPerPage) << 6 + bit
    }
  }

  /// Walks over the keys in ascending order. O(pages + keys) for all.
  public func makeIterator() -> Iterator { Iterator(storage) }

  /// A lower bound of the number of keys, which is their number.
  public var underestimatedCount: Int { count }
}

extension KeySet {
  /// Hands over the keys within a range, in ascending order.
  ///
  /// - Complexity: O(log pages), and O(keys and words) within the range.
  func forEach(in range: ClosedRange<Int64>, _ body: (Int64) -> Void) {
    let pages = storage.pages
    var low = storage.place(of: range.lowerBound >> Self.pageShift)
    while low < pages.count, pages[low] <= range.upperBound >> Self.pageShift {
      for place in 0..<Self.wordsPerPage {
        var bits = storage.words[low * Self.wordsPerPage + place]
        let first = pages[low] << Self.pageShift + Int64(place) << 6
        while bits != 0 {
          let key = first + Int64(bits.trailingZeroBitCount)
          bits &= bits - 1
          if range.contains(key) { body(key) }
        }
      }
      low += 1
    }
  }
}
