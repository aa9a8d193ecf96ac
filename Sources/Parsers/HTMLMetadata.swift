import Documents

/// What an HTML page says about itself in the elements `meta` and `link`.
///
/// Where several elements name the same thing, the first that can be read counts.
enum HTMLMetadata {
  /// Names of the time at which a page was made: of HTML pages at large, Dublin Core (DCMI Metadata
  /// Terms), the Open Graph protocol and schema.org.
  private static let created: Set<String> = [
    "date", "created", "dc.date", "dc.date.created", "dc.date.issued", "dcterms.date",
    "dcterms.created", "dcterms.issued", "article:published_time", "datepublished", "datecreated",
  ]

  /// Names of the time at which a page was last changed, of the same origins.
  private static let modified: Set<String> = [
    "last-modified", "modified", "revised", "dc.date.modified", "dcterms.modified",
    "article:modified_time", "og:updated_time", "datemodified",
  ]

  /// Takes what an element says.
  static func read(
    _ element: String, _ attributes: HTMLAttributes, into metadata: inout ParserRecord.Metadata
  ) {
    if element == "link" {
      guard metadata.source == nil, let relations = attributes["rel"]?.lowercased(),
        relations.words.contains("canonical"),
        let address = attributes["href"].flatMap(SourceURL.normalForm),
        ["http://", "https://"].contains(where: address.lowercased().hasPrefix)
      else { return }
      metadata.source = address
      return
    }
    let name = attributes["name"] ?? attributes["property"] ?? attributes["itemprop"]
    guard let name = name?.lowercased(), let content = attributes["content"] else { return }
    switch name {
    case "author", "dc.creator", "dcterms.creator":
      metadata.author = metadata.author ?? content.asTitle
    case "keywords", "article:tag":
      // The bound keeps a page of endless elements from growing the list; the record has its own.
      guard metadata.keywords?.count ?? 0 < 1000 else { return }
      metadata.keywords = (metadata.keywords ?? []) + content.asKeywords
    case _ where created.contains(name):
      metadata.created = metadata.created ?? date(content)
    case _ where modified.contains(name):
      metadata.modified = metadata.modified ?? date(content)
    default: break
    }
  }

  private static func date(_ content: String) -> String? {
    guard content.utf8.count <= 100 else { return nil }
    return ISO8601.normalForm(of: content.onOneLine, allowsSpace: true)
  }
}
