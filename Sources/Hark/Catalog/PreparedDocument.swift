import Documents
import Foundation

/// A document that is parsed, cut and embedded: all that one commit needs.
struct PreparedDocument: Sendable {
  /// What names the document in its collection.
  var location: DocumentLocation
  /// The file's name without its folders, or the name that a program gave.
  var name: String
  /// The file's size and time of modification; of a text handed over, its size.
  var stamp: FileStamp
  /// The stamp of the file's sidecar of metadata, where there is one.
  var sidecar: FileStamp?
  /// The SHA-256 of the file's bytes.
  var contentHash: Data
  /// The text with its pages and headings; its title is that of ``metadata``.
  var document: Document
  /// What is known of the document, from all sources together.
  var metadata: DocumentMetadata
  /// What the command line or the program said of it.
  var stated: DocumentMetadata?
  /// The document's chunks in order.
  var chunks: [PreparedChunk]
}

/// What names a document in its collection.
enum DocumentLocation: Sendable, Hashable {
  /// A file by its absolute path.
  case file(String)
  /// A text that a program handed over, by the program's own id.
  case external(String)

  /// The file's path, if it is one.
  var filePath: String? {
    if case .file(let path) = self { path } else { nil }
  }

  /// The program's id, if there is one.
  var externalID: String? {
    if case .external(let id) = self { id } else { nil }
  }
}

/// A chunk with what the catalog keeps beside its text.
struct PreparedChunk: Sendable {
  /// The chunk as it was cut.
  var chunk: Chunk
  /// What the vector is made of: the titles above the chunk, then its text.
  var embeddedText: String
  /// The SHA-256 of ``embeddedText``: where it is equal, so is the vector, and one hit is shown.
  var contentHash: Data
  /// The chunk's position in Unicode scalars of the document's text.
  var scalars: Range<Int>
  /// The vector as little-endian float32; empty until it is known.
  var embedding: Data

  /// The headings above the chunk, outermost first, as the catalog stores them.
  var heading: String? {
    chunk.headingPath.isEmpty ? nil : chunk.headingPath.joined(separator: " > ")
  }
}
