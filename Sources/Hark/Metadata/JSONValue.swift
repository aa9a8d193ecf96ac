/// A JSON value of any kind, as far as metadata can use it: what is in objects and in lists within
/// lists is not kept.
enum JSONValue: Decodable {
  case null
  case boolean(Bool)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object

  init(from decoder: any Decoder) throws {
    if var elements = try? decoder.unkeyedContainer() {
      var values: [JSONValue] = []
      while !elements.isAtEnd { values.append(try elements.decode(Element.self).value) }
      self = .array(values)
    } else {
      self = try Element(from: decoder).value
    }
  }

  /// A value that is not looked into, so that depth costs no stack.
  private struct Element: Decodable {
    let value: JSONValue

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if container.decodeNil() {
        value = .null
      } else if let boolean = try? container.decode(Bool.self) {
        value = .boolean(boolean)
      } else if (try? decoder.container(keyedBy: AnyKey.self)) != nil {
        value = .object
      } else if (try? decoder.unkeyedContainer()) != nil {
        value = .array([])
      } else {
        do {
          value = .string(try container.decode(String.self))
        } catch DecodingError.typeMismatch {
          // Only a number is left; where it is too large for one, the error says so.
          value = .number(try container.decode(Double.self))
        }
      }
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
