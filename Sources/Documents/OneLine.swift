extension StringProtocol {
  /// The text with every run of white space as one space, and none at its ends.
  package var onOneLine: String {
    split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}
