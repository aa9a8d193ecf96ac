import Foundation
import GRDB

extension Catalog {
  /// The steps from an empty database to the present schema; a step once released is never changed.
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1: collections, documents, chunks, segments, tasks") { db in
      try db.execute(sql: firstSchema)
      try db.execute(
        sql: """
          INSERT INTO store(id, uuid, generation, seal_count, analysis_version, created_at)
          VALUES (1, ?, 0, 0, 1, \(now))
          """, arguments: [UUID().uuidString.lowercased()])
      _ = try insertCollection(CollectionSettings(name: CollectionRecord.defaultName), db)
      try db.execute(sql: "PRAGMA user_version = 1")
    }
    // No foreign key is touched, and to check all of them would read the whole catalog.
    migrator.registerMigration("2: queued tasks, request keys", foreignKeyChecks: .immediate) {
      db in
      try db.execute(sql: secondSchema)
      try db.execute(sql: "PRAGMA user_version = 2")
    }
    migrator.registerMigration(
      "3: postings in files of their own", foreignKeyChecks: .immediate
    ) { db in
      for id in try Int64.fetchAll(db, sql: "SELECT id FROM collections") {
        try db.execute(sql: "DROP TABLE IF EXISTS chunk_terms_\(id)")
      }
      try db.execute(sql: thirdSchema)
      try db.execute(sql: "PRAGMA user_version = 3")
    }
    return migrator
  }

  /// The present time as SQL: UTC, ISO 8601 with milliseconds.
  static let now = StoreDatabase.now

  /// Names follow the data design of the surrounding system; columns of our own stand beside its.
  ///
  /// - `store` is one row; its generation grows with every change of documents or segments, and
  ///   tells a reader that what it keeps in memory is out of date. Its seal count grows with every
  ///   change of a list of segments.
  /// - `collections` have a model and a chunker each, and so segments.
  /// - A document is a file, named by its path, or was handed over by a program and is named by its
  ///   `external_id`. The same content under two paths is two documents.
  /// - Long columns stand last: SQLite reads a row from its beginning, and what stands behind a
  ///   text costs reading the text.
  /// - `rag_documents.stated` is the metadata that the command line gave, apart from what the file
  ///   and its sidecar say, for the latter are read again whenever they change.
  /// - `rag_chunks.start_byte` and `end_byte` are UTF-8 offsets in `text_content`; `start_scalar`
  ///   and `end_scalar` the same positions in Unicode scalars.
  /// - `index_masks` are chunks that were deleted while a live segment still holds their vectors.
  /// - `ingest_failures` are files that could not be read, as they were then.
  /// - `job_queue` are tasks: see ``TaskRecord``.
  /// - `embedding_cache` holds vectors of a model to which a collection is being moved.
  private static let firstSchema = """
    CREATE TABLE store (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      uuid TEXT NOT NULL,
      generation INTEGER NOT NULL,
      seal_count INTEGER NOT NULL,
      analysis_version INTEGER NOT NULL,
      created_at TEXT NOT NULL
    );

    CREATE TABLE collections (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL UNIQUE,
      description TEXT,
      model_name TEXT,
      model_path TEXT,
      model_fingerprint TEXT,
      dimension INTEGER,
      chunk_tokens INTEGER NOT NULL,
      chunk_overlap INTEGER NOT NULL,
      chunker_version INTEGER NOT NULL,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL
    );

    CREATE TABLE rag_documents (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      collection_id INTEGER NOT NULL REFERENCES collections(id),
      name TEXT NOT NULL,
      file_path TEXT,
      external_id TEXT,
      file_type TEXT NOT NULL,
      file_size INTEGER NOT NULL,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      modified_ns INTEGER NOT NULL,
      sidecar_size INTEGER,
      sidecar_ns INTEGER,
      content_hash BLOB NOT NULL,
      page_count INTEGER NOT NULL,
      chunk_count INTEGER NOT NULL,
      token_count INTEGER NOT NULL,
      title TEXT,
      language TEXT,
      stated TEXT,
      metadata TEXT NOT NULL,
      warnings TEXT NOT NULL,
      pages TEXT NOT NULL,
      headings TEXT NOT NULL,
      text_content TEXT NOT NULL,
      CHECK ((file_path IS NULL) <> (external_id IS NULL)),
      UNIQUE (collection_id, file_path),
      UNIQUE (collection_id, external_id)
    );
    CREATE INDEX idx_rag_documents_name ON rag_documents(name);
    CREATE INDEX idx_rag_documents_created_at ON rag_documents(created_at);
    CREATE INDEX idx_rag_documents_content_hash ON rag_documents(content_hash);

    CREATE TABLE rag_chunks (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      collection_id INTEGER NOT NULL,
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
      content TEXT NOT NULL
    );
    CREATE INDEX idx_rag_chunks_document_id ON rag_chunks(document_id);
    CREATE INDEX idx_rag_chunks_collection_id ON rag_chunks(collection_id);
    CREATE INDEX idx_rag_chunks_content_hash ON rag_chunks(content_hash);

    CREATE TABLE index_segments (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      collection_id INTEGER NOT NULL REFERENCES collections(id),
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
      collection_id INTEGER NOT NULL,
      chunk_id INTEGER NOT NULL,
      PRIMARY KEY (collection_id, chunk_id)
    ) WITHOUT ROWID;

    CREATE TABLE ingest_failures (
      collection_id INTEGER NOT NULL REFERENCES collections(id),
      file_path TEXT NOT NULL,
      file_size INTEGER NOT NULL,
      modified_ns INTEGER NOT NULL,
      sidecar_size INTEGER,
      sidecar_ns INTEGER,
      code TEXT NOT NULL,
      message TEXT NOT NULL,
      crashes INTEGER NOT NULL,
      created_at TEXT NOT NULL,
      PRIMARY KEY (collection_id, file_path)
    ) WITHOUT ROWID;

    CREATE TABLE job_queue (
      job_id INTEGER PRIMARY KEY AUTOINCREMENT,
      kind TEXT NOT NULL,
      payload TEXT NOT NULL,
      priority INTEGER NOT NULL,
      status TEXT NOT NULL
        CHECK (status IN ('enqueued', 'processing', 'succeeded', 'failed', 'canceled')),
      assigned_agent_id TEXT,
      created_at TEXT NOT NULL,
      scheduled_at TEXT NOT NULL,
      started_at TEXT,
      finished_at TEXT,
      cancel_requested INTEGER NOT NULL,
      counts TEXT,
      error_code TEXT,
      error_message TEXT
    );
    CREATE INDEX idx_job_queue_status ON job_queue(status);

    CREATE TABLE embedding_cache (
      model_fingerprint TEXT NOT NULL,
      content_hash BLOB NOT NULL,
      embedding BLOB NOT NULL,
      PRIMARY KEY (model_fingerprint, content_hash)
    ) WITHOUT ROWID;
    """

  /// - `job_inputs` are the requests of tasks that a worker is to carry out, as JSON; they lie apart
  ///   from their tasks, for SQLite writes a row as a whole when one column changes. A task that has
  ///   ended has none.
  /// - A task that is enqueued waits for a worker where it has no agent, else its agent waits for
  ///   another writer. Those of version 1 have lost their agent's name.
  /// - `request_keys` are writes that must not be done twice, for some days; the result is the id of
  ///   a task or a number.
  private static let secondSchema = """
    ALTER TABLE job_queue ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
    UPDATE job_queue SET assigned_agent_id = 'unknown' WHERE status = 'enqueued';
    CREATE INDEX idx_job_queue_enqueued
      ON job_queue(assigned_agent_id, priority DESC, job_id, scheduled_at)
      WHERE status = 'enqueued';

    CREATE TABLE job_inputs (
      job_id INTEGER PRIMARY KEY REFERENCES job_queue(job_id) ON DELETE CASCADE,
      input BLOB NOT NULL
    );
    CREATE TRIGGER job_inputs_end AFTER UPDATE OF status ON job_queue
      WHEN NEW.status IN ('succeeded', 'failed', 'canceled')
      BEGIN
        DELETE FROM job_inputs WHERE job_id = NEW.job_id;
      END;

    CREATE TABLE request_keys (
      request_key BLOB PRIMARY KEY,
      digest BLOB NOT NULL,
      result INTEGER NOT NULL,
      created_at TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX idx_request_keys_created_at ON request_keys(created_at);
    """

  /// - `index_segments.postings_name` is the file of postings over the chunks of a segment; null
  ///   where it is still to be made.
  /// - `renamed_chunks` are chunks whose title or headings have changed since their postings were
  ///   made.
  private static let thirdSchema = """
    ALTER TABLE store DROP COLUMN analysis_version;
    ALTER TABLE index_segments ADD COLUMN postings_name TEXT;

    CREATE TABLE renamed_chunks (
      collection_id INTEGER NOT NULL,
      chunk_id INTEGER NOT NULL,
      PRIMARY KEY (collection_id, chunk_id)
    ) WITHOUT ROWID;
    """
}
