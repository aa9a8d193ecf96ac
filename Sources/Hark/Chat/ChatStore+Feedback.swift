import Foundation
import GRDB

extension ChatStore {
  static func feedback(_ row: CatalogRow) throws -> ChatFeedback {
    let kind: String = try row["feedback_type"]
    guard let kind = ChatFeedback.Kind(rawValue: kind) else {
      throw damagedValue("a feedback cannot be read")
    }
    return ChatFeedback(
      id: try row["id"], userID: try row["user_id"], messageID: try row["message_id"], kind: kind,
      rating: try row[orNil: "rating"], createdAt: try row["created_at"])
  }

  /// Logs what a user thinks of a turn, in the place of what the same user thought before, once for
  /// each key.
  ///
  /// - Throws: `chat-missing`, `request-key-reused`.
  func addFeedback(
    _ kind: ChatFeedback.Kind, rating: Int?, by user: String, on message: Int64, _ key: RequestKey?
  ) throws(HarkError) -> ChatFeedback {
    try database.write { db in
      _ = try Self.turn(message, db)
      if try Self.done(key, db) != nil { return try Self.feedback(on: message, by: user, db) }
      try db.execute(
        sql: """
          INSERT INTO message_feedback(user_id, message_id, feedback_type, rating, created_at)
          VALUES (?, ?, ?, ?, \(StoreDatabase.now))
          ON CONFLICT (message_id, user_id) DO UPDATE SET
            feedback_type = excluded.feedback_type, rating = excluded.rating,
            created_at = excluded.created_at
          """, arguments: [user, message, kind.rawValue, rating])
      try Self.remember(key, message: message, db)
      return try Self.feedback(on: message, by: user, db)
    }
  }

  private static func feedback(
    on message: Int64, by user: String, _ db: Database
  ) throws -> ChatFeedback {
    let row = try CatalogRow.fetchOne(
      db, sql: "SELECT * FROM message_feedback WHERE message_id = ? AND user_id = ?",
      arguments: [message, user])
    guard let row else { throw damagedValue("a feedback was not kept") }
    return try feedback(row)
  }

  /// What users thought, newest first.
  ///
  /// - Parameters:
  ///   - message: the turn that it is about; nil for all.
  ///   - before: the id that all of them are below; nil for the newest.
  func feedback(
    on message: Int64?, limit: Int, before: Int64?
  ) throws(HarkError) -> ChatFeedbackPage {
    try database.read { db in
      let found = try CatalogRow.fetchAll(
        db,
        sql: """
          SELECT * FROM message_feedback
          WHERE id < ? \(message == nil ? "" : "AND message_id = ?") ORDER BY id DESC LIMIT ?
          """,
        arguments: [before ?? .max] + StatementArguments(message.map { [$0] } ?? []) + [limit + 1]
      ).map(Self.feedback)
      let page = Array(found.prefix(limit))
      return ChatFeedbackPage(
        feedback: page, cursor: found.count > limit ? page.last.map { String($0.id) } : nil)
    }
  }

  /// What users thought of answers, oldest turns first.
  func judgements() throws(HarkError) -> [Judgement] {
    try database.read { db in
      let turns = try Int64.fetchAll(
        db, sql: "SELECT DISTINCT message_id FROM message_feedback ORDER BY message_id")
      return try turns.compactMap { turn in
        let feedback = try CatalogRow.fetchAll(
          db, sql: "SELECT * FROM message_feedback WHERE message_id = ?", arguments: [turn]
        ).map(Self.feedback)
        return Judgement(try Self.turn(turn, db), feedback)
      }
    }
  }
}
