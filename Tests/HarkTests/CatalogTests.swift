import Documents
import Foundation
import GRDB
import TestKit
import Testing

@testable import Hark

@Suite struct CatalogTests {
  private func prepared(_ path: String, _ texts: [String]) -> PreparedDocument {
    let text = texts.joined(separator: "\n\n")
    var offset = 0
    let chunks = texts.enumerated().map { index, part in
      defer { offset += part.utf8.count + 2 }
      let range = offset..<(offset + part.utf8.count)
      return PreparedChunk(
        chunk: Chunk(index: index, range: range, text: part, tokenCount: 3),
        embeddedText: part, contentHash: Data(part.utf8), scalars: range,
        embedding: EmbeddingBlob.encode([1, 0, Float(index)]))
    }
    return PreparedDocument(
      location: .file(path), name: String(path.dropFirst()),
      stamp: FileStamp(size: Int64(text.utf8.count), modified: 1), sidecar: nil,
      contentHash: Data(text.utf8), document: Document(text: text, fileType: .text),
      metadata: DocumentMetadata(), stated: nil, chunks: chunks)
  }

  private func chunks(_ catalog: Catalog) throws -> [ChunkContents] {
    try catalog.documents().flatMap { try catalog.document($0.id).chunks }
  }

  @discardableResult
  private func commit(
    _ documents: PreparedDocument..., to catalog: Catalog
  ) throws -> CommitOutcome {
    try catalog.commit(Commit(documents: documents), to: 1)
  }

  @Test func commitsAreSynchronous() throws {
    let folder = try TemporaryFolder()
    let catalog = try Catalog(path: folder.file("catalog.sqlite"))
    let settings = try catalog.pool.writeWithoutTransaction { db in
      try ["synchronous", "journal_mode", "foreign_keys", "secure_delete"].map {
        try String.fetchOne(db, sql: "PRAGMA \($0)")
      }
    }
    #expect(settings == ["2", "wal", "1", "1"])
  }

