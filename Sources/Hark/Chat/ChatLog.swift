import Crypto
import Foundation
import Machine

/// The chat log of a store: questions, answers, and the passages that were shown with them.
///
/// ```swift
/// let turn = try await engine.chat.ask("Who approves a trip?", in: "s-1", by: "minji")
/// let answer = try await languageModel.answer(turn.userMessage, sources: turn.sources)
/// try await engine.chat.answer(turn.id, with: answer)
/// ```
///
/// What a call returned is on the disk. The log is a database of its own (`chat.sqlite`), so
/// logging waits for no ingest; any number of processes may log at the same time. A write that
/// carries a request key is done once: a retry with the same key returns what the first returned.
public struct ChatLog: Sendable {
  let engine: Engine

  private static let maximumMessage = 1 << 20
  private static let maximumResponse = 4 << 20
  private static let maximumSources = 1_000

  // MARK: Writing

  /// Searches the store and logs the question with what was found. The answer is pending then.
  ///
  /// - Parameters:
  ///   - question: what the user asks.
  ///   - session: the conversation, 1 to 256 bytes.
  ///   - user: who asks, 1 to 256 bytes.
  ///   - options: how many passages are shown, and how they are ranked.
  ///   - requestKey: makes a retry harmless, for seven days.
  /// - Returns: the turn; its sources are the passages that were found, best first.
  /// - Throws: what ``Engine/search(_:options:)`` throws, `invalid-argument`,
  ///   `request-key-reused`.
  public func ask(
    _ question: String, in session: String, by user: String,
    options: SearchOptions = SearchOptions(), requestKey: String? = nil
  ) async throws(HarkError) -> ChatTurn {
    let draft = ChatDraft(sessionID: session, userID: user, userMessage: question)
    try Self.check(draft)
    let key = try requestKey.map { key throws(HarkError) in
      try RequestKey(
        key, "ask", session, user, question, options.collection, options.mode.rawValue,
        String(options.limit) + (try options.filter?.json() ?? ""))
    }
    if let key, let known = try await performed(key) { return known }
    let found = try await engine.search(question, options: options)
    let sources = try await sources(
      of: found.hits.map { ChatDraft.Source(chunkID: $0.chunk.id, score: $0.score) },
      mayBeGone: true)
    return try await detached { store in try store.add(draft, sources: sources, key) }
  }

  /// Completes a turn that ``ask(_:in:by:options:requestKey:)`` began. The same answer once more
  /// does nothing.
  ///
  /// - Throws: `chat-missing`, `chat-answered`, `invalid-argument`, `request-key-reused`.
  @discardableResult
  public func answer(
    _ turn: Int64, with response: String, requestKey: String? = nil
  ) async throws(HarkError) -> ChatTurn {
    try Self.check(response: response)
    let key = try requestKey.map { key throws(HarkError) in
      try RequestKey(key, "answer", String(turn), response)
    }
    return try await detached { store in try store.answer(turn, response, key) }
  }

  /// Logs a whole turn, or a question alone.
  ///
  /// - Throws: `invalid-argument`, `chunk-missing` where a source is not in the store,
  ///   `request-key-reused`.
  @discardableResult
  public func append(
    _ draft: ChatDraft, requestKey: String? = nil
  ) async throws(HarkError) -> ChatTurn {
    try Self.check(draft)
    let key = try requestKey.map { key throws(HarkError) in
      try RequestKey(
        key, "append", draft.sessionID, draft.userID, draft.userMessage,
        draft.assistantResponse ?? "",
        draft.sources.map { "\($0.chunkID) \($0.rank ?? 0) \($0.score ?? 0)" }
          .joined(separator: ","))
    }
    if let key, let known = try await performed(key) { return known }
    let sources = try await sources(of: draft.sources, mayBeGone: false)
    return try await detached { store in try store.add(draft, sources: sources, key) }
  }

