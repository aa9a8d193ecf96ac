package import Documents

/// Reads a file of any format that Hark knows.
package enum FileParser {
  /// Parses the bytes of a file.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - type: The format that its name promises. A file that begins with `%PDF-` is read as
  ///     PDF all the same.
  ///   - emit: Is called with each record in order, from the first to the last. Where parsing
  ///     fails, the last record says why.
  package static func parse(
    _ bytes: Span<UInt8>, as type: FileType, emit: @escaping (ParserRecord) -> Void
  ) {
    let type = bytes.starts(with: Array("%PDF-".utf8)) ? .pdf : type
    emit(.start(version: ParserRecord.version, type: type))
    let output = BlockOutput(emit)
    do throws(DocumentError) {
      switch type {
      case .pdf: try PDFParser(output).parse(bytes)
      case .html: try HTMLParser(output).parse(DecodedText(bytes, declaration: .html))
      case .markdown: try MarkdownParser(output).parse(DecodedText(bytes))
      case .text: try PlainTextParser(output).parse(DecodedText(bytes))
      }
      output.end()
    } catch {
      emit(.failure(code: error.code, message: error.message))
    }
  }
}

extension Span<UInt8> {
  /// Whether the bytes begin with others.
  fileprivate func starts(with prefix: [UInt8]) -> Bool {
    guard prefix.count <= count else { return false }
    for index in prefix.indices where self[index] != prefix[index] { return false }
    return true
  }
}
