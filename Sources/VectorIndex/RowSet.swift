import Synchronization

/// The rows of a segment or set that a search may find, as a bitmap.
struct RowSet: Sendable {
  private var words: [UInt64]
  /// How many rows there are.
  private(set) var count = 0
  /// Whether no key's row lies outside of the vectors, as a damaged file may say.
  private(set) var isSound = true

  private init(noneOf count: Int) { words = Array(repeating: 0, count: (count + 63) / 64) }

  /// All rows of so many vectors.
  init(count: Int) {
    self.init(noneOf: count)
    for place in words.indices { words[place] = .max }
    if count % 64 > 0 { words[words.count - 1] = UInt64(1) << UInt64(count % 64) - 1 }
    self.count = count
  }

  /// The rows whose keys are allowed and not excluded.
  ///
  /// - Parameters:
  ///   - keys: the keys, ascending.
  ///   - rows: the row of each key; empty where rows have the order of the keys.
  ///   - allowing: the keys that may be found; every key if nil.
  ///   - excluding: the keys that may not be found; none if nil.
  /// - Complexity: O(a log n) for *a* keys that are allowed, or that are excluded where all others
  ///   are allowed; O(a) where they lie close together. O(n / 64) for the bits.
  init(keys: Span<Int64>, rows: Span<UInt32>, allowing: KeySet?, excluding: KeySet?) {
    self.init(noneOf: keys.count)
    if allowing == nil { self = RowSet(count: keys.count) }
    guard keys.count > 0 else { return }
    let range = keys[0]...max(keys[0], keys[keys.count - 1])
    var set = self
    var rank = 0
    func row(of key: Int64) -> UInt32? {
      rank = keys.place(of: key, from: rank)
      guard rank < keys.count, keys[rank] == key else { return nil }
      let row = rows.isEmpty ? UInt32(rank) : rows[rank]
      guard Int(row) < keys.count else {
        set.isSound = false
        return nil
      }
      return row
    }
    if let allowing {
      allowing.forEach(in: range) { key in
        if let excluding, excluding.contains(key) { return }
        if let row = row(of: key) { set.insert(row) }
      }
    } else {
      excluding?.forEach(in: range) { key in if let row = row(of: key) { set.remove(row) } }
    }
    self = set
  }

  private mutating func insert(_ row: UInt32) {
    let bit = UInt64(1) << UInt64(row & 63)
    if words[Int(row >> 6)] & bit == 0 { count += 1 }
    words[Int(row >> 6)] |= bit
  }

  private mutating func remove(_ row: UInt32) {
    let bit = UInt64(1) << UInt64(row & 63)
    if words[Int(row >> 6)] & bit != 0 { count -= 1 }
    words[Int(row >> 6)] &= ~bit
  }

  /// Whether a row is in the set.
  ///
  /// - Precondition: the row is one of the segment.
  @inline(__always)
  func contains(_ row: UInt32) -> Bool {
    words[Int(row >> 6)] >> UInt64(row & 63) & 1 == 1
  }

  /// Where a walk over the rows in ascending order stands.
  struct Cursor {
    fileprivate var place = -1
    fileprivate var bits: UInt64 = 0
  }

  /// The next rows.
  ///
  /// - Parameter rows: receives as many as it has room for.
  /// - Returns: how many there are; none at the end.
  func read(_ cursor: inout Cursor, into rows: inout [UInt32], limit: Int) -> Int {
    var count = 0
    while count < limit {
      while cursor.bits == 0 {
        guard cursor.place + 1 < words.count else { return count }
        cursor.place += 1
        cursor.bits = words[cursor.place]
      }
      rows[count] = UInt32(cursor.place << 6 + cursor.bits.trailingZeroBitCount)
      cursor.bits &= cursor.bits - 1
      count += 1
    }
    return count
  }
}

extension Span<Int64> {
  /// The place of the first key that is not below `key`, searched for from `start` on.
  ///
  /// - Complexity: O(log distance).
  func place(of key: Int64, from start: Int) -> Int {
    var step = 1
    var low = start
    while low + step <= count, self[low + step - 1] < key {
      low += step
      step *= 2
    }
    var high = Swift.min(count, low + step - 1)
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < key { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// The rows of the sets of keys with which a segment was searched last.
final class RowSetCache: Sendable {
  private struct Entry {
    let allowing: KeySet?
    let excluding: KeySet?
    let rows: RowSet
  }

  /// The newest use last. An entry holds its keys, so that their identity is not used again.
  private let entries = Mutex<[Entry]>([])

  /// How many are kept: an eighth of a byte a vector each.
  private static let limit = 8

  /// The rows of sets of keys; made where they are not kept.
  ///
  /// - Complexity: O(1) where they are kept.
  func rows(
    allowing: KeySet?, excluding: KeySet?, make: () throws(IndexError) -> RowSet
  ) throws(IndexError) -> RowSet {
    let known = entries.withLock { entries -> RowSet? in
      let place = entries.lastIndex {
        $0.allowing?.storage === allowing?.storage && $0.excluding?.storage === excluding?.storage
      }
      guard let place else { return nil }
      let entry = entries.remove(at: place)
      entries.append(entry)
      return entry.rows
    }
    if let known { return known }
    let rows = try make()
    entries.withLock { entries in
      if entries.count >= Self.limit { entries.removeFirst() }
      entries.append(Entry(allowing: allowing, excluding: excluding, rows: rows))
    }
    return rows
  }
}
