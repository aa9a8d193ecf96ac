import Documents
import Foundation

/// A document that is parsed, cut and embedded: all that one commit needs.
struct PreparedDocument: Sendable {
  /// The file's absolute path, the document's name in the catalog.
  var path: String
  /// The file's size in bytes.
  var fileSize: Int64
  /// The file's time of modification in nanoseconds since 1970.
  var modified: Int64
  /// The SHA-256 of the file's bytes.
  var contentHash: Data
  /// The file's text with its pages and headings.
  var document: Document
  /// The document's chunks in order.
  var chunks: [PreparedChunk]

  /// The file's name without its folders.
  var name: String { path.split(separator: "/").last.map(String.init) ?? path }
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

/// Vectors as the catalog stores them: little-endian float32.
enum EmbeddingBlob {
  /// The bytes of a vector.
  static func encode(_ vector: some Sequence<Float>) -> Data {
    var data = Data()
    for value in vector {
      unsafe withUnsafeBytes(of: value.bitPattern.littleEndian) {
        unsafe data.append(contentsOf: $0)
      }
    }
    return data
  }

  /// Appends the floats of `data` to `vector`.
  ///
  /// - Returns: the number of floats, or nil where the bytes are no whole floats.
  static func append(_ data: Data, to vector: inout [Float]) -> Int? {
    guard data.count % 4 == 0 else { return nil }
    unsafe data.withUnsafeBytes { bytes in
      for offset in stride(from: 0, to: bytes.count, by: 4) {
        let bits = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        vector.append(Float(bitPattern: UInt32(littleEndian: bits)))
      }
    }
    return data.count / 4
  }
}
