internal import Documents

/// The value of a field that users give their documents: text, a number, yes or no, a date, an
/// object of these, or a list of these.
///
/// As JSON a value is plain: a string, a number, `true` or `false`, an object, an array. JSON knows no dates,
/// so a string that is an ISO 8601 date as a whole is one, wherever it comes from.
public enum MetadataValue: Sendable, Hashable {
  /// Text of any language.
  case text(String)
  /// A finite number, at most 2⁵³ − 1 in magnitude.
  case number(Double)
  /// Yes or no.
  case boolean(Bool)
  /// A calendar date (`2024-05-01`) or a point in time in UTC and whole seconds
  /// (`2024-05-01T08:30:00Z`). The order of the strings is the order in time.
  case date(String)
  /// Values none of which is a list.
  case list([MetadataValue])
  /// Named values none of which is an object, nor a list of objects; at least one.
  case object([String: MetadataValue])

  /// The value that a string stands for: a date where it is one as a whole, else text.
  ///
  /// Dates are brought into the form that ``date(_:)`` describes; a time without an offset counts as
  /// UTC.
  public init(_ string: String) {
    self = ISO8601.normalForm(of: string).map(Self.date) ?? .text(string)
  }
}

extension MetadataValue: Codable {
  /// Reads plain JSON.
  ///
  /// - Throws: `DecodingError` for null, an object in an object, a list in a list, and what breaks
  ///   the limits of metadata.
  public init(from decoder: any Decoder) throws {
    do {
      self = try Self(JSONValue(from: decoder))
    } catch let problem as MetadataProblem {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: problem.what))
    }
  }

  /// Writes plain JSON.
  ///
  /// - Throws: `EncodingError` for a number that is not finite.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .text(let text), .date(let text): try container.encode(text)
    // Adding zero makes -0 the 0 that it equals.
    case .number(let number): try container.encode(number + 0)
    case .boolean(let boolean): try container.encode(boolean)
    case .list(let values): try container.encode(values)
    case .object(let members): try container.encode(members)
    }
  }
}

extension MetadataValue {
  /// The most bytes of the text in a value, and the most elements of a list or members of an object.
  static let (byteLimit, elementLimit) = (64 << 10, 1000)

  /// Takes a value from JSON, within the limits.
  init(_ json: JSONValue) throws(MetadataProblem) {
    var bytes = 0
    self = try Self(json, isMember: false, &bytes)
  }

  /// - Parameters:
  ///   - isMember: whether the value is one of an object, and so may hold none.
  ///   - bytes: the text so far.
  private init(_ json: JSONValue, isMember: Bool, _ bytes: inout Int) throws(MetadataProblem) {
    guard case .array(let elements) = json else {
      self = try Self(single: json, isMember: isMember, &bytes)
      return
    }
    guard elements.count <= Self.elementLimit else {
      throw MetadataProblem(
        "is a list of \(elements.count) values", "keep it to \(Self.elementLimit)")
    }
    var values: [MetadataValue] = []
    for element in elements {
      values.append(try Self(single: element, isMember: isMember, &bytes))
    }
    self = .list(values)
  }

  private init(single json: JSONValue, isMember: Bool, _ bytes: inout Int) throws(MetadataProblem) {
    switch json {
    case .string(let text):
      bytes += text.utf8.count
      guard bytes <= Self.byteLimit else { throw .tooLong(limit: Self.byteLimit) }
      self = Self(try text.checked(limit: Self.byteLimit))
    case .boolean(let value): self = .boolean(value)
    case .number(let number):
      guard number.magnitude <= PlainScalar.numberLimit else {
        throw MetadataProblem(
          "is a number that cannot be kept exactly", "write it in quotes, as text")
      }
      self = .number(number)
    case .array:
      throw MetadataProblem("is a list with lists in it", "give one list of texts and numbers")
    case .null:
      throw MetadataProblem("is a list or an object with null in it", "leave the null out")
    case .object(let members): self = try Self(members, isMember: isMember, &bytes)
    }
  }

  private init(
    _ members: [String: JSONValue], isMember: Bool, _ bytes: inout Int
  ) throws(MetadataProblem) {
    guard !isMember else {
      throw MetadataProblem(
        "is an object with objects in it", "give one object of texts, numbers and lists of these")
    }
    guard 1...Self.elementLimit ~= members.count else {
      throw MetadataProblem(
        "is an object of \(members.count) values", "give it 1 to \(Self.elementLimit)")
    }
    var values: [String: MetadataValue] = [:]
    for (name, value) in members.sorted(by: { $0.key < $1.key }) {
      bytes += name.utf8.count
      let key = try MetadataReader.checked(key: name)
      values[key] = try Self(value, isMember: true, &bytes)
    }
    self = .object(values)
  }
}
