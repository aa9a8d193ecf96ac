import Documents

/// Where a parser puts the blocks of a document, in reading order.
///
/// It cuts long texts into records of bounded size, and drops empty ones.
final class BlockOutput {
  private let emit: (ParserRecord) -> Void
  /// What the file says about itself; goes into the last record.
  var metadata = ParserRecord.Metadata()
  /// Whether anything but white space has been put out.
  private(set) var hasText = false
  /// The first heading of level 1, which serves as title where the file names none.
  private var firstHeading: String?

  /// The longest heading, in bytes of UTF-8; what is longer is a paragraph.
  private static let headingLimit = 1000

  /// Makes an output that hands each record to `emit`.
  init(_ emit: @escaping (ParserRecord) -> Void) {
    self.emit = emit
  }

  /// Begins a page.
  ///
  /// - Parameters:
  ///   - number: The place of the page in the file, from 1.
  ///   - label: The number printed on it, kept where it differs.
  func page(_ number: Int, label: String? = nil) {
    let differing = label == String(number) ? nil : label
    emit(.page(number: number, label: differing?.prefix(bytes: Document.labelLimit)))
  }

  /// Puts out a heading.
  func heading(_ text: String, level: Int, join: ParserRecord.Join = .paragraph) {
    guard text.utf8.count <= Self.headingLimit else { return self.text(text, join: join) }
    guard !text.isEmpty else { return }
    hasText = true
    if level == 1, firstHeading == nil { firstHeading = text.asTitle }
    emit(.heading(level: min(6, max(1, level)), text: text, join: join))
  }

  /// Puts out text.
  func text(_ text: String, join: ParserRecord.Join = .paragraph) {
    guard !text.isEmpty else { return }
    hasText = hasText || text.unicodeScalars.contains { !$0.properties.isWhitespace }
    var rest = text[...]
    var join = join
    while rest.utf8.count > ParserRecord.textLimit {
      var cut = rest.utf8.index(rest.startIndex, offsetBy: ParserRecord.textLimit)
      while rest.utf8[cut] & 0xC0 == 0x80 { cut = rest.utf8.index(before: cut) }
      emit(.text(String(rest[..<cut]), join: join))
      rest = rest[cut...]
      join = .nothing
    }
    emit(.text(String(rest), join: join))
  }

  /// Notes what was left out or repaired.
  func warn(_ sentence: String) {
    guard metadata.warnings?.count ?? 0 < Document.warningLimit else { return }
    metadata.warnings = (metadata.warnings ?? []) + [sentence]
  }

  /// Puts out the last record.
  func end() {
    metadata.title = metadata.title ?? firstHeading
    emit(.end(metadata.bounded))
  }
}
