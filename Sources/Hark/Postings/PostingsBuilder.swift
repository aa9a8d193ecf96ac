/// What a chunk is found by.
struct IndexedText: Sendable {
  /// The chunk's id.
  var chunk: Int64
  /// The id of its document.
  var document: Int64
  /// The document's title, and the name of its file without the extension.
  var title: String
  /// The headings above the chunk.
  var heading: String
  /// The chunk.
  var body: String
}

/// Makes postings of chunks.
struct PostingsBuilder {
  private let vocabulary: Vocabulary
  private var table = TermTable()
  private var tables = PostingsTables()
  /// The term of each posting, in the order of the chunks.
  private var postingTerms: [UInt32] = []
  /// The postings, in the order of the chunks.
  private var postings: [UInt32] = []
  /// Where the positions of each posting end.
  private var positionEnds: [UInt32] = []
  private var positions: [UInt8] = []
  /// The row after the one in which each term was last met, and its place there.
  private var lastRow: [UInt32] = []
  private var lastPlace: [UInt32] = []
  private var chunk = ChunkTerms()

  /// Fields stand so far apart that no phrase reaches from one into the other.
  private static let fieldGap = 64
  /// The most bytes of positions: their offsets have 32 bits. A chunk has some hundred.
  private static let mostPositions = 3 << 30

  /// - Parameter vocabulary: the words that are kept whole.
  init(_ vocabulary: Vocabulary = Vocabulary()) { self.vocabulary = vocabulary }

  /// Whether so much was added that the postings must be finished.
  var isFull: Bool {
    tables.keys.count >= Posting.rowLimit - 1 || positions.count >= Self.mostPositions
  }

  /// Adds a chunk; its id is greater than those before.
  ///
  /// - Complexity: O(*n*) in the text's length.
  mutating func add(_ text: IndexedText) {
    let row = tables.keys.count
    var lengths: [UInt16] = []
    var start = 0
    var pairs = 0
    for (field, content) in [
      (TextField.title, text.title), (.heading, text.heading), (.body, text.body),
    ] {
      var words = 0
      var places = 0
      TextAnalysis.forEachTerm(of: content, vocabulary) { kind, term, place in
        let number = table.number(
          of: term, prefix: kind == .pair ? PostingsView.pairPrefix : nil)
        if number == lastRow.count {
          lastRow.append(0)
          lastPlace.append(0)
        }
        if lastRow[number] != UInt32(row + 1) {
          lastRow[number] = UInt32(row + 1)
          lastPlace[number] = UInt32(chunk.begin(number))
        }
        chunk.count(Int(lastPlace[number]), field, place: start + place)
        places = max(places, place + 1)
        switch kind {
        case .word: words += 1
        case .pair: pairs += 1
        case .part, .joined: break
        }
      }
      start += places + Self.fieldGap
      lengths.append(UInt16(clamping: words))
    }
    lengths.append(UInt16(clamping: pairs))
    tables.keys.append(text.chunk)
    tables.documents.append(text.document)
    tables.lengths += lengths
    for place in 0..<chunk.count {
      postingTerms.append(UInt32(chunk.terms[place]))
      postings.append(chunk.posting(place, row: row).word)
      chunk.appendPositions(of: place, to: &positions)
      positionEnds.append(UInt32(positions.count))
    }
    chunk.clear()
  }

  /// The postings of all chunks.
  ///
  /// - Complexity: O(*p* + *t* log *t*) in the postings and terms.
  consuming func finish() -> PostingsTables {
    let order = sortedTerms()
    var rank = [UInt32](repeating: 0, count: order.count)
    for (place, term) in order.enumerated() { rank[Int(term)] = UInt32(place) }
    var starts = [UInt32](repeating: 0, count: order.count + 1)
    for term in postingTerms { starts[Int(rank[Int(term)]) + 1] += 1 }
    for place in order.indices { starts[place + 1] += starts[place] }
    // Chunks came by ascending rows, so a list that is filled in their order ascends.
    var free = starts
    var sorted = [UInt32](repeating: 0, count: postings.count)
    for (index, term) in postingTerms.enumerated() {
      let place = Int(rank[Int(term)])
      sorted[Int(free[place])] = UInt32(index)
      free[place] += 1
    }
    tables.starts = starts
    tables.terms.reserveCapacity(table.bytes.count)
    tables.positions.reserveCapacity(positions.count)
    tables.postings.reserveCapacity(postings.count)
    for (place, term) in order.enumerated() {
      tables.terms += table.bytes[table.range(Int(term))]
      tables.termEnds.append(UInt32(tables.terms.count))
      for index in sorted[Int(starts[place])..<Int(starts[place + 1])] {
        let index = Int(index)
        tables.postings.append(postings[index])
        let begin = index == 0 ? 0 : Int(positionEnds[index - 1])
        for offset in begin..<Int(positionEnds[index]) {
          tables.positions.append(positions[offset])
        }
      }
      tables.positionStarts.append(UInt64(tables.positions.count))
    }
    return tables
  }

  /// The numbers of the terms by their bytes.
  private func sortedTerms() -> [UInt32] {
    let bytes = table.bytes
    let ranges = (0..<table.count).map(table.range)
    return (0..<UInt32(table.count)).sorted { left, right in
      let (left, right) = (ranges[Int(left)], ranges[Int(right)])
      for (first, second) in zip(left, right) where bytes[first] != bytes[second] {
        return bytes[first] < bytes[second]
      }
      return left.count < right.count
    }
  }
}

/// The terms of one chunk, as they come.
private struct ChunkTerms {
  private(set) var terms: [Int] = []
  private var counts: [(title: Int, heading: Int, body: Int)] = []
  /// The places of all terms, each linked to the next one of its term.
  private var places: [(place: Int, next: Int)] = []
  private var heads: [Int] = []
  private var tails: [Int] = []

  var count: Int { terms.count }

  /// Begins a term.
  mutating func begin(_ term: Int) -> Int {
    terms.append(term)
    counts.append((0, 0, 0))
    heads.append(-1)
    tails.append(-1)
    return terms.count - 1
  }

  /// Counts a term once more.
  mutating func count(_ index: Int, _ field: TextField, place: Int) {
    switch field {
    case .title: counts[index].title += 1
    case .heading: counts[index].heading += 1
    case .body: counts[index].body += 1
    }
    places.append((place, -1))
    if tails[index] >= 0 { places[tails[index]].next = places.count - 1 }
    if heads[index] < 0 { heads[index] = places.count - 1 }
    tails[index] = places.count - 1
  }

  func posting(_ index: Int, row: Int) -> Posting { Posting(row: row, counts: counts[index]) }

  /// Appends the places of a term as ``PostingsTables/positions`` has them.
  func appendPositions(of index: Int, to bytes: inout [UInt8]) {
    var ascending: [Int] = []
    var next = heads[index]
    while next >= 0 {
      ascending.append(places[next].place)
      next = places[next].next
    }
    // A compound comes after its words, with the place of the first.
    ascending.sort()
    let steps = zip(ascending, [0] + ascending).map { $0 - $1 }
    for var number in CollectionOfOne(steps.count) + steps {
      while number >= 0x80 {
        bytes.append(UInt8(truncatingIfNeeded: number) | 0x80)
        number >>= 7
      }
      bytes.append(UInt8(number))
    }
  }

  mutating func clear() {
    terms.removeAll(keepingCapacity: true)
    counts.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
    heads.removeAll(keepingCapacity: true)
    tails.removeAll(keepingCapacity: true)
  }
}
