internal import Documents
internal import Foundation

extension DocumentMetadata: Codable {
  /// Reads the flat JSON object.
  ///
  /// - Throws: `DecodingError` where a key or value breaks the rules of
  ///   ``init(json:source:)-(Data,_)``.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: AnyKey.self)
    // Several sources together may have more fields than each of them.
    var reader = MetadataReader(fieldLimit: .max)
    for key in container.allKeys {
      do {
        try reader.set(key.stringValue, to: container.decode(JSONValue.self, forKey: key))
      } catch let problem as MetadataProblem {
        throw DecodingError.dataCorruptedError(
          forKey: key, in: container, debugDescription: problem.sentence(about: key.stringValue))
      }
    }
    self = reader.metadata
  }

  /// Writes the flat JSON object: what has a value, and null for what is removed.
  ///
  /// - Throws: `EncodingError` for a number that is not finite, and for a field whose key is one of
  ///   the known ones.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: AnyKey.self)
    for name in removed { try container.encodeNil(forKey: AnyKey(name)) }
    for (name, value) in fields {
      guard MetadataKey(name: name) == nil else {
        throw EncodingError.invalidValue(
          value,
          .init(codingPath: [AnyKey(name)], debugDescription: "The key has a meaning of its own."))
      }
      try container.encode(value, forKey: AnyKey(name))
    }
    let texts: [(MetadataKey, String?)] = [
      (.title, title), (.author, author), (.language, language), (.created, created),
      (.modified, modified), (.sourceURL, sourceURL),
    ]
    for (key, text) in texts {
      if let text { try container.encode(text, forKey: AnyKey(key.rawValue)) }
    }
    if !tags.isEmpty { try container.encode(tags, forKey: AnyKey(MetadataKey.tags.rawValue)) }
  }
}

extension DocumentMetadata {
  /// The values of a JSON object by key.
  ///
  /// - Throws: `metadata-invalid`.
  static func values(
    _ json: Data, source: String
  ) throws(HarkError) -> [String: JSONValue] {
    func invalid(_ what: String, cause: (any Error)? = nil) -> HarkError {
      HarkError(.metadataInvalid, "\(source) \(what)", cause: cause)
    }
    guard json.count <= byteLimit else {
      throw invalid("has \(json.count) bytes, and \(byteLimit) are the limit: shorten it")
    }
    var bytes = Array(json)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    // Foundation would take zero bytes for a sign of UTF-16.
    guard String(validating: bytes, as: UTF8.self) != nil, !bytes.contains(0) else {
      throw invalid("is not UTF-8 text: save it as UTF-8")
    }
    let values: [String: JSONValue]
    do {
      values = try JSONDecoder().decode([String: JSONValue].self, from: Data(bytes))
    } catch DecodingError.dataCorrupted {
      throw invalid("is no JSON: mend its syntax\(syntaxError(in: bytes))")
    } catch {
      throw invalid("is no JSON object: write it as {\"key\": \"value\"}", cause: error)
    }
    if let key = DuplicateKey.first(in: bytes) {
      throw invalid("has the key “\(key.prefix(bytes: 100))” twice: keep one of the two")
    }
    return values
  }
}

extension DocumentMetadata {
  /// What is wrong with a text that is no JSON, in parentheses, where that is known.
  private static func syntaxError(in bytes: [UInt8]) -> String {
    // The decoder does not say; the older parser does.
    do {
      _ = try JSONSerialization.jsonObject(with: Data(bytes))
      return ""
    } catch {
      let reason = (error as NSError).userInfo["NSDebugDescription"] as? String
      return reason.map { " (\($0.prefix(bytes: 200)))" } ?? ""
    }
  }
}

/// Keys that stand twice in a JSON object, which JSON decoders pass over in silence.
private enum DuplicateKey {
  /// The first key of the outermost object that stands twice.
  ///
  /// - Parameter json: An object that a decoder has accepted.
  /// - Complexity: O(*n*).
  static func first(in json: [UInt8]) -> String? {
    var keys: Set<String> = []
    var depth = 0
    var isKey = true
    var index = 0
    while index < json.count {
      switch json[index] {
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      case UInt8(ascii: ","): isKey = depth == 1
      case UInt8(ascii: "\""):
        let start = index
        index += 1
        while index < json.count, json[index] != UInt8(ascii: "\"") {
          index += json[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard isKey, depth == 1 else { break }
        isKey = false
        // Keys are told apart as they are read, with their escapes resolved.
        let literal = Data(json[start...min(index, json.count - 1)])
        if let key = try? JSONDecoder().decode(String.self, from: literal),
          !keys.insert(key).inserted
        {
          return key
        }
      default: break
      }
      index += 1
    }
    return nil
  }
}
