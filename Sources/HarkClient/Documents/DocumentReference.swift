extension HarkClient {
  /// What names a document in a citation.
  public struct DocumentReference: Sendable, Hashable, Decodable {
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

    enum CodingKeys: String, CodingKey {
      case id, name
      case filePath = "file_path"
      case externalID = "external_id"
      case fileType = "file_type"
    }
  }

  /// Where a passage stands in its document.
  public struct ChunkReference: Sendable, Hashable, Decodable {
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
    /// The offset of the passage's first Unicode scalar in the document's text.
    public let start: Int
    /// The offset after its last one.
    public let end: Int
    /// The titles of the headings above the passage, outermost first, joined by ` > `.
    public let heading: String?

    enum CodingKeys: String, CodingKey {
      case id, index, start, end, heading
      case pageNumber = "page_number"
      case pageEnd = "page_end"
      case pageLabel = "page_label"
    }
  }
}
