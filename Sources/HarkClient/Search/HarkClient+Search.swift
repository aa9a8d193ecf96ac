extension HarkClient {
  /// Finds the passages that answer a query.
  ///
  /// - Parameters:
  ///   - query: a question, or words.
  ///   - limit: the greatest number of hits, 1 to 1,000; the server's default is 10.
  ///   - mode: how hits are ranked; `hybrid` where nil.
  ///   - collection: the collection that is searched; `default` where nil.
  ///   - filter: which chunks may be found, as docs/retrieval.md describes; all where nil.
  ///   - minimumScore: the least score of a hit, 0 to 1; any where nil.
  ///   - vectorWeight: the weight of meaning beside words in a hybrid search, 0 to 1; the server's
  ///     default is 0.5.
  ///   - diversity: how much hits are to differ from each other, 0 to 1; not at all where nil.
  /// - Throws: `invalid-argument`, `filter-invalid`, `collection-missing`.
  public func search(
    _ query: String, limit: Int? = nil, mode: SearchMode? = nil, collection: String? = nil,
    filter: JSONValue? = nil, minimumScore: Double? = nil, vectorWeight: Double? = nil,
    diversity: Double? = nil
  ) async throws(HarkClientError) -> SearchResult {
    try await call(
      "search",
      [
        "query": query, "limit": limit, "mode": mode, "collection": collection, "filter": filter,
        "min_score": minimumScore, "vector_weight": vectorWeight, "diversity": diversity,
      ])
  }

  /// Finds the passages that answer a question and puts them together for a language model, numbered
  /// for citations, within a budget of tokens.
  ///
  /// - Parameters:
  ///   - query: a question, or words.
  ///   - budgetTokens: how many tokens the text may have; the server's default is 2,000.
  ///   - limit: the greatest number of hits that are put together; the server's default is 20.
  ///   - mode: how hits are ranked; `hybrid` where nil.
  ///   - collection: the collection that is searched; `default` where nil.
  ///   - filter: which chunks may be found, as docs/retrieval.md describes; all where nil.
  ///   - minimumScore: the least score of a hit, 0 to 1; any where nil.
  ///   - vectorWeight: the weight of meaning beside words in a hybrid search, 0 to 1; the server's
  ///     default is 0.5.
  ///   - diversity: how much hits are to differ from each other, 0 to 1; not at all where nil.
  /// - Throws: `invalid-argument`, `filter-invalid`, `collection-missing`.
  public func context(
    _ query: String, budgetTokens: Int? = nil, limit: Int? = nil, mode: SearchMode? = nil,
    collection: String? = nil, filter: JSONValue? = nil, minimumScore: Double? = nil,
    vectorWeight: Double? = nil, diversity: Double? = nil
  ) async throws(HarkClientError) -> Context {
    try await call(
      "context",
      [
        "query": query, "budget_tokens": budgetTokens, "limit": limit, "mode": mode,
        "collection": collection, "filter": filter, "min_score": minimumScore,
        "vector_weight": vectorWeight, "diversity": diversity,
      ])
  }

  /// Turns texts into vectors by the model of a collection.
  ///
  /// - Parameters:
  ///   - texts: 1 to 1,000 texts.
  ///   - collection: the collection whose model is taken; `default` where nil.
  /// - Throws: `invalid-argument`, `vector-invalid`.
  public func embed(
    _ texts: [String], collection: String? = nil
  ) async throws(HarkClientError) -> Embeddings {
    try await call("embed", ["texts": texts, "collection": collection])
  }
}
