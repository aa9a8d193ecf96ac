extension KeySet {
  /// The keys that are in both sets. O(pages of both).
  public func intersection(_ other: KeySet) -> KeySet {
    combined(with: other) { $0 & $1 }
  }

  /// The keys that are in one of the sets or in both. O(pages of both).
  public func union(_ other: KeySet) -> KeySet {
    if other.isEmpty { return self }
    if isEmpty { return other }
    return combined(with: other) { $0 | $1 }
  }

  /// The keys that are in this set and not in the other. O(pages of both).
  public func subtracting(_ other: KeySet) -> KeySet {
    if other.isEmpty { return self }
    return combined(with: other) { $0 & ~$1 }
  }

  /// The keys that are in one of the sets and not in both. O(pages of both).
  public func symmetricDifference(_ other: KeySet) -> KeySet {
    combined(with: other) { $0 ^ $1 }
  }

  /// The keys of a list, in any order, that are in this set too. O(pages + n).
  public func intersection(_ keys: some Sequence<Int64>) -> KeySet {
    var words = [UInt64](repeating: 0, count: storage.words.count)
    for key in keys {
      guard let slot = storage.slot(of: key >> Self.pageShift) else { continue }
      let word = slot * Self.wordsPerPage + Int(key >> 6) & (Self.wordsPerPage - 1)
      words[word] |= storage.words[word] & UInt64(1) << UInt64(key & 63)
    }
    return KeySet(pages: storage.pages, words: words).intersection(self)
  }

  /// Puts the words of two sets together; of two empty words it makes an empty one.
  private func combined(with other: KeySet, _ body: (UInt64, UInt64) -> UInt64) -> KeySet {
    let (mine, theirs) = (storage, other.storage)
    var pages: [Int64] = []
    var words: [UInt64] = []
    var (left, right) = (0, 0)
    var page = [UInt64](repeating: 0, count: Self.wordsPerPage)
    while left < mine.pages.count || right < theirs.pages.count {
      let number = Swift.min(
        left < mine.pages.count ? mine.pages[left] : .max,
        right < theirs.pages.count ? theirs.pages[right] : .max)
      let isMine = left < mine.pages.count && mine.pages[left] == number
      let isTheirs = right < theirs.pages.count && theirs.pages[right] == number
      var any: UInt64 = 0
      for place in 0..<Self.wordsPerPage {
        page[place] = body(
          isMine ? mine.words[left * Self.wordsPerPage + place] : 0,
          isTheirs ? theirs.words[right * Self.wordsPerPage + place] : 0)
        any |= page[place]
      }
      if any != 0 {
        pages.append(number)
        words.append(contentsOf: page)
      }
      if isMine { left += 1 }
      if isTheirs { right += 1 }
    }
    return KeySet(pages: pages, words: words)
  }
}

extension KeySet: Hashable {
  /// Whether two sets hold the same keys. O(pages), O(1) for a copy.
  public static func == (a: KeySet, b: KeySet) -> Bool {
    a.storage === b.storage
      || a.storage.pages == b.storage.pages && a.storage.words == b.storage.words
  }

  /// Hashes the keys. O(pages).
  public func hash(into hasher: inout Hasher) {
    hasher.combine(storage.pages)
    hasher.combine(storage.words)
  }
}

extension KeySet: ExpressibleByArrayLiteral {
  /// The set of the keys of a list.
  public init(arrayLiteral keys: Int64...) { self.init(keys) }
}