  /// Logs what a user thinks of an answer, in the place of what the same user thought before.
  ///
  /// - Parameter rating: 1 to 5, or nil.
  /// - Throws: `chat-missing`, `invalid-argument`, `request-key-reused`.
  @discardableResult
  public func addFeedback(
    _ kind: ChatFeedback.Kind, rating: Int? = nil, by user: String, on turn: Int64,
    requestKey: String? = nil
  ) async throws(HarkError) -> ChatFeedback {
    try Self.check(user, "user_id")
    if let rating, !(1...5).contains(rating) {
      throw HarkError(.invalidArgument, "rating is \(rating): give a number from 1 to 5")
    }
    let key = try requestKey.map { key throws(HarkError) in
      try RequestKey(
        key, "feedback", kind.rawValue, rating.map(String.init) ?? "", user, String(turn))
    }
    return try await detached { store in
      try store.addFeedback(kind, rating: rating, by: user, on: turn, key)
    }
  }

  // MARK: Reading

  /// A turn.
  ///
  /// - Throws: `chat-missing`.
  public func turn(_ id: Int64) async throws(HarkError) -> ChatTurn {
    try await detached { store in try store.database.read { db in try ChatStore.turn(id, db) } }
  }

  /// Turns, newest first.
  ///
  /// - Parameters:
  ///   - limit: the greatest number of turns, 1 to 1,000; with more than eight mebibytes of text a
  ///     page ends before.
  ///   - cursor: where the last page ended; nil for the newest.
  /// - Throws: `invalid-argument`.
  public func history(
    _ scope: ChatScope, limit: Int = 50, after cursor: String? = nil
  ) async throws(HarkError) -> ChatPage {
    let before = try PageLimits.check(limit, cursor)
    return try await detached { store in
      try store.history(scope, limit: limit, before: before)
    }
  }

  /// Conversations, those with the newest turns first.
  ///
  /// - Parameters:
  ///   - user: whose conversations; nil for all.
  ///   - limit: the greatest number, 1 to 1,000.
  ///   - cursor: where the last page ended; nil for the newest.
  /// - Throws: `invalid-argument`.
  public func sessions(
    of user: String? = nil, limit: Int = 50, after cursor: String? = nil
  ) async throws(HarkError) -> ChatSessionPage {
    let before = try PageLimits.check(limit, cursor)
    return try await detached { store in
      try store.sessions(of: user, limit: limit, before: before)
    }
  }

  /// Turns that hold words of a query, best first, with eight mebibytes of text or little more at
  /// most.
  ///
  /// - Throws: `invalid-argument`.
  public func search(
    _ query: String, in scope: ChatScope = .all, limit: Int = 20
  ) async throws(HarkError) -> [ChatTurn] {
    _ = try PageLimits.check(limit, nil)
    return try await detached { store in try store.search(query, in: scope, limit: limit) }
  }

  /// What users thought of answers, newest first.
  ///
  /// - Parameter turn: the turn that it is about; nil for all.
  /// - Throws: `invalid-argument`.
  public func feedback(
    on turn: Int64? = nil, limit: Int = 50, after cursor: String? = nil
  ) async throws(HarkError) -> ChatFeedbackPage {
    let before = try PageLimits.check(limit, cursor)
    return try await detached { store in
      try store.feedback(on: turn, limit: limit, before: before)
    }
  }

  // MARK: Deleting

  /// Deletes turns with all that belongs to them, down to the bytes of the files.
  ///
  /// - Returns: the number of turns deleted.
  /// - Throws: `store-locked` where another process reads for so long that the database's log
  ///   cannot be emptied: the turns are deleted then, and a repetition empties it.
  ///   `invalid-argument`, `request-key-reused`.
  @discardableResult
  public func delete(
    _ scope: ChatScope, requestKey: String? = nil
  ) async throws(HarkError) -> Int {
    if case .olderThan(let days) = scope, days < 0 {
      throw HarkError(.invalidArgument, "days is \(days): give 0 or more")
    }
    let key = try requestKey.map { key throws(HarkError) in
      try RequestKey(key, "delete", String(describing: scope))
    }
    return try await detached { store in try store.delete(scope, key) }
  }

