import Documents
import Foundation
import VectorIndex

/// What filters ask of the chunks of a collection, as it stood at one generation.
///
/// Immutable; the documents that did not change are shared with the state before.
struct FilterAttributes: Sendable {
  /// The generation of the store.
  let generation: Int64
  /// The documents by their ids.
  let documents: [Int64: DocumentAttributes]
  /// All chunks.
  let chunks: KeySet
}

/// What filters ask of a document and its chunks.
final class DocumentAttributes: Sendable {
  /// What changes with every change of a document or its chunks.
  struct Stamp: Hashable {
    let updatedAt: String
    let modified: Int64
  }

  struct Chunk {
    let id: Int64
    let firstPage: Int
    let lastPage: Int
    let heading: String?
  }

  let id: Int64
  let stamp: Stamp
  let name: String
  let path: String?
  let externalID: String?
  let fileType: String
  let fileSize: Int64
  let pageCount: Int
  let title: String?
  let language: String?
  let createdAt: String
  /// The document's metadata by keys.
  let metadata: [String: JSONValue]
  let chunks: [Chunk]

  init(
    row: CatalogRow, chunks: [Chunk], metadata: (String) -> [String: JSONValue]
  ) throws {
    id = try row[0]
    stamp = try Stamp(updatedAt: row[1], modified: row[2])
    name = try row[3]
    path = try row[orNil: 4]
    externalID = try row[orNil: 5]
    fileType = try row[6]
    fileSize = try row[7]
    pageCount = try row[8]
    title = try row[orNil: 9]
    language = try row[orNil: 10]
    createdAt = try row[11]
    self.metadata = metadata(try row[12])
    self.chunks = chunks
  }

  /// The document's values under a key; none for a field of chunks.
  func values(of key: FilterKey, collection: String) -> [MetadataValue] {
    switch key {
    case .field(let field): value(of: field, collection: collection).map { [$0] } ?? []
    case .metadata(let name): MetadataPath.values(of: name, in: metadata, as: key.kind)
    }
  }

  private func value(of field: FilterKey.Field, collection: String) -> MetadataValue? {
    switch field {
    case .path: path.map(MetadataValue.text)
    case .name: .text(name)
    case .fileType: .text(fileType)
    case .language: language.map(MetadataValue.text)
    case .title: title.map(MetadataValue.text)
    case .externalID: externalID.map(MetadataValue.text)
    case .collection: .text(collection)
    case .createdAt: ISO8601.normalForm(of: createdAt).map(MetadataValue.date)
    case .updatedAt: ISO8601.normalForm(of: stamp.updatedAt).map(MetadataValue.date)
    // A document that a program handed over was written by no file.
    case .modifiedAt:
      path == nil
        ? nil
        : ISO8601.text(seconds: (Double(stamp.modified) / 1e9).rounded(.down).wholeSeconds)
          .map(MetadataValue.date)
    case .fileSize: .number(Double(fileSize))
    case .pageCount: pageCount > 0 ? .number(Double(pageCount)) : nil
    case .documentID: .number(Double(id))
    case .heading, .pageNumber, .chunkID: nil
    }
  }
}

extension Double {
  /// The number as whole seconds, within what a time can be.
  fileprivate var wholeSeconds: Int64 { Int64(max(-1e12, min(1e12, self))) }
}

/// Finds the values under a key of metadata.
enum MetadataPath {
  /// The values under a name: those of a list are values each.
  ///
  /// Where no key has the name, a key before one of its dots may hold an object, or a list of
  /// objects, with a key after the dot.
  static func values(
    of name: String, in members: [String: JSONValue], as kind: FilterKey.Kind
  ) -> [MetadataValue] {
    if let json = members[name] { return elements(of: json).compactMap { value($0, as: kind) } }
    var dots = name[...]
    while let dot = dots.lastIndex(of: ".") {
      dots = name[..<dot]
      guard let json = members[String(dots)] else { continue }
      let rest = String(name[name.index(after: dot)...])
      return objects(of: json).flatMap { $0[rest].map(elements) ?? [] }
        .compactMap { value($0, as: kind) }
    }
    return []
  }

  /// The objects under a name.
  static func objects(of name: String, in members: [String: JSONValue]) -> [[String: JSONValue]] {
    members[name].map(objects) ?? []
  }

  private static func objects(of json: JSONValue) -> [[String: JSONValue]] {
    elements(of: json).compactMap { if case .object(let members) = $0 { members } else { nil } }
  }

  private static func elements(of json: JSONValue) -> [JSONValue] {
    if case .array(let elements) = json { elements } else { [json] }
  }

  /// What metadata cannot hold, as only damage can bring it about, is no value.
  private static func value(_ json: JSONValue, as kind: FilterKey.Kind) -> MetadataValue? {
    switch json {
    case .string(let text): kind == .text ? .text(text) : MetadataValue(text)
    case .number(let number): .number(number)
    case .boolean(let boolean): .boolean(boolean)
    case .object: .object([:])
    case .null, .array: nil
    }
  }
}
