/// A document as the catalog lists it.
public struct DocumentRecord: Sendable, Encodable {
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
  /// Title, author, dates, tags and the user's own fields.
  public let metadata: DocumentMetadata
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

  /// The document's title, where it has one.
  public var title: String? { metadata.title }
  /// The file's path, or else the program's own id.
  public var location: String { filePath ?? externalID ?? name }

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

  /// Writes every key, absent values as null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(id, forKey: .id)
    try container.encode(collection, forKey: .collection)
    try container.encode(name, forKey: .name)
    try container.encode(filePath, forKey: .filePath)
    try container.encode(externalID, forKey: .externalID)
    try container.encode(fileType, forKey: .fileType)
    try container.encode(fileSize, forKey: .fileSize)
    try container.encode(title, forKey: .title)
    try container.encode(metadata, forKey: .metadata)
    try container.encode(pageCount, forKey: .pageCount)
    try container.encode(chunkCount, forKey: .chunkCount)
    try container.encode(tokenCount, forKey: .tokenCount)
    try container.encode(createdAt, forKey: .createdAt)
    try container.encode(updatedAt, forKey: .updatedAt)
  }
}

/// A document with its text and its chunks.
public struct DocumentContents: Sendable, Encodable {
  /// The document as the catalog lists it.
  public let document: DocumentRecord
  /// The document's text, in which all ranges count.
  public let text: String
  /// The chunks in their order.
  public let chunks: [ChunkContents]
}

/// Some documents, and where the next ones begin.
public struct DocumentPage: Sendable, Encodable {
  /// The documents.
  public let documents: [DocumentRecord]
  /// What ``Engine/documents(in:limit:after:)`` takes to go on; nil at the end.
  public let cursor: String?

  /// Writes every key, absent values as null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(documents, forKey: .documents)
    try container.encode(cursor, forKey: .cursor)
  }

  enum CodingKeys: String, CodingKey { case documents, cursor }
}

/// A chunk with its text, and the document that holds it.
public struct ChunkPassage: Sendable, Encodable {
  /// The document that holds the chunk.
  public let document: DocumentReference
  /// Where the chunk stands in its document.
  public let chunk: ChunkReference
  /// The chunk's text.
  public let text: String
}

/// A chunk with its text.
public struct ChunkContents: Sendable, Encodable {
  /// Where the chunk stands in its document.
  public let chunk: ChunkReference
  /// The chunk's text.
  public let text: String
}
