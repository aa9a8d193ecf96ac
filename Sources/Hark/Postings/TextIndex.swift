import Foundation
import VectorIndex

/// The full text of a collection as it stood at one generation.
///
/// It is a few sets of postings, each over other chunks. A view is immutable and may outlive the
/// files that it maps.
struct TextIndex: Sendable {
  /// Postings of some chunks, and what BM25 needs to know of them.
  struct Part: Sendable {
    let postings: Postings
    /// The ids of the chunks that the postings cover.
    let chunks: ClosedRange<Int64>
    /// Chunks that are deleted, or that another part holds as they are now.
    var hidden: Set<Int64>
    /// What the counts of words are held against, row by row.
    var wordNorms: [Float] = []
    /// The same for pairs.
    var pairNorms: [Float] = []
  }

  /// The generation of the store that this view shows.
  let generation: Int64
  /// The state of the list of segments that this view shows.
  let sealCount: Int64
  /// What the postings were made by.
  let analysis: UInt64
  /// The twins of the segments, by ascending chunks.
  private(set) var segments: [Part]
  /// Chunks newer than the newest segment, by ascending chunks.
  private(set) var tail: [Part]
  /// Chunks of the parts before whose title or headings have changed.
  private(set) var renamed: [Part]
  private let bm25: BM25
  private let weightedCounts: [Float]
  /// How many chunks there are, and how many hold Hangul, Han or kana; hidden ones included.
  private let (rowCount, pairedCount): (Int, Int)

  var parts: [Part] { segments + tail + renamed }

  init(
    generation: Int64, sealCount: Int64, analysis: UInt64 = TextAnalysis.version,
    segments: [Part], tail: [Part], renamed: [Part],
    bm25: BM25 = .standard
  ) {
    self.generation = generation
    self.sealCount = sealCount
    self.analysis = analysis
    self.bm25 = bm25
    let lengths = LengthTotals(of: segments + tail + renamed, bm25)
    (rowCount, pairedCount) = (lengths.rows, lengths.pairedRows)
    self.segments = segments
    self.tail = tail
    self.renamed = renamed
    weightedCounts = bm25.weightedCounts
    for index in segments.indices { weigh(&self.segments[index], lengths) }
    for index in tail.indices { weigh(&self.tail[index], lengths) }
    for index in renamed.indices { weigh(&self.renamed[index], lengths) }
  }

  // MARK: Lengths

  private func weigh(_ part: inout Part, _ totals: LengthTotals) {
    let postings = part.postings
    let view = postings.view
    var words: [Float] = []
    var pairs: [Float] = []
    words.reserveCapacity(view.rowCount)
    pairs.reserveCapacity(view.rowCount)
    for row in 0..<view.rowCount {
      let length = view.length(of: row, bm25)
      words.append(bm25.norm(length: length.words, average: totals.averageWords))
      pairs.append(bm25.norm(length: length.pairs, average: totals.averagePairs))
    }
    part.wordNorms = words
    part.pairNorms = pairs
  }

  // MARK: Scores

  /// The BM25F score of every chunk that holds a term of a query.
  ///
  /// Lists are read whole, one term after another, into one number a chunk: no chunk is sorted or
  /// compared before all terms are counted.
  ///
  /// - Throws: `segment-damaged`.
  /// - Complexity: O(*p* + *n*) in the postings of the query's terms and the chunks.
  func scores(of query: TextQuery) throws(HarkError) -> TextScores {
    let parts = parts
    var scores = TextScores(parts: parts)
    for clause in query.clauses {
      let lists = try lists(of: clause, in: parts)
      // Korean words would all be rare beside a crowd of English texts, and the other way round
      // no Korean text could hold an English word: each script has its own number of texts.
      let rarity = BM25.rarity(
        documents: lists.documents, of: clause.isEastAsian ? pairedCount : rowCount)
      scores.best += clause.weight * rarity * (bm25.k1 + 1)
      scores.rarities.append(rarity)
      let factor = Float(clause.weight * rarity * (bm25.k1 + 1))
      for (place, found) in lists.parts.enumerated() where !found.isEmpty {
        let part = parts[place]
        let isSound = scores.add(
          found, factor: factor, isCommon: clause.isCommon, weightedCounts: weightedCounts,
          norms: clause.isPair ? part.pairNorms : part.wordNorms, part: place)
        if !isSound { throw part.damage }
      }
    }
    return scores
  }

