import Foundation
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
    let place = document.filePath == nil ? "external id" : "path"
    var fields = [
      ["id", "\(document.id)"], ["collection", document.collection],
      [place, DisplayText.line(document.location)],
      ["type", document.fileType + pages], ["size", Quantity.bytes(document.fileSize)],
      ["chunks", Quantity.grouped(document.chunkCount)],
      ["added", document.createdAt], ["updated", document.updatedAt],
    ]
    fields.insert(contentsOf: DocumentRendering.fields(of: document.metadata), at: 1)
    return "\(DisplayText.line(document.name))\n\n\(Columns.text(of: fields))\n\(body)"
  }

  /// What is known of a document beside its text, a line each.
  private static func fields(of metadata: DocumentMetadata) -> [[String]] {
    let known = [
      ("title", metadata.title), ("author", metadata.author), ("language", metadata.language),
      ("created", metadata.created), ("modified", metadata.modified),
      ("tags", metadata.tags.isEmpty ? nil : metadata.tags.joined(separator: ", ")),
      ("source", metadata.sourceURL),
    ]
    let own = metadata.fields.sorted { $0.key < $1.key }.map { ($0.key, text(of: $0.value)) }
    return known.compactMap { name, value in value.map { [name, DisplayText.line($0)] } }
      + own.map { [DisplayText.line($0), DisplayText.line($1)] }
  }

  private static func text(of value: MetadataValue) -> String {
    switch value {
    case .text(let text), .date(let text): text
    case .number(let number):
      number == number.rounded() ? String(format: "%.0f", number) : "\(number)"
    case .boolean(let isTrue): isTrue ? "yes" : "no"
    case .list(let values): values.map(text(of:)).joined(separator: ", ")
    case .object(let members):
      members.sorted { $0.key < $1.key }.map { "\($0.key): \(text(of: $0.value))" }
        .joined(separator: "; ")
    }
  }
}
