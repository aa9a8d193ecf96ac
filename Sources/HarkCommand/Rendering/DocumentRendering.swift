import Hark

/// A document in words: what is known of it, then its text.
struct DocumentRendering: Sendable {
  /// What is rendered.
  let contents: DocumentContents
  /// Whether only the text is shown.
  var isQuiet = false

  /// The whole text.
  var text: String {
    let text = DisplayText.paragraphs(contents.text)
    let body = text.hasSuffix("\n") || text.isEmpty ? text : text + "\n"
    if isQuiet { return body }
    let document = contents.document
    let pages = document.pageCount > 0 ? ", " + Quantity.count(document.pageCount, "page") : ""
    var fields = [
      ["id", "\(document.id)"], ["path", DisplayText.line(document.filePath)],
      ["type", document.fileType + pages], ["size", Quantity.bytes(document.fileSize)],
      ["chunks", Quantity.grouped(document.chunkCount)],
      ["added", document.createdAt], ["updated", document.updatedAt],
    ]
    if let title = document.title { fields.insert(["title", DisplayText.line(title)], at: 1) }
    return "\(DisplayText.line(document.name))\n\n\(Columns.text(of: fields))\n\(body)"
  }
}
