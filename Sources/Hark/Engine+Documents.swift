import Crypto
import Documents
public import Foundation
import Machine
import SystemPackage

/// A document that a program hands over, by an id of its own.
public struct SourceDocument: Sendable {
  /// What the document is made of.
  public enum Content: Sendable {
    /// Plain text, under a heading where it has one.
    case text(String, heading: String? = nil)
    /// The bytes of a file, and the extension that tells its format: `pdf`, `html`, `md`, `txt`.
    case file(Data, extension: String)
  }

  /// The program's own id, at most 1,024 bytes.
  public var externalID: String
  /// The name that citations show; nil for the id.
  public var name: String?
  /// What the document is made of.
  public var content: Content
  /// What is said of it, beyond what it says itself.
  public var metadata: DocumentMetadata

  /// Makes a document.
  public init(
    externalID: String, name: String? = nil, content: Content,
    metadata: DocumentMetadata = DocumentMetadata()
  ) {
    self.externalID = externalID
    self.name = name
    self.content = content
    self.metadata = metadata
  }
}

extension Engine {
  /// Adds documents that a program holds, each in the place of the one with its id.
  ///
  /// A document whose content and metadata are those of the store is left alone. One that cannot be
  /// read is in the report with its id as the path; the others are taken.
  ///
  /// - Parameters:
  ///   - documents: the documents; of several with one id the last one counts.
  ///   - collection: the collection that takes them.
  /// - Throws: `invalid-argument`, `collection-missing`, `store-locked`, `model-missing`,
  ///   `model-mismatch`, `disk-full`.
  @discardableResult
  public func upsert(
    _ documents: [SourceDocument], into collection: String = CollectionRecord.defaultName,
    waitForOtherWriter: Bool = false, progress: (@Sendable (IngestProgress) -> Void)? = nil
  ) async throws(HarkError) -> IngestReport {
    try await HarkError.wrapping {
      let documents = try documents.map { try $0.checked() }
      let payload = IngestPayload(collection: collection, documents: documents.count)
      return try await performing(.ingest, payload, wait: waitForOtherWriter) { task in
        try await upsert(documents, into: collection, as: task, progress)
      }
    }
  }

  /// The same under the writer's lock, as a task, with documents that were checked.
  func upsert(
    _ documents: [SourceDocument], into collection: String, as task: RunningTask,
    _ progress: (@Sendable (IngestProgress) -> Void)?
  ) async throws -> IngestReport {
    let clock = ContinuousClock()
    let start = clock.now
    let memory = MemorySampler()
    let scope = try catalog.read { db in try catalog.scope(collection, db) }
    var report = IngestReport()
    report.counts.filesSeen = documents.count
    let new = try newDocuments(documents, in: scope, &report)
    if !new.isEmpty {
      try task.begin()
      let model = try await bound(scope)
      let cutter = scope.cutter(for: model)
      let prepared = try await prepare(new, cutter, &report)
      var ingestor = try await ingestor(scope, model, report, task, progress)
      try await ingestor.run(prepared)
      report = ingestor.report
    }
    report.task = task.id
    report.seconds = (clock.now - start) / .seconds(1)
    report.peakMemoryBytes = memory.finish()
    return report
  }

  /// Deletes documents with their chunks and vectors, all or none.
  ///
  /// - Parameters:
  ///   - ids: the documents.
  ///   - requestKey: makes a retry harmless, for seven days: it returns what the first call did.
  /// - Returns: the number of chunks deleted.
  /// - Throws: `document-missing`, `store-locked`, `invalid-argument`, `request-key-reused`.
  @discardableResult
  public func deleteDocuments(
    _ ids: [Int64], requestKey: String? = nil, waitForOtherWriter: Bool = false
  ) async throws(HarkError) -> Int {
    let key = try requestKey.map { key throws(HarkError) in
      let ids = Set(ids).sorted().map(String.init)
      return try RequestKey(key, "delete", ids.joined(separator: ","))
    }
    // A retry waits for no writer.
    let known = try await detached { catalog in
      try catalog.read { db in try catalog.result(of: key, db) }
    }
    if let known { return Int(known) }
    return try await HarkError.wrapping {
      try await writing(wait: waitForOtherWriter) { try await delete(ids, key) }
    }
  }

  /// Deletes documents that a program handed over, by its own ids; unknown ids are passed over.
  ///
  /// - Returns: the number of documents deleted.
  /// - Throws: `collection-missing`, `store-locked`.
  @discardableResult
  public func deleteDocuments(
    externalIDs: [String], from collection: String = CollectionRecord.defaultName,
    waitForOtherWriter: Bool = false
  ) async throws(HarkError) -> Int {
    try await HarkError.wrapping {
      try await writing(wait: waitForOtherWriter) {
        let ids = try catalog.read { db in
          let scope = try catalog.scope(collection, db)
          return try Set(
            externalIDs.compactMap { try catalog.externalDocument($0, in: scope.id, db)?.id })
        }
        _ = try await delete(ids.sorted(), nil)
        return ids.count
      }
    }
  }

