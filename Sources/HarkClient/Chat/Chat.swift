extension HarkClient {
  /// The chat log: questions, answers, and the passages that were shown with them.
  public var chat: Chat { Chat(client: self) }

  /// The methods of the chat log. What a call returned is on the server's disk.
  public struct Chat: Sendable {
    let client: HarkClient

    // MARK: Writing

    /// Searches the store and logs the question with what was found. The answer is pending then.
    ///
    /// - Parameters:
    ///   - question: what the user asks.
    ///   - session: the conversation, 1 to 256 bytes.
    ///   - user: who asks, 1 to 256 bytes.
    ///   - limit: how many passages are shown; the server's default is 10.
    ///   - mode: how they are ranked; `hybrid` where nil.
    ///   - collection: the collection that is searched; `default` where nil.
    ///   - filter: which chunks may be found, as docs/retrieval.md describes; all where nil.
    /// - Returns: the turn; its sources are the passages that were found, best first.
    /// - Throws: `invalid-argument`, `filter-invalid`, `collection-missing`, `request-key-reused`.
    public func ask(
      _ question: String, session: String, user: String, limit: Int? = nil,
      mode: SearchMode? = nil, collection: String? = nil, filter: JSONValue? = nil,
      requestKey: RequestKey = RequestKey()
    ) async throws(HarkClientError) -> Turn {
      try await client.call(
        "chat.ask",
        [
          "session_id": session, "user_id": user, "user_message": question, "limit": limit,
          "mode": mode, "collection": collection, "filter": filter, "request_key": requestKey,
        ])
    }

    /// Completes a turn that is pending. The same answer once more does nothing.
    ///
    /// - Throws: `chat-missing`, `chat-answered`, `invalid-argument`, `request-key-reused`.
    @discardableResult
    public func answer(
      _ turn: Int64, with response: String, requestKey: RequestKey = RequestKey()
    ) async throws(HarkClientError) -> Turn {
      try await client.call(
        "chat.answer",
        ["id": turn, "assistant_response": response, "request_key": requestKey])
    }

    /// Logs a whole turn, or a question alone.
    ///
    /// - Parameters:
    ///   - session: the conversation, 1 to 256 bytes.
    ///   - user: who asks, 1 to 256 bytes.
    ///   - question: what the user asks, at most a mebibyte.
    ///   - answer: the answer, at most four mebibytes; nil where it is to follow.
    ///   - sources: what was shown, such as ``Context/sources``: the log copies what it says now.
    /// - Throws: `invalid-argument`, `chunk-missing`, `request-key-reused`.
    @discardableResult
    public func append(
      session: String, user: String, question: String, answer: String? = nil,
      sources: [Source] = [], requestKey: RequestKey = RequestKey()
    ) async throws(HarkClientError) -> Turn {
      try await client.call(
        "chat.append",
        [
          "session_id": session, "user_id": user, "user_message": question,
          "assistant_response": answer, "sources": sources, "request_key": requestKey,
        ])
    }

    /// Deletes turns with all that belongs to them, down to the bytes of the files.
    ///
    /// - Returns: how many there were.
    /// - Throws: `store-locked`.
    @discardableResult
    public func delete(
      _ scope: TurnScope, requestKey: RequestKey = RequestKey()
    ) async throws(HarkClientError) -> Int {
      try await turns(
        "chat.delete",
        ["session_id": scope.session, "user_id": scope.user, "request_key": requestKey])
    }

    /// Deletes turns that were logged longer ago than so many days.
    ///
    /// - Returns: how many there were.
    /// - Throws: `store-locked`, `invalid-argument`.
    @discardableResult
    public func delete(
      olderThanDays days: Int, requestKey: RequestKey = RequestKey()
    ) async throws(HarkClientError) -> Int {
      try await turns("chat.delete", ["older_than_days": days, "request_key": requestKey])
    }

    /// Removes the copies of documents' passages from all turns, where a document must vanish
    /// altogether.
    ///
    /// - Returns: how many turns held some.
    /// - Throws: `store-locked`.
    @discardableResult
    public func redact(
      documents: [Int64], requestKey: RequestKey = RequestKey()
    ) async throws(HarkClientError) -> Int {
      try await turns("chat.redact", ["ids": documents, "request_key": requestKey])
    }

    private func turns(
      _ method: String, _ parameters: Parameters
    ) async throws(HarkClientError) -> Int {
      struct Count: Decodable, Sendable { let turns: Int }
      let count: Count = try await client.call(method, parameters)
      return count.turns
    }

    // MARK: Reading

    /// A turn.
    ///
    /// - Throws: `chat-missing`.
    public func turn(_ id: Int64) async throws(HarkClientError) -> Turn {
      try await client.call("chat.get", ["id": id])
    }

    /// Turns, the newest first.
    ///
    /// - Parameters:
    ///   - scope: which turns; all where nil.
    ///   - limit: the greatest number, 1 to 1,000; the server's default is 50.
    ///   - cursor: where the last page ended; nil for the newest.
    /// - Throws: `invalid-argument`.
    public func history(
      _ scope: TurnScope? = nil, limit: Int? = nil, after cursor: String? = nil
    ) async throws(HarkClientError) -> TurnPage {
      try await client.call(
        "chat.history",
        ["session_id": scope?.session, "user_id": scope?.user, "limit": limit, "cursor": cursor])
    }

    /// Conversations, those with the newest turns first.
    ///
    /// - Parameters:
    ///   - user: whose conversations; all where nil.
    ///   - limit: the greatest number, 1 to 1,000; the server's default is 50.
    ///   - cursor: where the last page ended; nil for the newest.
    /// - Throws: `invalid-argument`.
    public func sessions(
      of user: String? = nil, limit: Int? = nil, after cursor: String? = nil
    ) async throws(HarkClientError) -> SessionPage {
      try await client.call(
        "chat.sessions", ["user_id": user, "limit": limit, "cursor": cursor])
    }

    /// Turns that hold words of a query, the best first.
    ///
    /// - Parameters:
    ///   - query: the words.
    ///   - scope: which turns; all where nil.
    ///   - limit: the greatest number, 1 to 1,000; the server's default is 20.
    /// - Throws: `invalid-argument`.
    public func search(
      _ query: String, in scope: TurnScope? = nil, limit: Int? = nil
    ) async throws(HarkClientError) -> [Turn] {
      struct Turns: Decodable, Sendable { let turns: [Turn] }
      let found: Turns = try await client.call(
        "chat.search",
        ["query": query, "session_id": scope?.session, "user_id": scope?.user, "limit": limit])
      return found.turns
    }

    /// Turns as the text of a file, the oldest first, a page of them.
    ///
    /// - Parameters:
    ///   - scope: which turns; all where nil.
    ///   - format: what the file is.
    ///   - limit: the greatest number of turns.
    ///   - cursor: where the last page ended; nil for the oldest. The texts of all pages make the
    ///     file.
    /// - Throws: `invalid-argument`.
    public func export(
      _ scope: TurnScope? = nil, as format: ExportFormat = .jsonl, limit: Int? = nil,
      after cursor: String? = nil
    ) async throws(HarkClientError) -> ExportPage {
      try await client.call(
        "chat.export",
        [
          "session_id": scope?.session, "user_id": scope?.user, "format": format,
          "limit": limit, "cursor": cursor,
        ])
    }
  }
}
