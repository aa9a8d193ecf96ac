/// A document as the catalog lists it.
public struct DocumentRecord: Sendable, Encodable {
  /// The document's id, never used again for another one.
  public let id: Int64
  /// The file's name without its folders.
  public let name: String
  /// The file's absolute path.
  public let filePath: String
  /// `pdf`, `html`, `markdown` or `text`.
  public let fileType: String
  /// The file's size in bytes.
  public let fileSize: Int64
  /// The document's own title, where it has one.
  public let title: String?
  /// The number of pages, 0 where the format has none.
  public let pageCount: Int
  /// The number of chunks.
  public let chunkCount: Int
  /// When the document was first ingested: UTC, ISO 8601.
  public let createdAt: String
  /// When its content was last replaced: UTC, ISO 8601.
  public let updatedAt: String

  enum CodingKeys: String, CodingKey {
    case id, name, title
    case filePath = "file_path"
    case fileType = "file_type"
    case fileSize = "file_size"
    case pageCount = "page_count"
    case chunkCount = "chunk_count"
    case createdAt = "created_at"
    case updatedAt = "updated_at"
  }

  /// Writes every key, absent values as null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(id, forKey: .id)
    try container.encode(name, forKey: .name)
    try container.encode(filePath, forKey: .filePath)
    try container.encode(fileType, forKey: .fileType)
    try container.encode(fileSize, forKey: .fileSize)
    try container.encode(title, forKey: .title)
    try container.encode(pageCount, forKey: .pageCount)
    try container.encode(chunkCount, forKey: .chunkCount)
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

/// A chunk with its text.
public struct ChunkContents: Sendable, Encodable {
  /// Where the chunk stands in its document.
  public let chunk: ChunkReference
  /// The chunk's text.
  public let text: String
}
