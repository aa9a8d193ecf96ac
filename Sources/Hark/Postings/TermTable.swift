import Documents

/// Terms by numbers, in the order in which they came.
///
/// A hash table with open addressing over one array of bytes: an ingest looks up millions of short
/// terms, which must not be objects each.
struct TermTable {
  /// The bytes of all terms, one after another.
  private(set) var bytes: [UInt8] = []
  /// Where each term ends.
  private(set) var ends: [UInt32] = []
  /// The number of the term in each slot, from 1; 0 where there is none.
  private var slots = [UInt32](repeating: 0, count: 1024)

  /// How many terms there are.
  var count: Int { ends.count }

  /// Where the bytes of a term lie.
  func range(_ term: Int) -> Range<Int> {
    (term == 0 ? 0 : Int(ends[term - 1]))..<Int(ends[term])
  }

  /// The number of a term, which is new where it is met for the first time.
  ///
  /// - Complexity: O(*m*) in the term's length, amortised.
  mutating func number(of term: Span<UInt8>, prefix: UInt8?) -> Int {
    if 2 * count >= slots.count { grow() }
    var slot = Self.hash(term, prefix) & (slots.count - 1)
    while slots[slot] != 0 {
      let known = Int(slots[slot] - 1)
      if isEqual(known, term, prefix) { return known }
      slot = (slot + 1) & (slots.count - 1)
    }
    if let prefix { bytes.append(prefix) }
    bytes.append(copying: term)
    ends.append(UInt32(bytes.count))
    slots[slot] = UInt32(count)
    return count - 1
  }

  private func isEqual(_ known: Int, _ term: Span<UInt8>, _ prefix: UInt8?) -> Bool {
    var place = known == 0 ? 0 : Int(ends[known - 1])
    let length = Int(ends[known]) - place
    if let prefix {
      guard length == term.count + 1, bytes[place] == prefix else { return false }
      place += 1
    } else {
      guard length == term.count else { return false }
    }
    for index in term.indices where bytes[place + index] != term[index] { return false }
    return true
  }

  private mutating func grow() {
    slots = [UInt32](repeating: 0, count: 2 * slots.count)
    for term in 0..<count {
      let range = range(term)
      var slot = Self.hash(bytes.span.extracting(range), nil) & (slots.count - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = UInt32(term + 1)
    }
  }

  /// FNV-1a (Fowler, Noll and Vo), its upper half mixed into the lower.
  private static func hash(_ term: Span<UInt8>, _ prefix: UInt8?) -> Int {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    if let prefix { hash = (hash ^ UInt64(prefix)) &* 0x100_0000_01b3 }
    for index in term.indices { hash = (hash ^ UInt64(term[index])) &* 0x100_0000_01b3 }
    return Int(truncatingIfNeeded: (hash ^ (hash >> 32)) & 0x7FFF_FFFF)
  }
}
