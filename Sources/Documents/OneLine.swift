extension String {
  /// The text with every run of white space as one space, and none at its ends.
  package var onOneLine: String { words.joined(separator: " ") }

  /// What stands between white space.
  package var words: [Substring] {
    // Beyond ASCII marks may follow white space and make one character with it.
    guard utf8.allSatisfy({ $0 < 0x80 }) else { return split(whereSeparator: \.isWhitespace) }
    return utf8.split { $0 == 0x20 || (0x09...0x0D).contains($0) }.map { Substring($0) }
  }
}
