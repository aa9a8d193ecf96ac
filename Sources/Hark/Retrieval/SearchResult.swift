/// How a search ranks: by meaning, by words, or by both.
public enum SearchMode: String, Sendable, CaseIterable, Codable {
  /// Vectors and words, fused.
  case hybrid
  /// The cosine of the query's and the chunk's vector alone.
  case vector
  /// The words alone (BM25).
  case text
}

/// What a search is to return.
public struct SearchOptions: Sendable {
  /// The greatest number of hits, 1 to 1,000.
  public var limit: Int
  /// How hits are ranked.
  public var mode: SearchMode
  /// The collection that is searched.
  public var collection: String
  /// Which chunks may be found; all if nil.
  public var filter: SearchFilter?
  /// The least score of a hit, 0 to 1; nil for any.
  public var minimumScore: Double?
  /// The weight of the vectors in a hybrid search where the model knows the query's language, 0 to
  /// 1; nil for the default.
  public var vectorWeight: Double?
  /// How much hits are to differ from each other, 0 for not at all to 1 for nothing else.
  public var diversity: Double
  /// Whether the result says how it came about.
  public var explains: Bool

  /// Makes options; the defaults return ten hits of a hybrid search.
  public init(
    limit: Int = 10, mode: SearchMode = .hybrid,
    collection: String = CollectionRecord.defaultName, filter: SearchFilter? = nil,
    minimumScore: Double? = nil, vectorWeight: Double? = nil, diversity: Double = 0,
    explains: Bool = false
  ) {
    self.limit = limit
    self.mode = mode
    self.collection = collection
    self.filter = filter
    self.minimumScore = minimumScore
    self.vectorWeight = vectorWeight
    self.diversity = diversity
    self.explains = explains
  }

  /// Refuses what is out of range.
  ///
  /// - Throws: `invalid-argument`.
  func check() throws(HarkError) {
    guard (1...1000).contains(limit) else {
      throw HarkError(.invalidArgument, "limit is \(limit): give a number from 1 to 1000")
    }
    for (name, value) in [
      ("min_score", minimumScore), ("vector_weight", vectorWeight), ("diversity", diversity),
    ] where !(0...1).contains(value ?? 0) {
      throw HarkError(.invalidArgument, "\(name) is \(value ?? 0): give a number from 0 to 1")
    }
  }
}

/// The ranked answer to one query.
///
/// As JSON it has the names of the socket's `search` method: `query`, `mode`, `took_ms`, `hits`.
public struct SearchResult: Sendable, Encodable {
  /// The query as it was given.
  public let query: String
  /// How the hits were ranked.
  public let mode: SearchMode
  /// Milliseconds from the call to its end, the query's embedding included.
  public let tookMilliseconds: Double
  /// How sure it is that the best hit answers the query, 0 to 1: below ``answerable``, probably
  /// nothing in the store does.
  public let confidence: Double
  /// The hits, best first.
  public let hits: [SearchHit]
  /// How the query was understood, where that was asked for.
  public let explanation: SearchExplanation?

  /// From this confidence on, a query counts as answered.
  public static let answerable = 0.5

  enum CodingKeys: String, CodingKey {
    case query, mode, confidence, hits, explanation
    case tookMilliseconds = "took_ms"
  }
}

/// One passage that answers a query, with the place where it stands.
public struct SearchHit: Sendable, Encodable {
  /// 1 for the best hit.
  public let rank: Int
  /// How well it answers the query, 0 to 1: the share of the greatest score by words that the query
  /// could have, the cosine, or both, weighed.
  public let score: Double
  /// The document that holds the passage.
  public let document: DocumentReference
  /// Where in the document the passage stands.
  public let chunk: ChunkReference
  /// The passage, exactly as it stands in the document's text.
  public let text: String
  /// The words of the query that were found, as ranges of UTF-8 offsets in `text`, ascending.
  public let matches: [Range<Int>]
  /// What the score is made of, where that was asked for.
  public internal(set) var explanation: HitExplanation?

  enum CodingKeys: String, CodingKey { case rank, score, document, chunk, text, explanation }
}

/// What names a document in a citation.
public struct DocumentReference: Sendable, Hashable, Encodable {
  /// The document's id, never used again for another one.
  public let id: Int64
  /// The file's name without its folders, or the name that a program gave.
  public let name: String
  /// The file's absolute path; nil for a text that a program handed over.
  public let filePath: String?
  /// The program's own id for a text that it handed over; nil for a file.
  public let externalID: String?
  /// `pdf`, `html`, `markdown` or `text`.
  public let fileType: String
  /// The file's path, or else the program's own id.
  public var location: String { filePath ?? externalID ?? name }

  enum CodingKeys: String, CodingKey {
    case id, name
    case filePath = "file_path"
    case externalID = "external_id"
    case fileType = "file_type"
  }

  /// Writes the external id only where there is one, and the path always.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(id, forKey: .id)
    try container.encode(name, forKey: .name)
    try container.encode(filePath, forKey: .filePath)
    try container.encodeIfPresent(externalID, forKey: .externalID)
    try container.encode(fileType, forKey: .fileType)
  }
}

/// Where a passage stands in its document.
///
/// Offsets count Unicode scalars of the document's text, as Python's `len` and SQL's `substr` do.
public struct ChunkReference: Sendable, Hashable, Encodable {
  /// The chunk's id, never used again for another one.
  public let id: Int64
  /// The chunk's number in its document, from 0.
  public let index: Int
  /// The page on which the passage begins, from 1; nil where the format has no pages.
  public let pageNumber: Int?
  /// The page on which the passage ends.
  public let pageEnd: Int?
  /// The printed label of the first page where it differs from the number (`iv`, `A-3`).
  public let pageLabel: String?
  /// The offset of the passage's first scalar.
  public let start: Int
  /// The offset after the passage's last scalar.
  public let end: Int
  /// The titles of the headings above the passage, outermost first, joined by ` > `.
  public let heading: String?

  enum CodingKeys: String, CodingKey {
    case id, index, start, end, heading
    case pageNumber = "page_number"
    case pageEnd = "page_end"
    case pageLabel = "page_label"
  }

  /// Writes every key, absent values as null, so that each hit has the same shape.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(id, forKey: .id)
    try container.encode(index, forKey: .index)
    try container.encode(pageNumber, forKey: .pageNumber)
    try container.encode(pageEnd, forKey: .pageEnd)
    try container.encode(pageLabel, forKey: .pageLabel)
    try container.encode(start, forKey: .start)
    try container.encode(end, forKey: .end)
    try container.encode(heading, forKey: .heading)
  }
}
