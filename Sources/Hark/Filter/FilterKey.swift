internal import Documents

/// What a condition of a filter is about.
public enum FilterKey: Sendable, Hashable {
  /// A field that every chunk or document has.
  case field(Field)
  /// A key of the document's metadata: its name, or the names of an object's key and of a key in
  /// it with a dot between them.
  case metadata(String)

  /// The fields that every chunk or document has, by their names.
  public enum Field: String, Sendable, CaseIterable {
    /// The file's absolute path; a document that a program handed over has none.
    case path
    /// The file's name without its folders, or the name that a program gave.
    case name
    /// `pdf`, `html`, `markdown` or `text`.
    case fileType = "file_type"
    /// The document's language, a tag of BCP 47.
    case language
    /// The document's title.
    case title
    /// The titles of the headings above the chunk, joined by ` > `.
    case heading
    /// The program's own id of a document that it handed over.
    case externalID = "external_id"
    /// The collection's name.
    case collection
    /// When the document was first ingested.
    case createdAt = "created_at"
    /// When its content was last replaced.
    case updatedAt = "updated_at"
    /// When the file was last written.
    case modifiedAt = "modified_at"
    /// The file's size in bytes.
    case fileSize = "file_size"
    /// The number of pages, where the format has pages.
    case pageCount = "page_count"
    /// The pages that the chunk touches, from 1.
    case pageNumber = "page_number"
    /// The document's id.
    case documentID = "document_id"
    /// The chunk's id.
    case chunkID = "chunk_id"
  }

  /// What the values under a key are.
  enum Kind {
    case text, number, date
    /// Whatever users have put there.
    case any
  }

  /// What the values under the key are.
  var kind: Kind {
    switch self {
    case .field(let field):
      switch field {
      case .path, .name, .fileType, .language, .title, .heading, .externalID, .collection: .text
      case .createdAt, .updatedAt, .modifiedAt: .date
      case .fileSize, .pageCount, .pageNumber, .documentID, .chunkID: .number
      }
    case .metadata(let name):
      switch MetadataKey(rawValue: name) {
      case .title, .author, .language, .tags, .sourceURL: .text
      case .created, .modified: .date
      case nil: .any
      }
    }
  }

  /// The beginning of keys of metadata.
  static let metadataPrefix = "metadata."

  /// The key of a name; nil where there is none.
  init?(_ name: String) {
    if let field = Field(rawValue: name) {
      self = .field(field)
    } else if name.hasPrefix(Self.metadataPrefix) {
      let key = name.dropFirst(Self.metadataPrefix.count)
      guard !key.isEmpty else { return nil }
      self = .metadata(MetadataKey(name: String(key))?.rawValue ?? String(key))
    } else {
      return nil
    }
  }

  /// All names, for messages.
  static var names: String {
    (Field.allCases.map(\.rawValue).sorted() + ["metadata.KEY"]).joined(separator: ", ")
  }
}
