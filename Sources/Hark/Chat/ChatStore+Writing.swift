import Foundation
import GRDB

extension ChatStore {
  /// Logs a turn, once for each key.
  ///
  /// - Throws: `request-key-reused`.
  func add(
    _ draft: ChatDraft, sources: [ChatSource], _ key: RequestKey?
  ) throws(HarkError) -> ChatTurn {
    try database.write { db in
      if let known = try Self.turn(doneBy: key, db) { return known }
      let response = draft.assistantResponse
      try db.execute(
        sql: """
          INSERT INTO chat_history(
            session_id, user_id, status, created_at, answered_at, user_message,
            assistant_response, sources)
          VALUES (?, ?, ?, \(StoreDatabase.now), \(response == nil ? "NULL" : StoreDatabase.now),
            ?, ?, ?)
          """,
        arguments: [
          draft.sessionID, draft.userID,
          (response == nil ? ChatTurn.Status.pending : .answered).rawValue, draft.userMessage,
          response ?? "", try Catalog.json(sources),
        ])
      let id = db.lastInsertedRowID
      for document in Set(sources.map(\.documentID)) {
        try db.execute(
          sql: "INSERT INTO chat_source_documents(document_id, message_id) VALUES (?, ?)",
          arguments: [document, id])
      }
      let turn = try Self.turn(id, db)
      try Self.addTerms(of: turn, db)
      try Self.remember(key, message: id, db)
      return turn
    }
  }

  /// Completes a turn, once for each key.
  ///
  /// - Throws: `chat-missing`, `chat-answered` where it has another answer already,
  ///   `request-key-reused`.
  func answer(
    _ id: Int64, _ response: String, _ key: RequestKey?
  ) throws(HarkError) -> ChatTurn {
    try database.write { db in
      if let known = try Self.turn(doneBy: key, db) { return known }
      let turn = try Self.turn(id, db)
      guard turn.status == .pending else {
        if turn.assistantResponse.utf8.elementsEqual(response.utf8) { return turn }
        throw HarkError(
          .chatAnswered,
          "turn \(id) of the chat log has an answer already: log another one as a turn of its own")
      }
      try Self.removeTerms(of: turn, db)
      try db.execute(
        sql: """
          UPDATE chat_history
          SET status = 'answered', assistant_response = ?, answered_at = \(StoreDatabase.now)
          WHERE id = ?
          """, arguments: [response, id])
      let answered = try Self.turn(id, db)
      try Self.addTerms(of: answered, db)
      try Self.remember(key, message: id, db)
      return answered
    }
  }

  // MARK: Keys

  /// What a write with a key did.
  struct Done {
    /// The turn that it was about, if it was about one.
    let message: Int64?
    /// Its result, where that is a number.
    let result: Int64?
  }

  /// What the write with the key did, if it came before.
  ///
  /// - Throws: `request-key-reused`.
  static func done(_ key: RequestKey?, _ db: Database) throws -> Done? {
    guard let key else { return nil }
    let row = try CatalogRow.fetchOne(
      db, sql: "SELECT digest, message_id, result FROM request_keys WHERE request_key = ?",
      arguments: [key.keyDigest])
    guard let row else { return nil }
    try key.check(row[0])
    return Done(message: try row[orNil: 1], result: try row[orNil: 2])
  }

  /// The turn that a write with the key was about, if it came before.
  static func turn(doneBy key: RequestKey?, _ db: Database) throws -> ChatTurn? {
    try done(key, db)?.message.map { try turn($0, db) }
  }

  /// Remembers what a write did, and forgets those of long ago.
  static func remember(
    _ key: RequestKey?, message: Int64?, result: Int64? = nil, _ db: Database
  ) throws {
    guard let key else { return }
    try db.execute(
      sql: """
        DELETE FROM request_keys
        WHERE created_at < strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-\(RequestKey.days) days')
        """)
    try db.execute(
      sql: """
        INSERT INTO request_keys(request_key, digest, message_id, result, created_at)
        VALUES (?, ?, ?, ?, \(StoreDatabase.now))
        """, arguments: [key.keyDigest, key.digest, message, result])
  }

  // MARK: Terms

  static func addTerms(of turn: ChatTurn, _ db: Database) throws {
    let terms = terms(of: turn)
    try db.cachedStatement(sql: "INSERT INTO chat_terms(rowid, words, grams) VALUES (?, ?, ?)")
      .execute(arguments: [turn.id, terms.words, terms.grams])
  }

  /// Removes the terms of a turn; they are the very terms that were added.
  static func removeTerms(of turn: ChatTurn, _ db: Database) throws {
    let terms = terms(of: turn)
    try db.cachedStatement(
      sql: """
        INSERT INTO chat_terms(chat_terms, rowid, words, grams) VALUES ('delete', ?, ?, ?)
        """
    ).execute(arguments: [turn.id, terms.words, terms.grams])
  }
}
