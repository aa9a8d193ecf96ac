extension HarkClient {
  /// Documents of the store, a page of them.
  ///
  /// - Parameters:
  ///   - collection: the collection; all collections where nil.
  ///   - limit: the greatest number, 1 to 1,000; the server's default is 100.
  ///   - cursor: where the last page ended; nil for the first page.
  /// - Throws: `collection-missing`, `invalid-argument`.
  public func documents(
    in collection: String? = nil, limit: Int? = nil, after cursor: String? = nil
  ) async throws(HarkClientError) -> DocumentPage {
    try await call(
      "documents.list", ["collection": collection, "limit": limit, "cursor": cursor])
  }

  /// All documents of the store, which come in pages as they are asked for.
  ///
  /// ```swift
  /// for try await document in hark.allDocuments() { print(document.name) }
  /// ```
  public func allDocuments(in collection: String? = nil, pageSize: Int? = nil) -> DocumentSequence {
    DocumentSequence(client: self, collection: collection, pageSize: pageSize)
  }

  /// A document with its text and its chunks.
  ///
  /// - Throws: `document-missing`.
  public func document(_ id: Int64) async throws(HarkClientError) -> DocumentContents {
    try await call("documents.get", ["id": id])
  }

  /// Deletes documents with their chunks and vectors, all or none.
  ///
  /// - Throws: `document-missing`, `store-locked`.
  @discardableResult
  public func deleteDocuments(
    _ ids: [Int64], requestKey: RequestKey = RequestKey()
  ) async throws(HarkClientError) -> Deletion {
    try await call("documents.delete", ["ids": ids, "request_key": requestKey])
  }

  /// A chunk with its text, and the document that holds it.
  ///
  /// - Throws: `chunk-missing`.
  public func chunk(_ id: Int64) async throws(HarkClientError) -> ChunkPassage {
    try await call("chunks.get", ["id": id])
  }

  /// The collections of the store.
  public func collections() async throws(HarkClientError) -> [Collection] {
    struct Collections: Decodable, Sendable { let collections: [Collection] }
    let list: Collections = try await call("collections.list")
    return list.collections
  }

  /// What a deletion has removed.
  public struct Deletion: Sendable, Hashable, Decodable {
    /// The ids of the documents.
    public let documents: [Int64]
    /// How many chunks they had.
    public let chunks: Int
  }
}