  /// Removes the copies of documents' passages from all turns, where a document must vanish
  /// altogether.
  ///
  /// - Returns: the number of turns that held some.
  /// - Throws: as ``delete(_:)``.
  @discardableResult
  public func redact(
    documents: [Int64], requestKey: String? = nil
  ) async throws(HarkError) -> Int {
    let documents = Set(documents)
    let key = try requestKey.map { key throws(HarkError) in
      try RequestKey(key, "redact", documents.sorted().map(String.init).joined(separator: " "))
    }
    return try await detached { store in try store.redact(documents: documents, key) }
  }

  // MARK: Parts

  /// The turn that a request with the key was about, if it came before.
  private func performed(_ key: RequestKey) async throws(HarkError) -> ChatTurn? {
    try await detached { store in
      try store.database.read { db in
        try ChatStore.turn(doneBy: key, db)
      }
    }
  }

  /// Copies of chunks as they are at present.
  ///
  /// - Parameter mayBeGone: whether a chunk that is gone is left out, and no error.
  private func sources(
    of given: [ChatDraft.Source], mayBeGone: Bool
  ) async throws(HarkError) -> [ChatSource] {
    try await engine.detached { catalog in
      try catalog.read { db in
        let generation = try catalog.state(db).generation
        var sources: [ChatSource] = []
        for source in given {
          guard let row = try catalog.chunkRow(source.chunkID, db) else {
            if mayBeGone { continue }
            throw HarkError.noChunk(source.chunkID)
          }
          sources.append(
            ChatSource(
              row, rank: source.rank ?? sources.count + 1, score: source.score,
              generation: generation))
        }
        return sources
      }
    }
  }

  /// Runs a body on a thread of its own.
  func detached<T: Sendable>(
    _ body: @escaping @Sendable (ChatStore) throws -> T
  ) async throws(HarkError) -> T {
    let engine = engine
    return try await HarkError.wrapping {
      try await WorkerPool.detached { try body(engine.chatStore()) }
    }
  }

  // MARK: Checks

  private static func check(_ draft: ChatDraft) throws(HarkError) {
    try check(draft.sessionID, "session_id")
    try check(draft.userID, "user_id")
    guard draft.userMessage.contains(where: { !$0.isWhitespace }) else {
      throw HarkError(.invalidArgument, "user_message is empty: give at least one word")
    }
    guard draft.userMessage.utf8.count <= maximumMessage else {
      throw HarkError(
        .invalidArgument,
        "user_message has \(draft.userMessage.utf8.count) bytes: give at most \(maximumMessage)")
    }
    try check(response: draft.assistantResponse ?? "")
    guard draft.sources.count <= maximumSources else {
      throw HarkError(
        .invalidArgument,
        "sources has \(draft.sources.count) items: give at most \(maximumSources)")
    }
    if let rank = draft.sources.compactMap(\.rank).first(where: { $0 < 1 }) {
      throw HarkError(.invalidArgument, "sources has a rank of \(rank): give numbers from 1 on")
    }
  }

  private static func check(response: String) throws(HarkError) {
    guard response.utf8.count <= maximumResponse else {
      throw HarkError(
        .invalidArgument,
        "assistant_response has \(response.utf8.count) bytes: give at most \(maximumResponse)")
    }
  }

  private static func check(_ id: String, _ field: String) throws(HarkError) {
    guard (1...256).contains(id.utf8.count) else {
      throw HarkError(
        .invalidArgument, "\(field) has \(id.utf8.count) bytes: give one of 1 to 256 bytes")
    }
  }
}

extension Engine {
  /// The chat log of the store.
  public var chat: ChatLog { ChatLog(engine: self) }
}

extension ChatSource {
  /// A chunk as it is at present.
  init(_ row: ChunkRow, rank: Int, score: Double?, generation: Int64) {
    self.init(
      rank: rank, score: score, chunkID: row.reference.id, documentID: row.document.id,
      name: row.document.name, filePath: row.document.filePath,
      externalID: row.document.externalID, pageNumber: row.reference.pageNumber,
      pageEnd: row.reference.pageEnd, start: row.reference.start, end: row.reference.end,
      heading: row.reference.heading, text: row.text,
      contentHash: SHA256.hash(data: Data(row.text.utf8)).map { byte in
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }.joined(), generation: generation, isRedacted: false)
  }
}
