extension HarkClient {
  /// A document as the store lists it.
  public struct DocumentRecord: Sendable, Hashable, Decodable {
    /// The document's id, never used again for another one.
    public let id: Int64
    /// The name of the collection that it belongs to.
    public let collection: String
    /// The file's name without its folders, or the name that a program gave.
    public let name: String
    /// The file's absolute path; nil for a text that a program handed over.
    public let filePath: String?
    /// The program's own id for a text that it handed over; nil for a file.
    public let externalID: String?
    /// `pdf`, `html`, `markdown` or `text`.
    public let fileType: String
    /// The file's size in bytes.
    public let fileSize: Int64
    /// The document's title, where it has one.
    public let title: String?
    /// Title, author, dates, tags and fields of the user's own, by name.
    public let metadata: [String: JSONValue]
    /// The number of pages, 0 where the format has none.
    public let pageCount: Int
    /// The number of chunks.
    public let chunkCount: Int
    /// The tokens of all chunks together.
    public let tokenCount: Int
    /// When the document was first ingested: UTC, ISO 8601.
    public let createdAt: String
    /// When its content was last replaced: UTC, ISO 8601.
    public let updatedAt: String

    enum CodingKeys: String, CodingKey {
      case id, collection, name, title, metadata
      case filePath = "file_path"
      case externalID = "external_id"
      case fileType = "file_type"
      case fileSize = "file_size"
      case pageCount = "page_count"
      case chunkCount = "chunk_count"
      case tokenCount = "token_count"
      case createdAt = "created_at"
      case updatedAt = "updated_at"
    }
  }

  /// Some documents, and where the next ones begin.
  public struct DocumentPage: Sendable, Hashable, Decodable {
    /// The documents.
    public let documents: [DocumentRecord]
    /// What ``HarkClient/documents(in:limit:after:)`` takes to go on; nil at the end.
    public let cursor: String?
  }

  /// A document with its text and its chunks.
  public struct DocumentContents: Sendable, Hashable, Decodable {
    /// The document as the store lists it.
    public let document: DocumentRecord
    /// The document's text, in which all offsets count.
    public let text: String
    /// The chunks in their order.
    public let chunks: [ChunkContents]
  }

  /// A chunk with its text.
  public struct ChunkContents: Sendable, Hashable, Decodable {
    /// Where the chunk stands in its document.
    public let chunk: ChunkReference
    /// The chunk's text.
    public let text: String
  }

  /// A chunk with its text, and the document that holds it.
  public struct ChunkPassage: Sendable, Hashable, Decodable {
    /// The document that holds the chunk.
    public let document: DocumentReference
    /// Where the chunk stands in its document.
    public let chunk: ChunkReference
    /// The chunk's text.
    public let text: String
  }

  /// Documents that share a model and a chunker.
  public struct Collection: Sendable, Hashable, Decodable {
    /// The collection's id, never used again for another one.
    public let id: Int64
    /// The collection's name.
    public let name: String
    /// What the collection is for.
    public let description: String?
    /// The name of the model whose vectors it holds; nil before the first ingest.
    public let model: String?
    /// The numbers in a vector.
    public let dimension: Int?
    /// The tokens that a chunk is filled up to.
    public let chunkTokens: Int
    /// The number of its documents.
    public let documents: Int
    /// The number of its chunks.
    public let chunks: Int
    /// When the collection was made: UTC, ISO 8601.
    public let createdAt: String

    enum CodingKeys: String, CodingKey {
      case id, name, description, model, dimension, documents, chunks
      case chunkTokens = "chunk_tokens"
      case createdAt = "created_at"
    }
  }
}
