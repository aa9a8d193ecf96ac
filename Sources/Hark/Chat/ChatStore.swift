import Foundation
import GRDB

/// The database of the chat log: `chat.sqlite`, a file of its own, so that logging never waits for
/// an ingest.
///
/// All SQL of the chat log lies in this type. What it acknowledged is on the disk.
struct ChatStore: Sendable {
  /// The version of the schema; a file with a greater one is refused.
  static let schemaVersion = 2
  /// The name of the database's file in the store.
  static let fileName = "chat.sqlite"

  let database: StoreDatabase

  /// Opens the database, made and migrated where needed.
  ///
  /// - Parameter path: the database's file; its folder exists.
  /// - Throws: `store-too-new`, `catalog-damaged`, `store-unavailable` or `disk-full`.
  init(path: String) throws(HarkError) {
    database = try StoreDatabase(
      path: path, schemaVersion: Self.schemaVersion, migrator: Self.migrator)
  }

  /// The steps from an empty database to the present schema; a step once released is never changed.
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1: turns, feedback") { db in
      try db.execute(sql: firstSchema)
      try db.execute(sql: "PRAGMA user_version = 1")
    }
    migrator.registerMigration("2: keys of all writes, as digests") { db in
      try db.execute(sql: keyedWrites)
      let old = try Row.fetchAll(
        db, sql: "SELECT request_key, digest, message_id, created_at FROM old_request_keys")
      for row in old {
        let key: String = row[0]
        try db.execute(
          sql: "INSERT INTO request_keys VALUES (?, ?, ?, NULL, ?)",
          arguments: [RequestKey.digest(of: [key]), row[1], row[2], row[3]])
      }
      try db.execute(sql: "DROP TABLE old_request_keys; PRAGMA user_version = 2")
    }
    return migrator
  }

  /// Names follow the data design of the surrounding system; columns of our own stand beside its.
  ///
  /// - `chat_history.sources` is a list of ``ChatSource`` as JSON.
  /// - `chat_source_documents` tells which turns hold copies of a document.
  /// - `chat_terms` is a full text without content; its row ids are those of turns.
  /// - `request_keys` are writes that must not be done twice, for some days.
  private static let firstSchema = """
    CREATE TABLE chat_history (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      session_id TEXT NOT NULL,
      user_id TEXT NOT NULL,
      status TEXT NOT NULL CHECK (status IN ('pending', 'answered')),
      created_at TEXT NOT NULL,
      answered_at TEXT,
      user_message TEXT NOT NULL,
      assistant_response TEXT NOT NULL,
      sources TEXT NOT NULL
    );
    CREATE INDEX idx_chat_session_id ON chat_history(session_id);
    CREATE INDEX idx_chat_user_id ON chat_history(user_id, session_id);
    CREATE INDEX idx_chat_created_at ON chat_history(created_at);

    CREATE TABLE chat_source_documents (
      document_id INTEGER NOT NULL,
      message_id INTEGER NOT NULL REFERENCES chat_history(id) ON DELETE CASCADE,
      PRIMARY KEY (document_id, message_id)
    ) WITHOUT ROWID;
    CREATE INDEX idx_chat_source_documents_message_id ON chat_source_documents(message_id);

    CREATE TABLE message_feedback (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      user_id TEXT NOT NULL,
      message_id INTEGER NOT NULL REFERENCES chat_history(id) ON DELETE CASCADE,
      feedback_type TEXT NOT NULL CHECK (feedback_type IN ('helpful', 'not_helpful')),
      rating INTEGER CHECK (rating BETWEEN 1 AND 5),
      created_at TEXT NOT NULL,
      UNIQUE (message_id, user_id)
    );
    CREATE INDEX idx_message_feedback_user_id ON message_feedback(user_id);

    CREATE TABLE request_keys (
      request_key TEXT PRIMARY KEY,
      digest BLOB NOT NULL,
      message_id INTEGER NOT NULL REFERENCES chat_history(id) ON DELETE CASCADE,
      created_at TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX idx_request_keys_message_id ON request_keys(message_id);
    CREATE INDEX idx_request_keys_created_at ON request_keys(created_at);

    CREATE VIRTUAL TABLE chat_terms USING fts5(
      words, grams, content = '', tokenize = 'ascii'
    );
    """

  /// Deletions have keys, too; what they did is a number. A key may name a user, so that its digest
  /// alone is kept.
  private static let keyedWrites = """
    ALTER TABLE request_keys RENAME TO old_request_keys;
    DROP INDEX idx_request_keys_message_id;
    DROP INDEX idx_request_keys_created_at;
    CREATE TABLE request_keys (
      request_key BLOB PRIMARY KEY,
      digest BLOB NOT NULL,
      message_id INTEGER REFERENCES chat_history(id) ON DELETE CASCADE,
      result INTEGER,
      created_at TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX idx_request_keys_message_id ON request_keys(message_id);
    CREATE INDEX idx_request_keys_created_at ON request_keys(created_at);
    """

  // MARK: Rows

  static let columns = """
    id, session_id, user_id, status, created_at, answered_at, user_message, assistant_response,
    sources
    """

  static func turn(_ row: CatalogRow) throws -> ChatTurn {
    let status: String = try row["status"]
    let sources: String = try row["sources"]
    guard let status = ChatTurn.Status(rawValue: status),
      let sources = try? JSONDecoder().decode([ChatSource].self, from: Data(sources.utf8))
    else { throw damagedValue("a turn cannot be read") }
    return ChatTurn(
      id: try row["id"], sessionID: try row["session_id"], userID: try row["user_id"],
      status: status, createdAt: try row["created_at"], answeredAt: try row[orNil: "answered_at"],
      userMessage: try row["user_message"], assistantResponse: try row["assistant_response"],
      sources: sources)
  }

  /// A value of the chat log is not one that Hark wrote.
  static func damagedValue(_ detail: String) -> HarkError {
    HarkError(
      .catalogDamaged,
      "the chat log is damaged (\(detail)): restore \(fileName) from a backup, or move it away, and "
        + "the chat log begins anew")
  }

  /// A turn.
  ///
  /// - Throws: `chat-missing`.
  static func turn(_ id: Int64, _ db: Database) throws -> ChatTurn {
    let row = try CatalogRow.fetchOne(
      db, sql: "SELECT \(columns) FROM chat_history WHERE id = ?", arguments: [id])
    guard let row else {
      throw HarkError(.chatMissing, "the chat log has no turn \(id): it may have been deleted")
    }
    return try turn(row)
  }

  /// The terms by which a turn is found.
  static func terms(of turn: ChatTurn) -> (words: String, grams: String) {
    let lines = TextAnalysis.lines(of: turn.userMessage + "\n" + turn.assistantResponse)
    return (
      String(decoding: lines.words, as: UTF8.self), String(decoding: lines.grams, as: UTF8.self)
    )
  }
}
