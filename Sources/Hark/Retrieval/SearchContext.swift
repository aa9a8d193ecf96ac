/// Passages for a language model: one text with numbered citations, and what each number means.
///
/// As JSON it has the names of the socket's `context` method.
public struct SearchContext: Sendable, Encodable {
  /// What a citation's number stands for: one passage, of one hit or of several that are neighbours.
  public struct Passage: Sendable, Encodable {
    /// The number of the citation, from 1.
    public let rank: Int
    /// The greatest score of its hits; comparable within one result only.
    public let score: Double
    /// The document that holds the passage.
    public let document: DocumentReference
    /// The chunks that the passage was joined from, in reading order.
    public let chunkIDs: [Int64]
    /// The page on which the passage begins, from 1; nil where the format has no pages.
    public let pageNumber: Int?
    /// The page on which the passage ends.
    public let pageEnd: Int?
    /// The titles of the headings above the passage's beginning.
    public let heading: String?
    /// The offset of the passage's first Unicode scalar in the document's text.
    public let start: Int
    /// The offset after its last one.
    public let end: Int
    /// The passage, exactly as it stands in the document's text.
    public let text: String

    enum CodingKeys: String, CodingKey {
      case rank, score, document, heading, start, end, text
      case chunkIDs = "chunk_ids"
      case pageNumber = "page_number"
      case pageEnd = "page_end"
    }

    /// Writes every key, absent values as null, so that each passage has the same shape.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(rank, forKey: .rank)
      try container.encode(score, forKey: .score)
      try container.encode(document, forKey: .document)
      try container.encode(chunkIDs, forKey: .chunkIDs)
      try container.encode(pageNumber, forKey: .pageNumber)
      try container.encode(pageEnd, forKey: .pageEnd)
      try container.encode(heading, forKey: .heading)
      try container.encode(start, forKey: .start)
      try container.encode(end, forKey: .end)
      try container.encode(text, forKey: .text)
    }

    /// The line above the passage: its number, and what a reader needs to find it.
    var caption: String {
      var caption = "[\(rank)] \(Self.onOneLine(document.name))"
      if let pageNumber {
        let last = pageEnd ?? pageNumber
        caption += last > pageNumber ? ", pp. \(pageNumber)–\(last)" : ", p. \(pageNumber)"
      }
      if let heading { caption += ", \(Self.onOneLine(heading))" }
      return caption
    }

    /// A name without what would break the line: names of files may hold anything.
    private static func onOneLine(_ name: String) -> String {
      String(
        String.UnicodeScalarView(
          name.unicodeScalars.map { scalar in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: " "
            default: scalar
            }
          }))
    }
  }

  /// The query as it was given.
  public let query: String
  /// How the hits were ranked.
  public let mode: SearchMode
  /// Milliseconds from the call to its end, the query's embedding included.
  public let tookMilliseconds: Double
  /// How many tokens the text may have.
  public let budgetTokens: Int
  /// How many it has, as the collection's embedding model counts them.
  public let tokens: Int
  /// The passages, each below a line with its number, its document, its pages and its headings.
  /// Empty where nothing was found, or the best hit does not fit into the budget.
  public let text: String
  /// How sure it is that the best passage answers the query, 0 to 1; see
  /// ``SearchResult/confidence``.
  public let confidence: Double
  /// The passages by their numbers: documents by their best hit, and the passages of one document
  /// in reading order.
  public let passages: [Passage]
  /// The chunks that are shown, with the number of the citation each: what the chat log takes.
  public let sources: [ChatDraft.Source]
  /// How many hits were left out for want of room.
  public let omitted: Int

  enum CodingKeys: String, CodingKey {
    case query, mode, tokens, confidence, text, passages, sources, omitted
    case tookMilliseconds = "took_ms"
    case budgetTokens = "budget_tokens"
  }

  init(
    query: String, mode: SearchMode, tookMilliseconds: Double, budgetTokens: Int,
    confidence: Double, _ selection: ContextSelection
  ) {
    self.query = query
    self.mode = mode
    self.tookMilliseconds = tookMilliseconds
    self.budgetTokens = budgetTokens
    self.confidence = confidence
    tokens = selection.tokens
    text = selection.text
    passages = selection.passages
    sources = selection.sources
    omitted = selection.omitted
  }
}

/// The choice of hits that fit into a number of tokens.
struct ContextSelection: Sendable {
  private(set) var passages: [SearchContext.Passage] = []
  private(set) var sources: [ChatDraft.Source] = []
  private(set) var text = ""
  private(set) var tokens = 0
  /// How many hits did not fit.
  private(set) var omitted = 0

  /// Takes hits best first, each that still fits.
  ///
  /// - Parameters:
  ///   - hits: the hits, best first.
  ///   - budget: how many tokens the text may have.
  ///   - countTokens: counts the tokens of a text.
  ///   - passage: a part of a document's text, by offsets of Unicode scalars.
  /// - Complexity: O(*n*²) in the text of the hits, in the worst case.
  init(
    _ hits: [SearchHit], budget: Int, countTokens: (Substring) -> Int,
    passage: (_ document: Int64, Range<Int>) throws -> String?
  ) throws {
    var taken: [SearchHit] = []
    for hit in hits {
      let passages = try Self.passages(of: taken + [hit], passage)
      let text = passages.map { "\($0.caption)\n\($0.text)" }.joined(separator: "\n\n")
      let tokens = countTokens(text[...])
      guard tokens <= budget else {
        omitted += 1
        continue
      }
      taken.append(hit)
      (self.passages, self.text, self.tokens) = (passages, text, tokens)
    }
    let scores = Dictionary(taken.map { ($0.chunk.id, $0.score) }) { first, _ in first }
    sources = passages.flatMap { passage in
      passage.chunkIDs.map {
        ChatDraft.Source(chunkID: $0, rank: passage.rank, score: scores[$0])
      }
    }
  }

  /// The passages of hits: documents by their best hit, neighbours joined, in reading order.
  private static func passages(
    of hits: [SearchHit], _ passage: (Int64, Range<Int>) throws -> String?
  ) throws -> [SearchContext.Passage] {
    var documents: [Int64] = []
    for hit in hits where !documents.contains(hit.document.id) { documents.append(hit.document.id) }
    let runs = documents.flatMap { document in
      Self.runs(of: hits.filter { $0.document.id == document })
    }
    return try runs.enumerated().compactMap { number, run in
      guard let first = run.first, let last = run.last else { return nil }
      let range = first.chunk.start..<last.chunk.end
      let text = run.count == 1 ? first.text : try passage(first.document.id, range) ?? first.text
      return SearchContext.Passage(
        rank: number + 1, score: run.map(\.score).max() ?? first.score, document: first.document,
        chunkIDs: run.map(\.chunk.id), pageNumber: first.chunk.pageNumber,
        pageEnd: last.chunk.pageEnd, heading: first.chunk.heading, start: range.lowerBound,
        end: range.upperBound, text: text)
    }
  }

  /// Hits of one document in reading order, parted where a chunk between two is missing.
  private static func runs(of hits: [SearchHit]) -> [[SearchHit]] {
    hits.sorted { $0.chunk.index < $1.chunk.index }.reduce(into: []) { runs, hit in
      if let last = runs.last?.last, last.chunk.index + 1 == hit.chunk.index {
        runs[runs.count - 1].append(hit)
      } else {
        runs.append([hit])
      }
    }
  }
}