  /// What each clause of a query adds to the score of one chunk.
  ///
  /// - Throws: `segment-damaged`.
  func contributions(
    to chunk: Int64, of query: TextQuery, _ scores: TextScores
  ) throws(HarkError) -> [Double] {
    let parts = parts
    var contributions = [Double](repeating: 0, count: query.clauses.count)
    for (index, clause) in query.clauses.enumerated() {
      let lists = try lists(of: clause, in: parts)
      for (place, found) in lists.parts.enumerated() where !found.isEmpty {
        guard let row = parts[place].row(of: chunk) else { continue }
        let norms = clause.isPair ? parts[place].pairNorms : parts[place].wordNorms
        guard let count = found.count(in: row, weightedCounts) else { continue }
        let factor = Float(clause.weight * scores.rarities[index] * (bm25.k1 + 1))
        contributions[index] = Double(factor * count / (count + norms[row]))
      }
    }
    return contributions
  }

  /// The lists of a clause in each part.
  private func lists(of clause: TextQuery.Clause, in parts: [Part]) throws(HarkError) -> (
    documents: Int, parts: [TermLists]
  ) {
    var documents = 0
    var found: [TermLists] = []
    for part in parts {
      let view = part.postings.view
      var lists = TermLists()
      for term in clause.terms {
        for number in numbers(of: term, isPair: clause.isPair, in: view) {
          guard let list = view.list(of: number) else { throw part.damage }
          lists.add(list)
        }
      }
      // Of several lists the rows are counted once.
      if lists.isSeveral {
        guard lists.merge(view.postings, weightedCounts, rows: view.rowCount) else {
          throw part.damage
        }
      }
      lists.postings = part.postings
      documents += lists.documents
      found.append(lists)
    }
    return (documents, found)
  }

  /// The most terms that a prefix stands for in one part.
  private static let prefixLimit = 256

  private func numbers(
    of term: TextQuery.Term, isPair: Bool, in view: borrowing PostingsView
  ) -> Range<Int> {
    let bytes = isPair ? [PostingsView.pairPrefix] + term.bytes : term.bytes
    if term.isPrefix { return view.numbers(withPrefix: bytes.span, limit: Self.prefixLimit) }
    return view.number(of: bytes.span).map { $0..<$0 + 1 } ?? 0..<0
  }

  // MARK: Constraints

  /// The chunks that hold all that a query requires and nothing that it excludes, ascending.
  ///
  /// - Throws: `segment-damaged`.
  /// - Complexity: O(*p* + *n*) in the positions of the words and the chunks.
  func chunks(allowedBy query: TextQuery) throws(HarkError) -> [Int64] {
    var allowed: [Int64] = []
    for part in parts {
      let view = part.postings.view
      var rows = [Bool](repeating: true, count: view.rowCount)
      for phrase in query.required {
        let holders = try part.rows(holding: phrase)
        for row in rows.indices where rows[row] && !holders.contains(row) { rows[row] = false }
      }
      for phrase in query.excluded {
        for row in try part.rows(holding: phrase) { rows[row] = false }
      }
      for row in rows.indices where rows[row] && !part.hidden.contains(view.keys[row]) {
        allowed.append(view.keys[row])
      }
    }
    return allowed.sorted()
  }
}

extension TextIndex.Part {
  /// The row of a chunk that is not hidden.
  func row(of chunk: Int64) -> Int? {
    chunks.contains(chunk) && !hidden.contains(chunk) ? postings.view.row(of: chunk) : nil
  }

