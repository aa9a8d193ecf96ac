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

  init(row: Row) throws {
    let decoder = JSONDecoder()
    func decode<T: Decodable>(_ type: T.Type, _ column: String) throws -> T {
      try decoder.decode(type, from: Data((row[column] as String).utf8))
    }
    let path: String? = row["file_path"]
    location = path.map(DocumentLocation.file) ?? .external(row["external_id"])
    name = row["name"]
    stamp = FileStamp(size: row["file_size"], modified: row["modified_ns"])
    sidecar = FileStamp(size: row["sidecar_size"] as Int64?, modified: row["sidecar_ns"])
    contentHash = row["content_hash"]
    metadata = try DocumentMetadata(stored: row["metadata"])
    stated = try (row["stated"] as String?).map(DocumentMetadata.init(stored:))
    document = Document(
      text: row["text_content"], pages: try decode([Document.Page].self, "pages"),
      headings: try decode([Document.Heading].self, "headings"), title: row["title"],
      fileType: FileType(rawValue: row["file_type"]) ?? .text,
      warnings: try decode([String].self, "warnings"))
  }
}
