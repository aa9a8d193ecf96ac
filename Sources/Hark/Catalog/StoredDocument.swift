import Documents
import Foundation
import GRDB

/// A document as the catalog keeps it: all that parsing gave, without its chunks.
struct StoredDocument: Sendable {
  var location: DocumentLocation
  var name: String
  var stamp: FileStamp
  var sidecar: FileStamp?
  var contentHash: Data
  var document: Document
  var metadata: DocumentMetadata
  var stated: DocumentMetadata?

  init(row: CatalogRow) throws {
    let decoder = JSONDecoder()
    func decode<T: Decodable>(_ type: T.Type, _ column: String) throws -> T {
      try decoder.decode(type, from: Data((try row[column] as String).utf8))
    }
    let path: String? = try row[orNil: "file_path"]
    location = try path.map(DocumentLocation.file) ?? .external(row["external_id"])
    name = try row["name"]
    stamp = try FileStamp(size: row["file_size"] as Int64, modified: row["modified_ns"] as Int64)
    sidecar = try FileStamp(
      size: row[orNil: "sidecar_size"] as Int64?, modified: row[orNil: "sidecar_ns"])
    contentHash = try row["content_hash"]
    metadata = try DocumentMetadata(stored: row["metadata"])
    stated = try (row[orNil: "stated"] as String?).map(DocumentMetadata.init(stored:))
    document = try Document(
      text: row["text_content"], pages: try decode([Document.Page].self, "pages"),
      headings: try decode([Document.Heading].self, "headings"), title: row[orNil: "title"],
      fileType: FileType(rawValue: row["file_type"]) ?? .text,
      warnings: try decode([String].self, "warnings"))
  }
}
