/// A format that Hark reads.
package enum FileType: String, Sendable, Hashable, Codable, CaseIterable {
  /// Portable Document Format, any version that poppler reads.
  case pdf
  /// HTML as browsers take it, XHTML included.
  case html
  /// CommonMark with the GitHub extensions.
  case markdown
  /// Plain text in any common encoding.
  case text

  /// The file name extensions of this format, in lower case and without the dot.
  package var extensions: [String] {
    switch self {
    case .pdf: ["pdf"]
    case .html: ["html", "htm", "xhtml"]
    case .markdown: ["md", "markdown"]
    case .text: ["txt", "text"]
    }
  }

  /// The format that a file's name promises, or nil where Hark does not take the file.
  ///
  /// This decides which files of a folder are ingested. The content has the last word: a file
  /// that begins with `%PDF-` is parsed as PDF, whatever it is called.
  ///
  /// - Parameter path: A path or a name. Only what follows its last dot counts; a leading dot
  ///   makes a hidden file and not an extension.
  package init?(path: String) {
    self.init(pathBytes: path.utf8)
  }

  /// The format that a file's name promises, for a path whose bytes need not be UTF-8.
  package init?(pathBytes: some BidirectionalCollection<UInt8>) {
    let name =
      pathBytes.lastIndex(of: UInt8(ascii: "/")).map {
        pathBytes[pathBytes.index(after: $0)...]
      } ?? pathBytes[...]
    guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot != name.startIndex else {
      return nil
    }
    let suffix = name[name.index(after: dot)...]
    guard suffix.count <= 8, let known = String(validating: suffix, as: UTF8.self)?.lowercased()
    else { return nil }
    guard let type = FileType.allCases.first(where: { $0.extensions.contains(known) }) else {
      return nil
    }
    self = type
  }
}