  /// The rows in which words stand one after another.
  ///
  /// - Throws: `segment-damaged`.
  func rows(holding phrase: TextQuery.Phrase) throws(HarkError) -> Set<Int> {
    let view = postings.view
    var ends: [Int: [UInt32]] = [:]
    for (step, word) in phrase.enumerated() {
      guard let term = view.number(of: word.span) else { return [] }
      var next: [Int: [UInt32]] = [:]
      var isSound = true
      isSound = view.forEachPosition(of: term) { row, places in
        guard row < view.rowCount else { return }
        if step == 0 {
          next[row] = places
        } else if let before = ends[row] {
          let followed = places.filter { place in before.contains { $0 &+ 1 == place } }
          if !followed.isEmpty { next[row] = followed }
        }
      }
      guard isSound else { throw damage }
      ends = next
    }
    return Set(ends.keys)
  }

  /// The error of lists that cannot be.
  var damage: HarkError {
    .damagedPostings(postings.path ?? "in memory", "a list does not fit into it")
  }
}

/// The lists of one clause in one part: one as it stands in the file, or several joined.
struct TermLists {
  private var ranges: [Range<Int>] = []
  /// The rows of several lists and the weighted count of each, where they were joined.
  private(set) var joined: [(row: UInt32, count: Float)]?
  var postings: Postings?

  var isEmpty: Bool { ranges.isEmpty }
  var isSeveral: Bool { ranges.count > 1 }
  /// How many rows the lists name.
  var documents: Int { joined?.count ?? ranges.first?.count ?? 0 }
  /// The only list.
  var list: Range<Int> { ranges.first ?? 0..<0 }

  /// The weighted count of the clause in a row; nil where it does not stand there.
  ///
  /// - Complexity: O(log *m*) in the rows of the lists.
  func count(in row: Int, _ weightedCounts: [Float]) -> Float? {
    func place(_ indices: Range<Int>, _ rowAt: (Int) -> Int) -> Int? {
      var (low, high) = (indices.lowerBound, indices.upperBound)
      while low < high {
        let middle = (low + high) / 2
        if rowAt(middle) < row { low = middle + 1 } else { high = middle }
      }
      return low < indices.upperBound && rowAt(low) == row ? low : nil
    }
    if let joined {
      return place(joined.indices) { Int(joined[$0].row) }.map { joined[$0].count }
    }
    guard let view = postings?.view else { return nil }
    guard let found = place(list, { Posting(word: view.postings[$0]).row }) else { return nil }
    return weightedCounts[Posting(word: view.postings[found]).counts]
  }

  mutating func add(_ list: Range<Int>) {
    if !list.isEmpty, !ranges.contains(list) { ranges.append(list) }
  }

  /// Joins several lists into one.
  ///
  /// - Returns: false where a row cannot be.
  mutating func merge(
    _ postings: Span<UInt32>, _ weightedCounts: [Float], rows: Int
  ) -> Bool {
    var counts = [Float](repeating: 0, count: rows)
    for range in ranges {
      for index in range {
        let posting = Posting(word: postings[index])
        guard posting.row < rows else { return false }
        counts[posting.row] += weightedCounts[posting.counts]
      }
    }
    joined = counts.indices.filter { counts[$0] > 0 }.map { (UInt32($0), counts[$0]) }
    return true
  }
}

/// The lengths of all chunks together.
private struct LengthTotals {
  private(set) var rows = 0
  /// How many rows have pairs.
  private(set) var pairedRows = 0
  private var words = 0.0
  private var pairs = 0.0

  var averageWords: Double { rows > 0 ? words / Double(rows) : 0 }
  var averagePairs: Double { rows > 0 ? pairs / Double(rows) : 0 }

  /// - Complexity: O(*n*) in the chunks.
  init(of parts: [TextIndex.Part], _ bm25: BM25) {
    for part in parts {
      let view = part.postings.view
      for row in 0..<view.rowCount {
        let length = view.length(of: row, bm25)
        words += length.words
        pairs += length.pairs
        if length.pairs > 0 { pairedRows += 1 }
      }
      rows += view.rowCount
    }
  }
}

extension PostingsView {
  /// The length of a row in words, its fields weighted, and in pairs.
  fileprivate func length(of row: Int, _ bm25: BM25) -> (words: Double, pairs: Double) {
    let start = row * PostingsTables.lengthsPerRow
    let words = TextField.allCases.reduce(0) {
      $0 + bm25.weight(of: $1) * Double(lengths[start + $1.rawValue])
    }
    return (words, Double(lengths[start + TextField.allCases.count]))
  }
}
