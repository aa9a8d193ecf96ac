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
      let lists = try parts.map { (part) throws(HarkError) in try self.lists(of: clause, in: part) }
      // Korean words would all be rare beside a crowd of English texts, and the other way round
      // no Korean text could hold an English word: each script has its own number of texts.
      let rarity = BM25.rarity(
        documents: lists.reduce(0) { $0 + $1.documents },
        of: clause.isEastAsian ? pairedCount : rowCount)
      scores.best += clause.weight * rarity * (bm25.k1 + 1)
      scores.rarities.append(rarity)
      let factor = Float(clause.weight * rarity * (bm25.k1 + 1))
      for (place, found) in lists.enumerated() where !found.isEmpty {
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
  /// - Complexity: O(*c* log *m*) in the clauses and their postings, beside the lists of prefixes.
  func contributions(
    to chunk: Int64, of query: TextQuery, _ scores: TextScores
  ) throws(HarkError) -> [Double] {
    var contributions = [Double](repeating: 0, count: query.clauses.count)
    for part in parts {
      guard let row = part.row(of: chunk) else { continue }
      for (index, clause) in query.clauses.enumerated() {
        let found = try lists(of: clause, in: part)
        guard let count = found.count(in: row, weightedCounts) else { continue }
        // Common words count beside others only.
        if clause.isCommon, !contributions.contains(where: { $0 > 0 }) { continue }
        let norm = (clause.isPair ? part.pairNorms : part.wordNorms)[row]
        contributions[index] =
          clause.weight * scores.rarities[index] * (bm25.k1 + 1) * Double(count / (count + norm))
      }
      break
    }
    return contributions
  }

  /// The lists of a clause in a part.
  private func lists(
    of clause: TextQuery.Clause, in part: Part
  ) throws(HarkError) -> TermLists {
    let view = part.postings.view
    var lists = TermLists()
    for term in clause.terms {
      let bytes = clause.isPair ? [PostingsView.pairPrefix] + term.bytes : term.bytes
      let numbers =
        term.isPrefix
        ? view.numbers(withPrefix: bytes.span)
        : view.number(of: bytes.span).map { $0..<$0 + 1 } ?? 0..<0
      // The lists of terms that begin alike lie side by side, as one.
      guard let first = numbers.first, let last = numbers.last else { continue }
      guard let head = view.list(of: first), let tail = view.list(of: last),
        head.lowerBound <= tail.upperBound
      else { throw part.damage }
      lists.add(head.lowerBound..<tail.upperBound, isOne: numbers.count == 1)
    }
    // Of several lists the rows are counted once.
    if lists.isSeveral {
      guard lists.merge(view.postings, weightedCounts, rows: view.rowCount) else {
        throw part.damage
      }
    }
    lists.postings = part.postings
    return lists
  }

  // MARK: Constraints

  /// The chunks that hold all that a query requires and nothing that it excludes, ascending; a
  /// phrase that no chunk holds is not required.
  ///
  /// - Returns: the chunks, and the places of phrases that are in none.
  /// - Throws: `segment-damaged`.
  /// - Complexity: O(*p* + *n*) in the positions of the words and the chunks, for each phrase.
  func chunks(
    allowedBy query: TextQuery
  ) throws(HarkError) -> (allowed: [Int64], missing: [Int]) {
    let parts = parts
    var rows = parts.map { [Bool](repeating: true, count: $0.postings.view.rowCount) }
    var missing: [Int] = []
    for (place, phrase) in query.required.enumerated() {
      let holders = try parts.map { (part) throws(HarkError) in try part.rows(holding: phrase) }
      guard holders.contains(where: { $0.contains(true) }) else {
        missing.append(place)
        continue
      }
      for part in parts.indices {
        for row in rows[part].indices where !holders[part][row] { rows[part][row] = false }
      }
    }
    for phrase in query.excluded {
      for part in parts.indices {
        let holders = try parts[part].rows(holding: phrase)
        for row in rows[part].indices where holders[row] { rows[part][row] = false }
      }
    }
    var allowed: [Int64] = []
    for (part, rows) in zip(parts, rows) {
      let keys = part.postings.view.keys
      for row in rows.indices where rows[row] && !part.hidden.contains(keys[row]) {
        allowed.append(keys[row])
      }
    }
    return (allowed.sorted(), missing)
  }
}

extension TextIndex.Part {
  /// The row of a chunk that is not hidden.
  func row(of chunk: Int64) -> Int? {
    chunks.contains(chunk) && !hidden.contains(chunk) ? postings.view.row(of: chunk) : nil
  }

  /// Which rows hold the terms of a phrase at their distances.
  ///
  /// - Throws: `segment-damaged`.
  func rows(holding phrase: TextQuery.Phrase) throws(HarkError) -> [Bool] {
    let view = postings.view
    var rows = [Bool](repeating: true, count: view.rowCount)
    var numbers: [Int] = []
    // Rows that lack a term need no look at positions.
    for term in phrase {
      guard let number = view.number(of: term.bytes.span) else {
        return [Bool](repeating: false, count: view.rowCount)
      }
      guard let list = view.list(of: number) else { throw damage }
      var holders = [Bool](repeating: false, count: view.rowCount)
      for index in list {
        let row = Posting(word: view.postings[index]).row
        guard row < holders.count else { throw damage }
        holders[row] = rows[row]
      }
      rows = holders
      numbers.append(number)
    }
    guard phrase.count > 1 else { return rows }
    // Where the phrase may begin, row by row, as far as its terms were looked at.
    var starts: [Int: [UInt32]] = [:]
    for (step, number) in numbers.enumerated() {
      let offset = UInt32(phrase[step].offset)
      let isSound = view.forEachPosition(of: number) { row, places in
        guard row < rows.count, rows[row] else { return }
        let begins = places.compactMap { $0 >= offset ? $0 - offset : nil }
        let kept = step == 0 ? begins : Self.common(starts[row] ?? [], begins)
        rows[row] = !kept.isEmpty
        starts[row] = kept
      }
      guard isSound else { throw damage }
    }
    return rows
  }

  /// The numbers that are in both of two ascending lists.
  private static func common(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
    var (first, second) = (0, 0)
    var common: [UInt32] = []
    while first < left.count, second < right.count {
      if left[first] == right[second] { common.append(left[first]) }
      if left[first] <= right[second] { first += 1 } else { second += 1 }
    }
    return common
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
  private(set) var isSeveral = false
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

  /// Adds a list, or several that lie side by side.
  mutating func add(_ list: Range<Int>, isOne: Bool) {
    guard !list.isEmpty, !ranges.contains(list) else { return }
    isSeveral = isSeveral || !isOne || !ranges.isEmpty
    ranges.append(list)
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
