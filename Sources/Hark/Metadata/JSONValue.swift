/// A JSON value of any kind.
indirect enum JSONValue: Sendable, Hashable, Decodable {
  case null
  case boolean(Bool)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// How deep a value may be; what lies deeper is left out, so that depth costs no stack. Whoever
  /// reads a value refuses less.
  static let depthLimit = 100

  init(from decoder: any Decoder) throws {
    self = try Self(decoder, depth: 1)
  }

  private init(_ decoder: any Decoder, depth: Int) throws {
    let isLeaf = depth == Self.depthLimit
    if let scalar = try Self.scalar(decoder.singleValueContainer()) {
      self = scalar
    } else if let object = try? decoder.container(keyedBy: AnyKey.self) {
      var members: [String: JSONValue] = [:]
      for key in isLeaf ? [] : object.allKeys {
        members[key.stringValue] = try Self(object.superDecoder(forKey: key), depth: depth + 1)
      }
      self = .object(members)
    } else {
      var list = try decoder.unkeyedContainer()
      var elements: [JSONValue] = []
      while !isLeaf, !list.isAtEnd {
        elements.append(try Self(list.superDecoder(), depth: depth + 1))
      }
      self = .array(elements)
    }
  }

  /// The value where it is neither an object nor a list, the likeliest kinds first: each attempt
  /// that fails costs a microsecond.
  ///
  /// - Throws: `DecodingError` for a number that is too large.
  private static func scalar(_ container: any SingleValueDecodingContainer) throws -> JSONValue? {
    if container.decodeNil() { return .null }
    if let string = try? container.decode(String.self) { return .string(string) }
    do {
      return .number(try container.decode(Double.self))
    } catch DecodingError.typeMismatch {
      return (try? container.decode(Bool.self)).map(JSONValue.boolean)
    }
  }
}

/// A key of any name.
struct AnyKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(_ name: String) { stringValue = name }
  init(stringValue: String) { self.init(stringValue) }
  init?(intValue: Int) { nil }
}
