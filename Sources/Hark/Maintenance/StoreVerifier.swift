import Documents
import Foundation
import GRDB
import SystemPackage

/// Holds the parts of a store against each other: documents, chunks, full text, vectors, segments,
/// and files where that is asked for.
struct StoreVerifier: Sendable {
  /// The documents that are read in one transaction.
  private static let batch = 64
  /// How far the length of a vector may be from one.
  private static let tolerance = 1e-3

  let catalog: Catalog
  /// The store's folder of segment files.
  let folder: String
  /// The words that postings keep whole.
  let vocabularies: VocabularyReader
  /// Whether files are compared with what was read of them.
  let comparesFiles: Bool

  private(set) var result = StoreVerification()

  init(
    catalog: Catalog, folder: String, vocabularies: VocabularyReader, comparesFiles: Bool
  ) {
    self.vocabularies = vocabularies
    self.catalog = catalog
    self.folder = folder
    self.comparesFiles = comparesFiles
  }

  /// Checks everything.
  ///
  /// - Complexity: O(bytes of the store), and of the files where they are compared.
  mutating func verify() throws {
    try checkDatabase()
    for collection in try catalog.read({ db in try catalog.collections(db) }) {
      try checkDocuments(of: collection)
      let index = IndexVerifier(
        catalog: catalog, collection: collection.name, folder: folder,
        vocabularies: vocabularies)
      let found = try index.verify()
      result.segments += found.segments
      for problem in found.problems {
        report(problem.code, problem.message, collection.name)
      }
    }
  }

  private mutating func report(
    _ code: String, _ message: String, _ collection: String? = nil, document: Int64? = nil
  ) {
    result.problems.append(
      .init(code: code, message: message, collection: collection, document: document))
  }

  // MARK: The database

  private mutating func checkDatabase() throws {
    let (damages, orphans) = try catalog.read { db in
      (
        try String.fetchAll(db, sql: "PRAGMA integrity_check(10)").filter { $0 != "ok" },
        try Int.fetchOne(
          db,
          sql: """
            SELECT count(*) FROM rag_chunks c WHERE NOT EXISTS (
              SELECT 1 FROM rag_documents d
              WHERE d.id = c.document_id AND d.collection_id = c.collection_id)
            """) ?? 0
      )
    }
    for damage in damages {
      report(
        "catalog-damaged",
        "\(catalog.path) is damaged (\(damage)): restore it from a backup, or remove the store's "
          + "folder and ingest again")
    }
    if orphans > 0 {
      report(
        "chunks-orphaned",
        "\(orphans) chunks belong to no document of their collection: run `hark verify --repair`")
    }
  }

  // MARK: Documents and their chunks

  private mutating func checkDocuments(of collection: CollectionRecord) throws {
    let ids = try catalog.documentIDs(in: collection.id)
    for start in stride(from: 0, to: ids.count, by: Self.batch) {
      try catalog.read { db in
        for id in ids[start...].prefix(Self.batch) { try check(id, collection, db) }
      }
    }
  }

  private mutating func check(_ id: Int64, _ collection: CollectionRecord, _ db: Database) throws {
    let stored: StoredDocument
    do {
      stored = try catalog.parsedDocument(id, db)
    } catch let error as HarkError where error.code == .documentMissing {
      return  // It was deleted meanwhile.
    } catch let error as HarkError {
      return report(error.code.rawValue, error.message, collection.name, document: id)
    }
    result.documents += 1
    let rows = try CatalogRow.fetchAll(
      db,
      sql: """
        SELECT chunk_index, start_byte, end_byte, start_scalar, end_scalar, content, embedding
        FROM rag_chunks WHERE document_id = ? ORDER BY chunk_index
        """, arguments: [id])
    let counted = try Int.fetchOne(
      db, sql: "SELECT chunk_count FROM rag_documents WHERE id = ?", arguments: [id])
    result.chunks += rows.count
    let fault = chunkFault(rows, counted: counted ?? 0, in: stored.document, collection)
    if let fault {
      report(
        "chunks-invalid",
        "\(fault) in document \(id) (\(stored.name)): run `hark verify --repair`", collection.name,
        document: id)
    }
    if comparesFiles, case .file(let path) = stored.location {
      compare(path, stored, id, collection)
    }
  }

  /// What is wrong with the chunks of a document; nil where nothing is.
  private func chunkFault(
    _ rows: [CatalogRow], counted: Int, in document: Document, _ collection: CollectionRecord
  ) -> String? {
    guard rows.count == counted else {
      return "\(rows.count) chunks are there where \(counted) were counted"
    }
    let text = Array(document.text.utf8)
    var scalars = ScalarOffsets(document.text)
    for (index, row) in rows.enumerated() {
      let place = "chunk \(index)"
      guard (try? row[0]) == index else { return "\(place) is missing" }
      guard let start: Int = try? row[1], let end: Int = try? row[2],
        0 <= start, start < end, end <= text.count,
        let content: String = try? row[5],
        content.utf8.elementsEqual(text[start..<end])
      else { return "the text of \(place) is not the document's text in its range" }
      let range = scalars.range(of: start..<end)
      guard (try? row[3]) == range.lowerBound,
        (try? row[4]) == range.upperBound
      else { return "the position of \(place) in scalars is not that in bytes" }
      guard let data: Data = try? row[6],
        isSound(data, dimension: collection.dimension ?? 0)
      else { return "the vector of \(place) is not one of the collection's model" }
    }
    return nil
  }

  private func isSound(_ data: Data, dimension: Int) -> Bool {
    var vector: [Float] = []
    guard EmbeddingBlob.append(data, to: &vector) == dimension else { return false }
    let length = vector.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    return abs(length - 1) <= Self.tolerance
  }

  // MARK: Files

  private mutating func compare(
    _ path: String, _ stored: StoredDocument, _ id: Int64, _ collection: CollectionRecord
  ) {
    result.files += 1
    do {
      let file = try OpenedFile(FilePath(path), name: path)
      guard try file.hash() != stored.contentHash else { return }
      report(
        "file-differs", "\(path) has changed since document \(id) was read of it: ingest it again",
        collection.name, document: id)
    } catch {
      report(
        "file-missing", "the file of document \(id) cannot be read: \(error.message)",
        collection.name, document: id)
    }
  }
}
