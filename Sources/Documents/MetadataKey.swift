/// The keys of metadata that have a meaning of their own, wherever they are written: in front
/// matter, in a sidecar or on the command line. Every other key is the user's.
package enum MetadataKey: String, Sendable, CaseIterable {
  case title
  case author
  case language
  case created
  case modified
  case tags
  case sourceURL = "source_url"

  /// The key that a name stands for, in any letter case, or nil for a key of the user's.
  package init?(name: String) {
    switch name.lowercased() {
    case "title": self = .title
    case "author", "authors": self = .author
    case "language", "lang": self = .language
    case "created", "date": self = .created
    case "modified", "updated": self = .modified
    case "tags", "keywords": self = .tags
    case "source_url", "url", "source": self = .sourceURL
    default: return nil
    }
  }
}
