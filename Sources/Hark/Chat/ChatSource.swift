/// A passage that was shown with an answer, as it was then.
///
/// The copy makes an old citation resolve even after its document was replaced or deleted.
public struct ChatSource: Sendable, Hashable, Codable {
  /// The number of the citation, from 1.
  public var rank: Int
  /// The score of the search, comparable within one turn only; nil where no search gave it.
  public var score: Double?
  /// The chunk's id, never used again for another one.
  public var chunkID: Int64
  /// The document's id, never used again for another one.
  public var documentID: Int64
  /// The document's name; nil after a redaction.
  public var name: String?
  /// The file's absolute path, where the document is a file; nil after a redaction.
  public var filePath: String?
  /// The program's own id of a document that it handed over; nil after a redaction.
  public var externalID: String?
  /// The page on which the passage begins, where the format has pages.
  public var pageNumber: Int?
  /// The page on which the passage ends.
  public var pageEnd: Int?
  /// The offset of the passage's first Unicode scalar in the document's text.
  public var start: Int
  /// The offset after its last one.
  public var end: Int
  /// The titles of the headings above the passage; nil after a redaction.
  public var heading: String?
  /// The passage; nil after a redaction.
  public var text: String?
  /// The SHA-256 of the passage, in hexadecimal digits.
  public var contentHash: String
  /// The store's generation when the passage was read: it grows with every change of documents.
  public var generation: Int64
  /// Whether the copy was removed on demand.
  public var isRedacted: Bool

  enum CodingKeys: String, CodingKey {
    case rank, score, name, start, end, heading, text, generation
    case chunkID = "chunk_id"
    case documentID = "document_id"
    case filePath = "file_path"
    case externalID = "external_id"
    case pageNumber = "page_number"
    case pageEnd = "page_end"
    case contentHash = "content_hash"
    case isRedacted = "redacted"
  }

  /// Writes every key, absent values as null, so that each source has the same shape.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(rank, forKey: .rank)
    try container.encode(score, forKey: .score)
    try container.encode(chunkID, forKey: .chunkID)
    try container.encode(documentID, forKey: .documentID)
    try container.encode(name, forKey: .name)
    try container.encode(filePath, forKey: .filePath)
    try container.encode(externalID, forKey: .externalID)
    try container.encode(pageNumber, forKey: .pageNumber)
    try container.encode(pageEnd, forKey: .pageEnd)
    try container.encode(start, forKey: .start)
    try container.encode(end, forKey: .end)
    try container.encode(heading, forKey: .heading)
    try container.encode(text, forKey: .text)
    try container.encode(contentHash, forKey: .contentHash)
    try container.encode(generation, forKey: .generation)
    try container.encode(isRedacted, forKey: .isRedacted)
  }

  /// The same without what the document says or is called.
  func redacted() -> ChatSource {
    var source = self
    source.name = nil
    source.filePath = nil
    source.externalID = nil
    source.heading = nil
    source.text = nil
    source.isRedacted = true
    return source
  }
}