  private func delete(_ ids: [Int64], _ key: RequestKey?) async throws -> Int {
    let (catalog, index) = (catalog, index)
    return try await WorkerPool.detached {
      let chunks = try catalog.deleteDocuments(ids, key)
      // The deletion is done; a seal that fails now is done by the next writer.
      for collection in try catalog.read({ db in try catalog.collections(db) }) {
        try? index.seal(collection.id)
      }
      return chunks
    }
  }

  /// The documents that the catalog does not hold as they are, of those with one id the last.
  private func newDocuments(
    _ documents: [SourceDocument], in scope: CollectionScope, _ report: inout IngestReport
  ) throws -> [NewDocument] {
    // By bytes, as the catalog compares ids: two forms of one character are two ids.
    var newest: [[UInt8]: Int] = [:]
    for (index, document) in documents.enumerated() {
      newest[Array(document.externalID.utf8)] = index
    }
    return try catalog.read { db in
      try documents.enumerated().compactMap { index, document in
        guard newest[Array(document.externalID.utf8)] == index else { return nil }
        let known = try catalog.externalDocument(document.externalID, in: scope.id, db)
        guard let known else {
          return NewDocument(document: document, isKnown: false)
        }
        if known.contentHash == document.contentHash {
          report.counts.unchanged += 1
          return nil
        }
        return NewDocument(document: document, isKnown: true)
      }
    }
  }

  /// Parses and cuts documents; those that cannot be read go to the report.
  private func prepare(
    _ documents: [NewDocument], _ cutter: DocumentCutter, _ report: inout IngestReport
  ) async throws -> [PreparedDocument] {
    var prepared: [PreparedDocument] = []
    let parser = try parser()
    for new in documents {
      let document = new.document
      do {
        let parsed = try await document.parsed(by: parser)
        prepared.append(
          try await WorkerPool.detached {
            PreparedDocument(
              location: .external(document.externalID), name: document.name ?? document.externalID,
              stamp: FileStamp(size: document.byteCount, modified: 0), sidecar: nil,
              contentHash: document.contentHash, document: parsed, beside: nil,
              stated: document.metadata, cutter: cutter)
          })
        if new.isKnown { report.counts.changed += 1 } else { report.counts.added += 1 }
      } catch let error as DocumentError where !error.concernsParser {
        report.failures.append(
          IngestFailure(
            filePath: document.externalID, code: error.code.rawValue, message: error.message))
      }
    }
    return prepared
  }
}

/// A document that the catalog does not hold as it is.
private struct NewDocument: Sendable {
  let document: SourceDocument
  /// Whether the catalog holds another content of it.
  let isKnown: Bool
}

extension SourceDocument {
  /// The same with its metadata in normal form.
  ///
  /// - Throws: `invalid-argument`, `metadata-invalid`.
  func checked() throws(HarkError) -> SourceDocument {
    guard (1...1024).contains(externalID.utf8.count) else {
      throw HarkError(
        .invalidArgument,
        "an external id has \(externalID.utf8.count) bytes: give one of 1 to 1,024 bytes")
    }
    if case .file(_, let name) = content, FileType(path: "document.\(name)") == nil {
      throw HarkError(
        .invalidArgument,
        "\(externalID): Hark does not read files with the extension \(name.debugDescription): give "
          + "pdf, html, md or txt")
    }
    var checked = self
    checked.metadata = try metadata.checked(as: externalID)
    return checked
  }

  /// The bytes of the content.
  var byteCount: Int64 {
    switch content {
    case .text(let text, let heading): Int64(text.utf8.count + (heading?.utf8.count ?? 0))
    case .file(let data, _): Int64(data.count)
    }
  }

  /// The SHA-256 of content, name and metadata: where it is the same, so is the document.
  fileprivate var contentHash: Data {
    var hash = SHA256()
    switch content {
    case .text(let text, let heading):
      hash.update(data: Data("\(heading ?? "")\n\n".utf8))
      hash.update(data: Data(text.utf8))
    case .file(let data, let type):
      hash.update(data: Data("\(type)\n".utf8))
      hash.update(data: data)
    }
    let about = "\(name ?? "")\n\((try? Catalog.json(metadata)) ?? "")"
    hash.update(data: Data(about.utf8))
    return Data(hash.finalize())
  }

  /// What the content says.
  fileprivate func parsed(by parser: DocumentParser) async throws -> Document {
    switch content {
    case .text(let text, let heading):
      let title = heading?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
      let whole = title.isEmpty ? text : "\(title)\n\n\(text)"
      guard whole.contains(where: { !$0.isWhitespace }) else {
        throw DocumentError(.noText, "\(externalID) has no text. Give it some, or leave it out.")
      }
      let range = 0..<title.utf8.count
      return Document(
        text: whole,
        headings: title.isEmpty ? [] : [.init(range: range, level: 1, title: title)],
        fileType: .text)
    case .file(let data, let name):
      let type = FileType(path: "document.\(name)") ?? .text
      let file = FileManager.default.temporaryDirectory.appending(path: "hark-\(UUID())")
      try data.write(to: file)
      defer { try? FileManager.default.removeItem(at: file) }
      let descriptor = try DocumentParser.open(FilePath(file.path), name: externalID)
      defer { try? descriptor.close() }
      return try await parser.parse(descriptor, name: externalID, as: type)
    }
  }
}
