/// Builds a document from the records of a parser, and refuses records out of order.
package struct DocumentAssembler: Sendable {
  /// The document so far.
  private var document = Document(text: "", fileType: .text)
  /// The page that has begun but has no text yet.
  private var pendingPage: Document.Page?
  private var hasStarted = false
  /// The most bytes of the parser's reason for a failure.
  private static let messageLimit = 1000
  /// Whether the last record has come.
  package private(set) var isComplete = false

  /// Makes an assembler that waits for the first record.
  package init() {}

  /// Takes the next record.
  ///
  /// - Throws: `parser-protocol` where the record cannot come here, and the parser's own error
  ///   where the record reports one.
  package mutating func append(_ record: ParserRecord) throws(DocumentError) {
    guard !isComplete else { throw misplaced("A record follows the last one") }
    switch record {
    case .start(let version, let type):
      guard !hasStarted else { throw misplaced("The parser starts twice") }
      guard version == ParserRecord.version else {
        throw misplaced(
          "The parser speaks version \(version) of its protocol and not \(ParserRecord.version)")
      }
      hasStarted = true
      document.fileType = type
    case .failure(let code, let message):
      throw DocumentError(code, message.prefix(bytes: Self.messageLimit))
    case _ where !hasStarted:
      throw misplaced("The first record does not give the version")
    case .page(let number, let label):
      closePage()
      guard number > document.pages.last?.number ?? 0 else {
        throw misplaced("Page \(number) does not follow the page before it")
      }
      pendingPage = Document.Page(
        range: 0..<0, number: number, label: label?.prefix(bytes: Document.labelLimit))
    case .heading(let level, let text, let join):
      guard (1...6).contains(level) else { throw misplaced("A heading has level \(level)") }
      guard let range = append(text, join: join) else { return }
      document.headings.append(
        Document.Heading(range: range, level: level, title: text.onOneLine))
    case .text(let text, let join):
      _ = append(text, join: join)
    case .end(let metadata):
      closePage()
      let bounded = metadata.bounded
      document.title = bounded.title
      document.author = bounded.author
      document.language = bounded.language
      document.created = bounded.created
      document.modified = bounded.modified
      document.keywords = bounded.keywords ?? []
      document.source = bounded.source
      document.frontMatter = bounded.frontMatter
      document.warnings = bounded.warnings ?? []
      isComplete = true
    }
  }

  /// The complete document.
  ///
  /// - Throws: `no-text` where it has nothing but white space, and `parser-protocol` where the
  ///   last record has not come.
  package consuming func finish() throws(DocumentError) -> Document {
    guard isComplete else { throw misplaced("The last record is missing") }
    guard document.text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
      let remedy =
        document.fileType == .pdf
        ? "It may be a scan; give it a text layer with an OCR program." : "There is nothing to add."
      throw DocumentError(.noText, "The file has no text. \(remedy)")
    }
    return document
  }

  /// Adds a block of text and gives its range, or nil for an empty one.
  private mutating func append(_ text: String, join: ParserRecord.Join) -> Range<Int>? {
    guard !text.isEmpty else { return nil }
    if !document.text.isEmpty { document.text += join.rawValue }
    let start = document.text.utf8.count
    document.text += text
    let range = start..<document.text.utf8.count
    if var page = pendingPage {
      page.range = range
      document.pages.append(page)
      pendingPage = nil
    } else if let last = document.pages.indices.last {
      let page = document.pages[last].range
      document.pages[last].range = page.lowerBound..<range.upperBound
    }
    return range
  }

  /// Keeps a page that ended without text.
  private mutating func closePage() {
    guard var page = pendingPage else { return }
    let end = document.text.utf8.count
    page.range = end..<end
    document.pages.append(page)
    pendingPage = nil
  }

  private func misplaced(_ what: String) -> DocumentError {
    DocumentError(
      .parserProtocol, "\(what). Is the program hark-parser of the same version as hark?")
  }
}
