extension HarkClient {
  /// All documents of a store or a collection, fetched a page at a time.
  ///
  /// Documents that come or go meanwhile shift nothing: each one that is there all the time comes
  /// once.
  public struct DocumentSequence: AsyncSequence, Sendable {
    let client: HarkClient
    let collection: String?
    let pageSize: Int?

    /// Walks over the documents from the first one on.
    public func makeAsyncIterator() -> Iterator {
      Iterator(client: client, collection: collection, pageSize: pageSize)
    }

    /// A walk over the documents.
    public struct Iterator: AsyncIteratorProtocol, Sendable {
      let client: HarkClient
      let collection: String?
      let pageSize: Int?
      private var fetched: ArraySlice<DocumentRecord> = []
      private var cursor: String?
      private var isLastPage = false

      init(client: HarkClient, collection: String?, pageSize: Int?) {
        self.client = client
        self.collection = collection
        self.pageSize = pageSize
      }

      /// The next document, or nil at the end.
      ///
      /// - Throws: as ``HarkClient/documents(in:limit:after:)``.
      public mutating func next(
        isolation actor: isolated (any Actor)?
      ) async throws(HarkClientError) -> DocumentRecord? {
        while fetched.isEmpty, !isLastPage {
          let page = try await client.documents(in: collection, limit: pageSize, after: cursor)
          fetched = page.documents[...]
          cursor = page.cursor
          isLastPage = cursor == nil
        }
        return fetched.popFirst()
      }
    }
  }
}
