internal import Documents

/// What is known of a document beside its text: the fixed fields that every document may have, and
/// fields of the user's own.
///
/// It comes from several sources, each of which outdoes the one before it: the file itself, its
/// front matter, its sidecar (`name.ext.meta.json`), and what the command line or a program says.
/// ``merging(_:)`` puts them together.
///
/// As JSON it is one flat object: the fixed fields under `title`, `author`, `language`, `created`,
/// `modified`, `tags` and `source_url`, the user's own beside them, and null for what is removed.
/// A sidecar has the same form.
public struct DocumentMetadata: Sendable, Hashable {
  /// The title, on one line.
  public var title: String?
  /// The author, or several with commas between them.
  public var author: String?
  /// The language as a BCP 47 tag, such as `ko` or `en-US`.
  public var language: String?
  /// When the content was made: `2024-05-01`, or `2024-05-01T08:30:00Z` in UTC.
  public var created: String?
  /// When the content was last changed, in the same forms.
  public var modified: String?
  /// What the document is about, each tag once.
  public var tags: [String]
  /// The address that the document comes from.
  public var sourceURL: String?
  /// The user's own fields by key.
  public var fields: [String: MetadataValue]
  /// The keys, as they stand in JSON, whose values in earlier sources do not count.
  public var removed: Set<String>

  /// Makes metadata of its parts.
  ///
  /// The parts are taken as they are; ``checked(as:)`` tells whether they are in order.
  public init(
    title: String? = nil, author: String? = nil, language: String? = nil, created: String? = nil,
    modified: String? = nil, tags: [String] = [], sourceURL: String? = nil,
    fields: [String: MetadataValue] = [:], removed: Set<String> = []
  ) {
    self.title = title
    self.author = author
    self.language = language
    self.created = created
    self.modified = modified
    self.tags = tags
    self.sourceURL = sourceURL
    self.fields = fields
    self.removed = removed
  }

  /// Whether nothing is said, removals included.
  public var isEmpty: Bool { self == DocumentMetadata() }
}

extension DocumentMetadata {
  /// The same with the statements of a later source put over it.
  ///
  /// What the later source sets takes the place of what stood there, lists as a whole; what it
  /// removes goes. Merging is associative: sources may be put together in any grouping.
  public func merging(_ over: DocumentMetadata) -> DocumentMetadata {
    var result = self
    for key in over.removed { result.clear(key) }
    result.title = over.title ?? result.title
    result.author = over.author ?? result.author
    result.language = over.language ?? result.language
    result.created = over.created ?? result.created
    result.modified = over.modified ?? result.modified
    result.tags = over.tags.isEmpty ? result.tags : over.tags
    result.sourceURL = over.sourceURL ?? result.sourceURL
    result.fields.merge(over.fields) { $1 }
    result.removed = removed.subtracting(over.statedKeys).union(over.removed)
    return result
  }

  /// The same without notes of removals, as it counts once all sources are put together.
  public var settled: DocumentMetadata {
    var result = self
    result.removed = []
    return result
  }

  /// The keys, as they stand in JSON, that have values.
  private var statedKeys: Set<String> {
    var keys = Set(fields.keys)
    for key in MetadataKey.allCases where states(key) { keys.insert(key.rawValue) }
    return keys
  }

  private func states(_ key: MetadataKey) -> Bool {
    switch key {
    case .title: title != nil
    case .author: author != nil
    case .language: language != nil
    case .created: created != nil
    case .modified: modified != nil
    case .tags: !tags.isEmpty
    case .sourceURL: sourceURL != nil
    }
  }

  private mutating func clear(_ name: String) {
    switch MetadataKey(rawValue: name) {
    case .title: title = nil
    case .author: author = nil
    case .language: language = nil
    case .created: created = nil
    case .modified: modified = nil
    case .tags: tags = []
    case .sourceURL: sourceURL = nil
    case nil: fields[name] = nil
    }
  }
}
