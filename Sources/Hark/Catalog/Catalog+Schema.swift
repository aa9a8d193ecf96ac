import Foundation
import GRDB

extension Catalog {
  /// The steps from an empty database to the present schema; a step once released is never changed.
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1: documents, chunks, terms, segments") { db in
      try db.execute(sql: firstSchema)
      try db.execute(
        sql: """
          INSERT INTO store(id, uuid, generation, seal_count, created_at) VALUES (1, ?, 0, 0, \(now))
          """, arguments: [UUID().uuidString.lowercased()])
      try db.execute(sql: "PRAGMA user_version = 1")
    }
    return migrator
  }

  /// The present time as SQL: UTC, ISO 8601 with milliseconds.
  static let now = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"

  /// Names follow the data design of the surrounding system; columns of our own stand beside its.
  ///
  /// - `store` is one row; its generation grows with every change of documents or segments, and
  ///   tells a reader that what it keeps in memory is out of date. Its seal count grows with every
  ///   change of the list of segments.
  /// - Long columns stand last: SQLite reads a row from its beginning, and what stands behind a
  ///   text costs reading the text.
  /// - `rag_chunks.start_byte` and `end_byte` are UTF-8 offsets in `text_content`; `start_scalar`
  ///   and `end_scalar` the same positions in Unicode scalars.
  /// - `chunk_terms` holds analysed terms only (see `TextAnalysis`); its row ids are chunk ids.
  /// - `index_masks` are chunks that were deleted while a live segment still holds their vectors.
  private static let firstSchema = """
    CREATE TABLE store (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      uuid TEXT NOT NULL,
      generation INTEGER NOT NULL,
      seal_count INTEGER NOT NULL,
      model_name TEXT,
      model_fingerprint TEXT,
      dimension INTEGER,
      analysis_version INTEGER,
      created_at TEXT NOT NULL
    );

    CREATE TABLE rag_documents (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL,
      file_path TEXT NOT NULL UNIQUE,
      file_type TEXT NOT NULL,
      file_size INTEGER NOT NULL,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      modified_ns INTEGER NOT NULL,
      content_hash BLOB NOT NULL,
      title TEXT,
      page_count INTEGER NOT NULL,
      chunk_count INTEGER NOT NULL,
      pages TEXT NOT NULL,
      headings TEXT NOT NULL,
      text_content TEXT NOT NULL
    );
    CREATE INDEX idx_rag_documents_name ON rag_documents(name);
    CREATE INDEX idx_rag_documents_created_at ON rag_documents(created_at);

    CREATE TABLE rag_chunks (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      document_id INTEGER NOT NULL REFERENCES rag_documents(id) ON DELETE CASCADE,
      chunk_index INTEGER NOT NULL,
      page_number INTEGER,
      page_end INTEGER,
      page_label TEXT,
      heading TEXT,
      start_byte INTEGER NOT NULL,
      end_byte INTEGER NOT NULL,
      start_scalar INTEGER NOT NULL,
      end_scalar INTEGER NOT NULL,
      token_count INTEGER NOT NULL,
      content_hash BLOB NOT NULL,
      created_at TEXT NOT NULL,
      embedding BLOB NOT NULL,
      content TEXT NOT NULL,
      UNIQUE (document_id, chunk_index)
    );
    CREATE INDEX idx_rag_chunks_document_id ON rag_chunks(document_id);
    CREATE INDEX idx_rag_chunks_content_hash ON rag_chunks(content_hash);

    CREATE VIRTUAL TABLE chunk_terms USING fts5(
      title, body, grams, content = '', tokenize = 'ascii'
    );

    CREATE TABLE index_segments (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      file_name TEXT NOT NULL UNIQUE,
      generation INTEGER NOT NULL,
      first_chunk_id INTEGER NOT NULL,
      last_chunk_id INTEGER NOT NULL,
      vector_count INTEGER NOT NULL,
      file_bytes INTEGER NOT NULL,
      created_at TEXT NOT NULL,
      CHECK (first_chunk_id <= last_chunk_id)
    );

    CREATE TABLE index_masks (
      chunk_id INTEGER PRIMARY KEY
    );
    """
}
