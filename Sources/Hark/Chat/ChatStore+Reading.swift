import Foundation
import GRDB

extension ChatScope {
  /// The turns as a condition of SQL.
  var condition: (sql: String, arguments: StatementArguments) {
    switch self {
    case .all: ("1", [])
    case .session(let id): ("session_id = ?", [id])
    case .user(let id): ("user_id = ?", [id])
    case .olderThan(let days):
      ("created_at < strftime('%Y-%m-%dT%H:%M:%fZ', 'now', ?)", ["-\(days) days"])
    }
  }
}

extension ChatStore {
  /// The bytes of text after which a page ends early.
  static let pageBytes = 8 << 20

  /// Turns, newest first.
  ///
  /// - Parameter before: the id that all of them are below; nil for the newest.
  func history(
    _ scope: ChatScope, limit: Int, before: Int64?
  ) throws(HarkError) -> ChatPage {
    try database.read { db in
      let (sql, arguments) = scope.condition
      return try Self.page(
        "WHERE \(sql) AND id < ? ORDER BY id DESC", arguments + [before ?? .max], limit: limit, db)
    }
  }

  /// Turns, oldest first.
  ///
  /// - Parameter after: the id that all of them are above.
  func turns(_ scope: ChatScope, after: Int64, limit: Int) throws(HarkError) -> ChatPage {
    try database.read { db in
      let (sql, arguments) = scope.condition
      return try Self.page(
        "WHERE \(sql) AND id > ? ORDER BY id", arguments + [after], limit: limit, db)
    }
  }

  /// Turns in an order, up to a number and to ``pageBytes``, but at least one.
  private static func page(
    _ clauses: String, _ arguments: StatementArguments, limit: Int, _ db: Database
  ) throws -> ChatPage {
    let rows = try CatalogRow.fetchCursor(
      db, sql: "SELECT \(columns) FROM chat_history \(clauses) LIMIT ?",
      arguments: arguments + [limit + 1])
    var turns: [ChatTurn] = []
    var bytes = 0
    while let row = try rows.next() {
      guard turns.count < limit, bytes < pageBytes else {
        return ChatPage(turns: turns, cursor: turns.last.map { String($0.id) })
      }
      let turn = try turn(row)
      bytes += turn.textBytes
      turns.append(turn)
    }
    return ChatPage(turns: turns, cursor: nil)
  }

  /// Conversations, those with the newest turns first.
  ///
  /// - Parameter before: the id that the newest turn of each is below; nil for the newest.
  /// - Complexity: O(*n*) in the turns of the user, or of all.
  func sessions(
    of user: String?, limit: Int, before: Int64?
  ) throws(HarkError) -> ChatSessionPage {
    try database.read { db in
      let rows = try CatalogRow.fetchAll(
        db,
        sql: """
          SELECT g.session_id, g.user_id, g.turns, substr(f.user_message, 1, 200), f.created_at,
            l.created_at, l.id
          FROM (
            SELECT session_id, user_id, COUNT(*) AS turns, MIN(id) AS first, MAX(id) AS last
            FROM chat_history \(user == nil ? "" : "WHERE user_id = ?")
            GROUP BY user_id, session_id
          ) g
          JOIN chat_history f ON f.id = g.first JOIN chat_history l ON l.id = g.last
          WHERE g.last < ? ORDER BY g.last DESC LIMIT ?
          """,
        arguments: StatementArguments(user.map { [$0] } ?? []) + [before ?? .max, limit + 1])
      let page = try rows.prefix(limit).map { row in
        ChatSession(
          sessionID: try row[0], userID: try row[1], turns: try row[2], title: try row[3],
          createdAt: try row[4], updatedAt: try row[5])
      }
      let last: Int64? = try rows.prefix(limit).last.map { try $0[6] }
      return ChatSessionPage(
        sessions: page, cursor: rows.count > limit ? last.map { String($0) } : nil)
    }
  }

  /// Turns that hold words of a query, best first by BM25, ties by id; up to a number and to
  /// ``pageBytes``, but at least one.
  func search(
    _ query: String, in scope: ChatScope, limit: Int
  ) throws(HarkError) -> [ChatTurn] {
    let terms = TextAnalysis.queryTerms(of: query)
    var clauses: [String] = []
    if !terms.words.isEmpty { clauses.append("words : (\(Catalog.anyOf(terms.words)))") }
    if !terms.grams.isEmpty { clauses.append("grams : (\(Catalog.anyOf(terms.grams)))") }
    guard !clauses.isEmpty else { return [] }
    return try database.read { db in
      let (sql, arguments) = scope.condition
      let rows = try CatalogRow.fetchCursor(
        db,
        sql: """
          SELECT \(Self.columns) FROM chat_terms JOIN chat_history ON id = chat_terms.rowid
          WHERE chat_terms MATCH ? AND \(sql) ORDER BY bm25(chat_terms, 1.0, 0.6), id LIMIT ?
          """, arguments: [clauses.joined(separator: " OR ")] + arguments + [limit]
      )
      var turns: [ChatTurn] = []
      var bytes = 0
      while bytes < Self.pageBytes, let row = try rows.next() {
        let turn = try Self.turn(row)
        bytes += turn.textBytes
        turns.append(turn)
      }
      return turns
    }
  }
}

extension ChatTurn {
  /// The bytes of its texts, copies of passages included.
  fileprivate var textBytes: Int {
    userMessage.utf8.count + assistantResponse.utf8.count
      + sources.reduce(0) { $0 + 200 + ($1.text?.utf8.count ?? 0) }
  }
}
