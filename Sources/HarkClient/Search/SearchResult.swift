extension HarkClient {
  /// How a search ranks. The set is open.
  public struct SearchMode: RawRepresentable, Sendable, Hashable, Codable {
    /// The name as it travels.
    public let rawValue: String
    /// Makes a mode from its name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// By meaning and by words.
    public static let hybrid = SearchMode(rawValue: "hybrid")
    /// By meaning alone.
    public static let vector = SearchMode(rawValue: "vector")
    /// By words alone.
    public static let text = SearchMode(rawValue: "text")
  }

  /// The ranked answer to one query.
  public struct SearchResult: Sendable, Hashable, Decodable {
    /// The query as it was given.
    public let query: String
    /// How the hits were ranked.
    public let mode: SearchMode
    /// Milliseconds that the search took, without the way to the server.
    public let tookMilliseconds: Double
    /// How sure it is that the best hit answers the query, 0 to 1: below 0.5, probably nothing does.
    public let confidence: Double
    /// The hits, best first.
    public let hits: [SearchHit]

    enum CodingKeys: String, CodingKey {
      case query, mode, confidence, hits
      case tookMilliseconds = "took_ms"
    }
  }

  /// One passage that answers a query, with the place where it stands.
  public struct SearchHit: Sendable, Hashable, Decodable {
    /// 1 for the best hit.
    public let rank: Int
    /// How well it answers the query, at most 1.
    public let score: Double
    /// The document that holds the passage.
    public let document: DocumentReference
    /// Where in the document the passage stands.
    public let chunk: ChunkReference
    /// The passage, exactly as it stands in the document's text.
    public let text: String

    /// The hit as a source of a turn of the chat log.
    public var source: Source { Source(chunkID: chunk.id, rank: rank, score: score) }
  }

  /// What a turn of the chat log is to cite: a chunk of the store.
  public struct Source: Sendable, Hashable, Codable {
    /// The chunk's id.
    public var chunkID: Int64
    /// The number of the citation, from 1; the place in the list where nil.
    public var rank: Int?
    /// The score of the search that found it.
    public var score: Double?

    /// Makes a source.
    public init(chunkID: Int64, rank: Int? = nil, score: Double? = nil) {
      self.chunkID = chunkID
      self.rank = rank
      self.score = score
    }

    enum CodingKeys: String, CodingKey {
      case rank, score
      case chunkID = "chunk_id"
    }
  }
}
