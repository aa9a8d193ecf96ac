/// Names of languages: tags of BCP 47 (RFC 5646).
package enum LanguageTag {
  /// RFC 5646, section 4.4.1, gives 35 as the length that holds any tag of sense.
  private static let byteLimit = 35

  /// The tag in the letter case that RFC 5646, section 2.1.1, recommends (`zh-Hant-TW`), or nil for
  /// what cannot be a tag.
  ///
  /// The form alone is checked: subtags of one to eight letters and digits, the first of two to
  /// eight letters. An underscore counts as a hyphen, for locales are often written so (`ko_KR`).
  package static func normalForm(of text: String) -> String? {
    guard (2...byteLimit).contains(text.utf8.count) else { return nil }
    let subtags = text.lowercased().utf8
      .split(omittingEmptySubsequences: false) { $0 == 0x2D || $0 == 0x5F }
    guard let language = subtags.first, (2...8).contains(language.count),
      language.allSatisfy({ (0x61...0x7A).contains($0) }),
      subtags.allSatisfy({ subtag in
        (1...8).contains(subtag.count)
          && subtag.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
      })
    else { return nil }
    var parts: [String] = []
    var followsSingleton = false
    for subtag in subtags.map({ String(Substring($0)) }) {
      if parts.isEmpty || followsSingleton {
        parts.append(subtag)
      } else if subtag.utf8.count == 2 {
        parts.append(subtag.uppercased())
      } else if subtag.utf8.count == 4, let first = subtag.first {
        parts.append(first.uppercased() + subtag.dropFirst())
      } else {
        parts.append(subtag)
      }
      followsSingleton = followsSingleton || subtag.utf8.count == 1
    }
    return parts.joined(separator: "-")
  }
}
