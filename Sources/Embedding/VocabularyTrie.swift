/// The tokens of a vocabulary, found by their longest prefix of a word's rest.
///
/// A trie over UTF-8 bytes with two roots: one for the beginning of a word, one for what follows,
/// where tokens stand without their prefix (`##`). Edges lie in one open hash table, as most nodes
/// have a single child. Bytes are compared, not Swift characters, as canonically equivalent tokens
/// are different tokens.
struct VocabularyTrie: Sendable {
  /// Where a search begins.
  enum Root: UInt32 {
    /// The beginning of a word.
    case word = 0
    /// The inside of a word.
    case continuation = 1
  }

  /// No token ends at a node.
  private static let none: Int32 = -1

  /// Child in the high half; node and byte in the low half, zero where the slot is free.
  private var edges: [UInt64]
  private var edgeCount = 0
  /// The token that ends at each node.
  private var tokenAt: [Int32]

  init() {
    edges = [UInt64](repeating: 0, count: 1 << 12)
    tokenAt = [Self.none, Self.none]
  }

  /// Enters a token; of two with the same bytes, the later one counts.
  mutating func insert(_ bytes: some Sequence<UInt8>, token: Int32, root: Root) {
    var node = root.rawValue
    for byte in bytes {
      if let child = child(of: node, byte) {
        node = child
      } else {
        let child = UInt32(tokenAt.count)
        tokenAt.append(Self.none)
        link(node, byte, child)
        node = child
      }
    }
    tokenAt[Int(node)] = token
  }

  /// The longest token that `word` begins with, from `start` on.
  ///
  /// - Returns: the token and the number of its bytes, at least one; or nil.
  @inline(__always)
  func longestPrefix(
    of word: [UInt8], from start: Int, to end: Int, root: Root
  ) -> (token: Int32, length: Int)? {
    var node = root.rawValue
    var best: (token: Int32, length: Int)?
    var index = start
    while index < end, let child = child(of: node, word[index]) {
      node = child
      index &+= 1
      let token = tokenAt[Int(node)]
      if token != Self.none { best = (token, index &- start) }
    }
    return best
  }

  @inline(__always)
  private func child(of node: UInt32, _ byte: UInt8) -> UInt32? {
    // One more, so that no key is zero.
    let key = (node << 8 | UInt32(byte)) &+ 1
    var slot = Self.slot(key, edges.count)
    while true {
      let edge = edges[slot]
      if UInt32(truncatingIfNeeded: edge) == key { return UInt32(edge >> 32) }
      if edge == 0 { return nil }
      slot = (slot &+ 1) & (edges.count &- 1)
    }
  }

  private mutating func link(_ node: UInt32, _ byte: UInt8, _ child: UInt32) {
    edgeCount += 1
    if edgeCount * 2 > edges.count {
      let old = edges
      edges = [UInt64](repeating: 0, count: old.count * 2)
      for edge in old where edge != 0 { place(edge) }
    }
    place(UInt64(child) << 32 | UInt64((node << 8 | UInt32(byte)) &+ 1))
  }

  private mutating func place(_ edge: UInt64) {
    var slot = Self.slot(UInt32(truncatingIfNeeded: edge), edges.count)
    while edges[slot] != 0 { slot = (slot &+ 1) & (edges.count &- 1) }
    edges[slot] = edge
  }

  /// Multiplicative hashing (Knuth, The Art of Computer Programming, volume 3).
  @inline(__always)
  private static func slot(_ key: UInt32, _ count: Int) -> Int {
    Int((UInt64(key) &* 0x9E37_79B9_7F4A_7C15) >> 32) & (count &- 1)
  }
}
