extension ParserRecord.Metadata {
  /// The most bytes of a title, an author or a warning.
  private static let lineLimit = 1000
  /// The most keywords.
  private static let keywordLimit = 100
  /// The most bytes of a keyword; what is longer is none.
  private static let keywordByteLimit = 200
  /// The most bytes of front matter as JSON; what is longer is left out.
  package static let frontMatterLimit = 256 << 10

  /// The same within bounds: long lines are cut, keywords and warnings are few, and languages,
  /// dates and addresses are in their normal forms, else none.
  ///
  /// The parser says no more than this, and nobody takes more from it.
  package var bounded: Self {
    Self(
      title: title?.prefix(bytes: Self.lineLimit), author: author?.prefix(bytes: Self.lineLimit),
      language: language.flatMap { LanguageTag.normalForm(of: $0) },
      created: created.flatMap { ISO8601.normalForm(of: $0) },
      modified: modified.flatMap { ISO8601.normalForm(of: $0) },
      keywords: keywords.flatMap(Self.bounded), source: source.flatMap(SourceURL.normalForm),
      frontMatter: frontMatter.flatMap { $0.utf8.count <= Self.frontMatterLimit ? $0 : nil },
      warnings: warnings?.prefix(Document.warningLimit).map { $0.prefix(bytes: Self.lineLimit) })
  }

  /// The first keywords that are of sensible length, each once; nil for none.
  private static func bounded(_ keywords: [String]) -> [String]? {
    var kept: [String] = []
    for keyword in keywords where kept.count < keywordLimit {
      guard (1...keywordByteLimit).contains(keyword.utf8.count), !kept.contains(keyword) else {
        continue
      }
      kept.append(keyword)
    }
    return kept.isEmpty ? nil : kept
  }
}

extension String {
  /// The longest beginning of whole Unicode scalars that has at most this many bytes of UTF-8.
  package func prefix(bytes limit: Int) -> String {
    guard utf8.count > limit else { return self }
    var end = utf8.index(startIndex, offsetBy: max(0, limit))
    while end > startIndex, utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
    return String(self[..<end])
  }
}
