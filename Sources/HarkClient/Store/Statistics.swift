extension HarkClient {
  /// What a store holds, in numbers.
  public struct Statistics: Sendable, Hashable, Decodable {
    /// A collection in numbers.
    public struct Collection: Sendable, Hashable, Decodable {
      /// The collection's name.
      public let name: String
      /// The name of its model; nil before the first ingest.
      public let model: String?
      /// Its documents.
      public let documents: Int
      /// Its documents by file type.
      public let types: [String: Int]
      /// Its documents by language; those that declare none under `unknown`.
      public let languages: [String: Int]
      /// Its chunks.
      public let chunks: Int
      /// The tokens of all chunks.
      public let tokens: Int
      /// Bytes of the files that were read.
      public let fileBytes: Int64
      /// Bytes of the text that was found in them.
      public let textBytes: Int64
      /// Segments of its vector index.
      public let segments: Int
      /// Bytes of the segments.
      public let segmentBytes: Int64
      /// Chunks that are in no segment yet.
      public let tail: Int
      /// Deleted chunks that segments still hold.
      public let masked: Int
      /// Files that could not be read, by code.
      public let failures: [String: Int]

      enum CodingKeys: String, CodingKey {
        case name, model, documents, types, languages, chunks, tokens, segments, tail, masked
        case failures
        case fileBytes = "file_bytes"
        case textBytes = "text_bytes"
        case segmentBytes = "segment_bytes"
      }
    }

    /// The store's folder.
    public let store: String
    /// The collections by name.
    public let collections: [Collection]
    /// Tasks by status.
    public let tasks: [String: Int]
    /// Bytes of the catalog, its log included.
    public let catalogBytes: Int64
    /// Bytes of all segment files.
    public let segmentBytes: Int64
    /// Bytes in the catalog that are free for new rows.
    public let freeBytes: Int64

    enum CodingKeys: String, CodingKey {
      case store, collections, tasks
      case catalogBytes = "catalog_bytes"
      case segmentBytes = "segment_bytes"
      case freeBytes = "free_bytes"
    }
  }
}
