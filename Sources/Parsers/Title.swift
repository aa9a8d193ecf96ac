import Documents

extension String {
  /// The text as a title or name: on one line and of sensible length, or nil where it says
  /// nothing.
  var asTitle: String? {
    let line = withoutControlCharacters.onOneLine
    guard line.unicodeScalars.contains(where: \.properties.isAlphabetic) else { return nil }
    return line.utf8.count <= 500 ? line : String(line.prefix(160))
  }

  /// The text as keywords: what commas, semicolons and line breaks separate.
  var asKeywords: [String] {
    // More is cut away later; a line of megabytes need not be taken apart first.
    prefix(bytes: 16 << 10).split { ",;\n、，；".contains($0) }
      .map { String($0).withoutControlCharacters.onOneLine }.filter { !$0.isEmpty }
  }
}
