import Foundation
import GRDB

extension ChatStore {
  /// Deletes turns with their feedback, their keys and their terms, once for each key.
  ///
  /// Afterwards no file holds a byte of them: rows are overwritten, the full text is merged, and the
  /// log is emptied.
  ///
  /// - Returns: the number of turns deleted.
  /// - Throws: `store-locked` where another process reads for so long that the log cannot be
  ///   emptied; the turns are deleted then, and a repetition empties it. `request-key-reused`.
  func delete(_ scope: ChatScope, _ key: RequestKey?) throws(HarkError) -> Int {
    let count = try database.write { db in
      if let known = try Self.done(key, db)?.result { return Int(known) }
      let (sql, arguments) = scope.condition
      let cursor = try CatalogRow.fetchCursor(
        db, sql: "SELECT \(Self.columns) FROM chat_history WHERE \(sql)", arguments: arguments)
      var count = 0
      while let row = try cursor.next() {
        try Self.removeTerms(of: try Self.turn(row), db)
        count += 1
      }
      try db.execute(sql: "DELETE FROM chat_history WHERE \(sql)", arguments: arguments)
      if case .user(let user) = scope {
        // What the user said of other people's turns goes, too.
        try db.execute(sql: "DELETE FROM message_feedback WHERE user_id = ?", arguments: [user])
      }
      try db.execute(sql: "INSERT INTO chat_terms(chat_terms) VALUES ('optimize')")
      try Self.remember(key, message: nil, result: Int64(count), db)
      return count
    }
    try database.emptyLog()
    return count
  }

  /// Removes the copies of documents' passages, their names and their paths from all turns.
  ///
  /// - Returns: the number of turns that held some.
  /// - Throws: as ``delete(_:)``.
  func redact(documents: Set<Int64>, _ key: RequestKey?) throws(HarkError) -> Int {
    let count = try database.write { db in
      if let known = try Self.done(key, db)?.result { return Int(known) }
      let messages = try Set(
        documents.flatMap { document in
          try Int64.fetchAll(
            db, sql: "SELECT message_id FROM chat_source_documents WHERE document_id = ?",
            arguments: [document])
        })
      for message in messages {
        let sources = try Self.turn(message, db).sources.map { source in
          documents.contains(source.documentID) ? source.redacted() : source
        }
        try db.execute(
          sql: "UPDATE chat_history SET sources = ? WHERE id = ?",
          arguments: [try Catalog.json(sources), message])
      }
      try Self.remember(key, message: nil, result: Int64(messages.count), db)
      return messages.count
    }
    try database.emptyLog()
    return count
  }
}
