import Documents

extension String {
  /// The text as a title or name: on one line and of sensible length, or nil where it says
  /// nothing.
  var asTitle: String? {
    let line = withoutControlCharacters.onOneLine
    guard line.unicodeScalars.contains(where: \.properties.isAlphabetic) else { return nil }
    return line.utf8.count <= 500 ? line : String(line.prefix(160))
  }
}
