import VectorIndex

/// The scores of all chunks for one query, part by part and row by row; zero where no term stands.
struct TextScores {
  private let parts: [TextIndex.Part]
  /// A number for each row of each part.
  private(set) var values: [[Float]]
  /// The score of a chunk that would hold every clause without end.
  var best = 0.0
  /// How rare each clause is.
  var rarities: [Double] = []

  init(parts: [TextIndex.Part]) {
    self.parts = parts
    values = parts.map { [Float](repeating: 0, count: $0.postings.view.rowCount) }
  }

  /// Adds what one clause contributes to the rows of one part.
  ///
  /// - Parameters:
  ///   - factor: the weight and rarity of the clause.
  ///   - isCommon: whether only rows count that hold another clause.
  /// - Returns: false where a row cannot be.
  mutating func add(
    _ lists: TermLists, factor: Float, isCommon: Bool, weightedCounts: [Float], norms: [Float],
    part: Int
  ) -> Bool {
    if let joined = lists.joined {
      for (row, count) in joined where !isCommon || values[part][Int(row)] > 0 {
        values[part][Int(row)] += factor * count / (count + norms[Int(row)])
      }
      return true
    }
    guard let view = lists.postings?.view else { return true }
    return Self.accumulate(
      view.postings.extracting(lists.list), factor: factor, isCommon: isCommon,
      counts: weightedCounts.span, norms: norms.span, into: &values[part])
  }

  /// The inner loop: a posting is a few operations, and hundreds of thousands are read a query.
  private static func accumulate(
    _ list: Span<UInt32>, factor: Float, isCommon: Bool, counts: Span<Float>,
    norms: Span<Float>, into values: inout [Float]
  ) -> Bool {
    var values = values.mutableSpan
    let rows = min(values.count, norms.count)
    for index in list.indices {
      let posting = Posting(word: list[index])
      guard posting.row < rows else { return false }
      if isCommon, values[posting.row] == 0 { continue }
      let count = counts[posting.counts]
      values[posting.row] += factor * count / (count + norms[posting.row])
    }
    return true
  }

  /// The score of one chunk, as a share of ``best``.
  ///
  /// - Complexity: O(log *n*).
  func score(of chunk: Int64) -> Double {
    place(of: chunk).map { share(values[$0.part][$0.row]) } ?? 0
  }

  /// The document that holds a chunk; nil where the full text does not know the chunk.
  ///
  /// - Complexity: O(log *n*).
  func document(of chunk: Int64) -> Int64? {
    guard let place = place(of: chunk) else { return nil }
    let postings = parts[place.part].postings
    return postings.view.documents[place.row]
  }

  private func place(of chunk: Int64) -> (part: Int, row: Int)? {
    for (part, postings) in parts.enumerated() {
      if let row = postings.row(of: chunk) { return (part, row) }
    }
    return nil
  }

  private func share(_ value: Float) -> Double { best > 0 ? Double(value) / best : 0 }

  /// The `k` chunks with the greatest scores above zero, best first, ties by id.
  ///
  /// - Parameter allowing: the chunks that may be among them; all if nil.
  /// - Complexity: O(*n* + *m* log *k*) in the chunks and those that were among the best for a while.
  func best(_ k: Int, allowing: KeySet? = nil) -> [TextMatch] {
    guard k > 0 else { return [] }
    var found: [(chunk: Int64, value: Float)] = []
    var least: Float = 0
    func keepBest() {
      found.sort { ($0.value, $1.chunk) > ($1.value, $0.chunk) }
      if found.count >= k {
        found.removeLast(found.count - k)
        least = found[k - 1].value
      }
    }
    for (part, values) in zip(parts, values) {
      let keys = part.postings.view.keys
      for row in values.indices where values[row] > 0 && values[row] >= least {
        let key = keys[row]
        guard !part.hidden.contains(key), allowing?.contains(key) ?? true else { continue }
        found.append((key, values[row]))
        if found.count >= 2 * k + 64 { keepBest() }
      }
    }
    keepBest()
    return found.map { TextMatch(chunk: $0.chunk, score: share($0.value)) }
  }
}
