/// Postings as searches read them, in a mapped file or in memory.
///
/// A file may be damaged, so nothing that it says is taken for granted: what cannot be is nil, and
/// is an error to whoever asked.
struct PostingsView: ~Escapable {
  let keys: Span<Int64>
  let documents: Span<Int64>
  let lengths: Span<UInt16>
  let terms: Span<UInt8>
  let termEnds: Span<UInt32>
  let starts: Span<UInt32>
  let postings: Span<UInt32>
  let positionStarts: Span<UInt64>
  let positions: Span<UInt8>

  /// What stands before the bytes of a pair: no word begins with it.
  static let pairPrefix: UInt8 = 0x01

  @_lifetime(
    copy keys, copy documents, copy lengths, copy terms, copy termEnds, copy starts, copy postings,
    copy positionStarts, copy positions
  )
  init(
    keys: Span<Int64>, documents: Span<Int64>, lengths: Span<UInt16>, terms: Span<UInt8>,
    termEnds: Span<UInt32>, starts: Span<UInt32>, postings: Span<UInt32>,
    positionStarts: Span<UInt64>,
    positions: Span<UInt8>
  ) {
    self.keys = keys
    self.documents = documents
    self.lengths = lengths
    self.terms = terms
    self.termEnds = termEnds
    self.starts = starts
    self.postings = postings
    self.positionStarts = positionStarts
    self.positions = positions
  }

  /// How many chunks there are.
  var rowCount: Int { keys.count }
  /// How many different terms there are.
  var termCount: Int { termEnds.count }

  /// Where the bytes of a term lie; nil where the file is damaged.
  func bytes(of term: Int) -> Range<Int>? {
    let start = term == 0 ? 0 : Int(termEnds[term - 1])
    let end = Int(termEnds[term])
    return start <= end && end <= terms.count ? start..<end : nil
  }

  /// Where the list of a term lies; nil where the file is damaged.
  func list(of term: Int) -> Range<Int>? {
    let (start, end) = (Int(starts[term]), Int(starts[term + 1]))
    return start <= end && end <= postings.count ? start..<end : nil
  }

  /// The number of a term, or nil where no chunk holds it.
  ///
  /// - Complexity: O(log *t*) in the terms.
  func number(of term: Span<UInt8>) -> Int? {
    let place = firstTerm(from: term)
    guard place < termCount, let range = bytes(of: place), range.count == term.count,
      compare(range, term) == 0
    else { return nil }
    return place
  }

  /// The numbers of the terms that begin with some bytes.
  ///
  /// - Complexity: O(log *t*) in the terms.
  func numbers(withPrefix prefix: Span<UInt8>) -> Range<Int> {
    let first = firstTerm(from: prefix)
    return first..<firstTerm(from: prefix, after: first, behindPrefix: true)
  }

  /// The number of the first term that is not before some bytes.
  ///
  /// - Parameters:
  ///   - start: where the search begins.
  ///   - behindPrefix: whether terms that begin with the bytes are passed over too.
  private func firstTerm(
    from wanted: Span<UInt8>, after start: Int = 0, behindPrefix: Bool = false
  ) -> Int {
    var low = start
    var high = termCount
    while low < high {
      let middle = (low + high) / 2
      // In a damaged file the search goes astray, and finds nothing.
      let range = bytes(of: middle).map { behindPrefix ? $0.prefix(wanted.count) : $0 }
      if let range, compare(range, wanted) < (behindPrefix ? 1 : 0) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }

  /// Less than zero where the bytes in a range come before others, zero where they are equal.
  private func compare(_ range: Range<Int>, _ other: Span<UInt8>) -> Int {
    for (index, place) in range.enumerated() {
      guard index < other.count else { return 1 }
      let difference = Int(terms[place]) - Int(other[index])
      if difference != 0 { return difference }
    }
    return range.count - other.count
  }

  /// Calls `body` with each posting of a term and the places of the word in the chunk.
  ///
  /// - Returns: false where the file is damaged.
  func forEachPosition(of term: Int, _ body: (_ row: Int, _ places: [UInt32]) -> Void) -> Bool {
    guard let list = list(of: term) else { return false }
    var offset = Int(clamping: positionStarts[term])
    let end = Int(clamping: positionStarts[term + 1])
    guard offset <= end, end <= positions.count else { return false }
    var places: [UInt32] = []
    func number() -> UInt32? {
      var value: UInt32 = 0
      var shift: UInt32 = 0
      while offset < end, shift < 32 {
        let byte = positions[offset]
        offset += 1
        value |= UInt32(byte & 0x7F) << shift
        if byte < 0x80 { return value }
        shift += 7
      }
      return nil
    }
    for index in list {
      guard let count = number(), Int(count) <= end - offset else { return false }
      places.removeAll(keepingCapacity: true)
      var place: UInt32 = 0
      for _ in 0..<count {
        guard let step = number() else { return false }
        place &+= step
        places.append(place)
      }
      body(Posting(word: postings[index]).row, places)
    }
    return offset == end
  }

  /// The row of a chunk, or nil where it is not there.
  ///
  /// - Complexity: O(log *n*).
  func row(of key: Int64) -> Int? {
    var low = 0
    var high = keys.count
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] < key { low = middle + 1 } else { high = middle }
    }
    return low < keys.count && keys[low] == key ? low : nil
  }
}
