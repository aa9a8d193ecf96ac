import Foundation

/// What a queued ingest is to do: ``Engine/enqueue(_:priority:notBefore:requestKey:)`` takes it.
public struct IngestRequest: Sendable {
  /// What is taken into the collection.
  public enum Source: Sendable {
    /// Files and folders by their absolute paths, as ``Engine/ingest(_:options:progress:)`` takes
    /// them by default: the collection is kept in step with them.
    case paths([String])
    /// Documents that a program holds, as ``Engine/upsert(_:into:waitForOtherWriter:progress:)``
    /// takes them.
    case documents([SourceDocument])
  }

  /// The most bytes that a request may have as JSON, which is how the catalog keeps it: files count
  /// as base64.
  public static let maximumBytes = 64 << 20
  /// The most paths in a request.
  public static let maximumPaths = 1_000

  /// What is taken into the collection.
  public var source: Source
  /// The collection that takes it.
  public var collection: String

  /// Makes a request.
  public init(_ source: Source, into collection: String = CollectionRecord.defaultName) {
    self.source = source
    self.collection = collection
  }
}

/// What an ingest was asked to do, as its task tells it.
struct IngestPayload: Encodable, Sendable {
  var collection: String
  var paths: [String]?
  var documents: Int?
}

extension IngestRequest {
  /// The same in the form in which it is carried out, and as the catalog keeps it.
  ///
  /// - Throws: `invalid-argument`, `path-missing`, `metadata-invalid`.
  func checked() throws(HarkError) -> (payload: IngestPayload, input: Data) {
    var stored = StoredIngest(collection: collection)
    var payload = IngestPayload(collection: collection)
    switch source {
    case .paths(let paths):
      try Self.check(paths)
      (stored.paths, payload.paths) = (paths, paths)
    case .documents(let documents):
      try Self.check(documents)
      stored.documents = try documents.map { document throws(HarkError) in
        StoredIngest.Document(try document.checked())
      }
      payload.documents = documents.count
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let input: Data
    do {
      input = try encoder.encode(stored)
    } catch {
      throw HarkError(wrapping: error)
    }
    try Self.check(bytes: input.count)
    return (payload, input)
  }

  private static func check(_ paths: [String]) throws(HarkError) {
    guard (1...maximumPaths).contains(paths.count) else {
      throw HarkError(
        .invalidArgument, "there are \(paths.count) paths: give 1 to \(maximumPaths) of them")
    }
    for path in paths {
      guard path.hasPrefix("/") else {
        throw HarkError(
          .invalidArgument,
          "the path \(path.debugDescription) is not absolute: another process than yours reads it, "
            + "so begin it with /")
      }
      guard !path.utf8.contains(0), FileManager.default.fileExists(atPath: path) else {
        throw HarkError(
          .pathMissing, "\(path) does not exist or cannot be reached: check the path's spelling")
      }
    }
  }

  private static func check(_ documents: [SourceDocument]) throws(HarkError) {
    guard !documents.isEmpty else {
      throw HarkError(.invalidArgument, "there are no documents: give at least one")
    }
    // Told before the JSON is made, which never has fewer bytes.
    try check(bytes: documents.reduce(0) { $0 + Int($1.byteCount) + $1.externalID.utf8.count })
  }

  private static func check(bytes: Int) throws(HarkError) {
    guard bytes <= maximumBytes else {
      throw HarkError(
        .invalidArgument,
        "the request has \(bytes) bytes as JSON, and \(maximumBytes) are the limit: make several of "
          + "it")
    }
  }
}

// MARK: The stored form

extension IngestRequest {
  /// Reads what the catalog keeps; nil where it is damaged.
  init?(stored: Data) {
    guard let stored = try? JSONDecoder().decode(StoredIngest.self, from: stored) else {
      return nil
    }
    switch (stored.paths, stored.documents) {
    case (let paths?, nil): self.init(.paths(paths), into: stored.collection)
    case (nil, let documents?):
      self.init(.documents(documents.map(\.document)), into: stored.collection)
    default: return nil
    }
  }
}

/// A request as JSON: `{"collection", "paths"}` or `{"collection", "documents"}`.
private struct StoredIngest: Codable {
  struct Document: Codable {
    var externalID: String
    var name: String?
    var heading: String?
    var text: String?
    /// The bytes of a file, as base64.
    var file: Data?
    var type: String?
    var metadata: DocumentMetadata?

    enum CodingKeys: String, CodingKey {
      case name, heading, text, file, type, metadata
      case externalID = "external_id"
    }
  }

  var collection: String
  var paths: [String]?
  var documents: [Document]?
}

extension StoredIngest.Document {
  init(_ document: SourceDocument) {
    externalID = document.externalID
    name = document.name
    metadata = document.metadata.isEmpty ? nil : document.metadata
    switch document.content {
    case .text(let text, let heading): (self.text, self.heading) = (text, heading)
    case .file(let data, let type): (file, self.type) = (data, type)
    }
  }

  var document: SourceDocument {
    SourceDocument(
      externalID: externalID, name: name,
      content: file.map { .file($0, extension: type ?? "") }
        ?? .text(text ?? "", heading: heading),
      metadata: metadata ?? DocumentMetadata())
  }
}