  @Test func tablesHaveTheNamesOfTheDataDesign() throws {
    let folder = try TemporaryFolder()
    let catalog = try Catalog(path: folder.file("catalog.sqlite"))
    let names = try catalog.read { db in
      try Set(String.fetchAll(db, sql: "SELECT name FROM sqlite_master"))
    }
    #expect(
      names.isSuperset(of: [
        "rag_documents", "rag_chunks", "idx_rag_documents_name", "idx_rag_documents_created_at",
        "idx_rag_chunks_document_id",
      ]))
  }

  /// SQLite promises no types: whatever stands in a column, reading it is an error at worst.
  @Test(arguments: [
    ("rag_documents", ["name", "file_type", "file_size", "content_hash", "pages", "headings"]),
    ("rag_documents", ["text_content", "metadata", "warnings", "chunk_count", "created_at"]),
    ("rag_chunks", ["document_id", "chunk_index", "start_byte", "content_hash", "content"]),
    ("collections", ["name", "chunk_tokens", "chunk_overlap", "created_at"]),
    ("store", ["uuid", "generation", "seal_count"]),
  ])
  func aDamagedValueIsAnErrorAtWorst(table: String, columns: [String]) throws {
    for column in columns {
      for value in ["NULL", "'x'", "x'ff00'", "-1", "1e300"] {
        let folder = try TemporaryFolder()
        let catalog = try Catalog(path: folder.file("catalog.sqlite"))
        try commit(prepared("/a.txt", ["one"]), to: catalog)
        try catalog.write { db in
          try db.execute(sql: "PRAGMA writable_schema = ON; PRAGMA ignore_check_constraints = ON")
          try db.execute(sql: "UPDATE sqlite_master SET sql = replace(sql, 'NOT NULL', '')")
        }
        try catalog.close()
        let damaged = try Catalog(path: folder.file("catalog.sqlite"))
        try damaged.pool.writeWithoutTransaction { db in
          try db.execute(
            sql: """
              PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF;
              UPDATE \(table) SET \(column) = \(value)
              """)
        }
        let reads: [() throws -> Void] = [
          { _ = try damaged.documents() },
          { _ = try damaged.document(1) },
          { _ = try damaged.read { db in try damaged.parsedDocument(1, db) } },
          { _ = try damaged.read { db in try damaged.collections(db) } },
          { _ = try damaged.read { db in try damaged.scope("default", db) } },
          { _ = try damaged.read { db in try damaged.knownFiles(atOrBelow: "/", in: 1, db) } },
        ]
        for read in reads {
          do { try read() } catch let error as HarkError {
            #expect(
              [.catalogDamaged, .documentMissing, .collectionMissing].contains(error.code),
              "\(column) = \(value): \(error)")
          }
        }
      }
    }
  }

  @Test func aNewerStoreIsRefusedByName() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("catalog.sqlite")
    try Catalog(path: path).write { db in try db.execute(sql: "PRAGMA user_version = 7") }
    let error = #expect(throws: HarkError.self) { try Catalog(path: path) }
    #expect(error?.code == .storeTooNew)
    #expect(error?.message.contains("version 7") == true)
  }

  @Test func aFileThatIsNoDatabaseIsNamed() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("catalog.sqlite", String(repeating: "no database ", count: 1000))
    let error = #expect(throws: HarkError.self) { try Catalog(path: path) }
    #expect(error?.code == .catalogDamaged)
    #expect(error?.message.contains(path) == true)
  }

  @Test func aChangedDocumentReplacesItsChunksAndTerms() throws {
    let folder = try TemporaryFolder()
    let catalog = try Catalog(path: folder.file("catalog.sqlite"))
    let old = try commit(prepared("/a.txt", ["old hotel", "kept meal"]), to: catalog)
    #expect((old.added, old.kept) == (2, 0))
    let kept = try chunks(catalog).first { $0.text == "kept meal" }?.chunk.id
    let new = try commit(prepared("/a.txt", ["new train", "kept meal"]), to: catalog)
    #expect((new.added, new.kept) == (1, 1))
    #expect(try chunks(catalog).first { $0.text == "kept meal" }?.chunk.id == kept)
    let texts = TextIndexReader(
      catalog: catalog, folder: folder.path, vocabularies: VocabularyReader(store: folder.path))
    let counts = try catalog.read { db in
      let index = try texts.view(of: 1, db)
      return try ["hotel", "train", "meal"].map { word in
        try index.scores(of: TextQuery(QuerySyntax(word))).best(9).count
      } + [
        try catalog.masks(of: 1, db).count,
        try Int.fetchOne(db, sql: "SELECT count(*) FROM rag_chunks") ?? 0,
      ]
    }
    #expect(counts == [0, 1, 1, 1, 2])
    #expect(try catalog.documents().count == 1)
  }

  @Test func idsAreNeverUsedAgain() throws {
    let folder = try TemporaryFolder()
    let catalog = try Catalog(path: folder.file("catalog.sqlite"))
    try commit(prepared("/a.txt", ["one", "two"]), to: catalog)
    let first = try #require(try catalog.documents().first)
    let chunks = try catalog.document(first.id).chunks.map(\.chunk.id)
    #expect(try catalog.deleteDocuments([first.id]) == 2)
    try commit(prepared("/a.txt", ["one", "two"]), to: catalog)
    let second = try #require(try catalog.documents().first)
    #expect(second.id > first.id)
    let later = try catalog.document(second.id).chunks.map(\.chunk.id)
    #expect(Set(later).isDisjoint(with: chunks))
  }

  @Test func deletingIsAllOrNothing() throws {
    let folder = try TemporaryFolder()
    let catalog = try Catalog(path: folder.file("catalog.sqlite"))
    try commit(prepared("/a.txt", ["one"]), to: catalog)
    let id = try #require(try catalog.documents().first?.id)
    let error = #expect(throws: HarkError.self) { try catalog.deleteDocuments([id, 999]) }
    #expect(error?.code == .documentMissing)
    #expect(try catalog.documents().count == 1)
  }

  /// Deleted text is gone from the bytes of the database once its log is emptied.
  @Test func deletedTextLeavesTheFile() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("catalog.sqlite")
    let catalog = try Catalog(path: path)
    try commit(
      prepared("/a.txt", ["zebrafinch in the reeds"]), prepared("/b.txt", ["other words"]),
      to: catalog)
    let id = try #require(try catalog.documents().first?.id)
    _ = try catalog.deleteDocuments([id])
    try catalog.pool.writeWithoutTransaction { db in
      _ = try db.checkpoint(.truncate)
    }
    let bytes = try Data(contentsOf: URL(filePath: path))
    #expect(bytes.range(of: Data("zebrafinch".utf8)) == nil)
    #expect(bytes.range(of: Data("other words".utf8)) != nil)
  }

  @Test func vectorsKeepEveryBit() throws {
    let vector: [Float] = [0, -0.0, .leastNonzeroMagnitude, .pi, -.greatestFiniteMagnitude]
    var read: [Float] = []
    #expect(EmbeddingBlob.append(EmbeddingBlob.encode(vector), to: &read) == 5)
    #expect(read.map(\.bitPattern) == vector.map(\.bitPattern))
    #expect(EmbeddingBlob.append(Data([1, 2, 3]), to: &read) == nil)
  }

  @Test(arguments: ["", "a", "가나다 abc 😀é", "e\u{301}\u{1F468}\u{200D}\u{1F469}x"])
  func scalarOffsetsAgreeWithTheView(text: String) {
    var offsets = ScalarOffsets(text)
    let scalars = Array(text.unicodeScalars)
    let widths = scalars.map { UTF8.width($0) }
    let starts = widths.indices.map { widths[..<$0].reduce(0, +) } + [text.utf8.count]
    for lower in starts.indices {
      for upper in starts.indices[lower...] {
        #expect(offsets.range(of: starts[lower]..<starts[upper]) == lower..<upper)
      }
    }
  }
}
