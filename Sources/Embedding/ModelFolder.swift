internal import Foundation
internal import Machine

/// The folder of a sentence-transformers model, and how its files are read.
struct ModelFolder: Sendable {
  /// The path of the folder.
  let path: String
  /// The last component of the path, which names the model.
  let name: String

  /// No configuration file of a BERT model comes near this size, in bytes.
  private static let largestFile = 64 << 20

  init(_ path: String) throws(EmbeddingError) {
    let url = URL(filePath: path, directoryHint: .isDirectory).standardizedFileURL
    self.path = url.path(percentEncoded: false)
    name = url.lastPathComponent
    // The dot makes sure of a folder, be it behind a symbolic link.
    guard FileManager.default.fileExists(atPath: url.path(percentEncoded: false) + "/.")
    else {
      throw EmbeddingError(
        code: .fileMissing,
        message: "There is no model folder \(path). \(EmbeddingError.fetchAgain)")
    }
  }

  /// The full path of a file of the model.
  func file(_ name: String) -> String {
    path.hasSuffix("/") ? path + name : path + "/" + name
  }

  /// Whether the model has a file of that name.
  func has(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: file(name))
  }

  /// The bytes of a file of the model.
  func contents(_ name: String) throws(EmbeddingError) -> Data {
    let mapped = try map(name)
    guard mapped.count <= Self.largestFile else {
      throw EmbeddingError(
        code: .fileInvalid,
        message: "\(file(name)) is larger than 64 MiB. \(EmbeddingError.fetchAgain)")
    }
    return unsafe mapped.bytes.withUnsafeBytes { unsafe Data($0) }
  }

  /// A file of the model in memory.
  func map(_ name: String) throws(EmbeddingError) -> MappedFile {
    do {
      return try MappedFile(file(name))
    } catch {
      throw EmbeddingError(
        code: .fileMissing,
        message: "The model lacks a file: \(error.message) \(EmbeddingError.fetchAgain)",
        cause: error)
    }
  }

  /// The contents of a JSON file of the model.
  func json<Value: Decodable>(
    _ name: String, as type: Value.Type
  ) throws(EmbeddingError) -> Value {
    try Self.json(contents(name), of: file(name), as: type)
  }

  /// Decodes JSON, and names the field when that fails.
  static func json<Value: Decodable>(
    _ data: Data, of file: String, as type: Value.Type
  ) throws(EmbeddingError) -> Value {
    do {
      return try JSONDecoder().decode(type, from: data)
    } catch {
      let problem: String
      switch error {
      case DecodingError.keyNotFound(let key, let context):
        problem = "the field \(fieldPath(context.codingPath + [key])) is missing"
      case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
        DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty:
        problem = "the field \(fieldPath(context.codingPath)) has a value of another kind"
      default:
        problem = "this is not valid JSON"
      }
      throw EmbeddingError(
        code: .fileInvalid, message: "\(file): \(problem). \(EmbeddingError.fetchAgain)",
        cause: error)
    }
  }

  private static func fieldPath(_ path: [any CodingKey]) -> String {
    path.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
  }
}
