extension HarkClient {
  /// Passages that answer a question, put together for a language model.
  public struct Context: Sendable, Hashable, Decodable {
    /// The question as it was given.
    public let query: String
    /// How the passages were ranked.
    public let mode: SearchMode
    /// Milliseconds that it took, without the way to the server.
    public let tookMilliseconds: Double
    /// How many tokens the text could have.
    public let budgetTokens: Int
    /// How many it has.
    public let tokens: Int
    /// How sure it is that the best passage answers the question, 0 to 1: below 0.5, probably none
    /// does.
    public let confidence: Double
    /// The passages as a language model is to read them, numbered [1], [2], …
    public let text: String
    /// The passages, in the order of their numbers.
    public let passages: [Passage]
    /// The chunks of the passages, as ``Chat/append(session:user:question:answer:sources:requestKey:)``
    /// takes them.
    public let sources: [Source]
    /// How many hits were left out for want of room.
    public let omitted: Int

    enum CodingKeys: String, CodingKey {
      case query, mode, tokens, confidence, text, passages, sources, omitted
      case tookMilliseconds = "took_ms"
      case budgetTokens = "budget_tokens"
    }
  }

  /// A passage of a context: a chunk, or neighbours that were joined.
  public struct Passage: Sendable, Hashable, Decodable {
    /// The number by which an answer cites the passage, from 1.
    public let rank: Int
    /// The score of its best chunk, comparable within one context only.
    public let score: Double
    /// The document that holds the passage.
    public let document: DocumentReference
    /// The ids of its chunks.
    public let chunkIDs: [Int64]
    /// The page on which the passage begins, from 1; nil where the format has no pages.
    public let pageNumber: Int?
    /// The page on which the passage ends.
    public let pageEnd: Int?
    /// The titles of the headings above the passage, outermost first.
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
  }
}
