extension ParserRecord.Metadata {
  /// The most bytes of a title, an author or a warning.
  private static let lineLimit = 1000
  /// The most bytes of a language: RFC 5646, section 4.4.1, gives 35 as the length that holds any
  /// tag of sense.
  private static let languageLimit = 35

  /// The same within bounds: long lines are cut, warnings are few, and a language is one that could
  /// be a BCP 47 tag, else none.
  ///
  /// The parser says no more than this, and nobody takes more from it.
  package var bounded: Self {
    Self(
      title: title?.prefix(bytes: Self.lineLimit), author: author?.prefix(bytes: Self.lineLimit),
      language: language.flatMap { Self.isTag($0) ? $0 : nil },
      warnings: warnings?.prefix(Document.warningLimit).map { $0.prefix(bytes: Self.lineLimit) })
  }

  private static func isTag(_ language: String) -> Bool {
    (1...languageLimit).contains(language.utf8.count)
      && language.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
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
