internal import Documents

/// The value of a field that users give their documents: text, a number, yes or no, a date, or a
/// list of these.
///
/// As JSON a value is plain: a string, a number, `true` or `false`, an array. JSON knows no dates,
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
  /// - Throws: `DecodingError` for null, an object, a list in a list, and what breaks the limits of
  ///   metadata.
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
    }
  }
}

extension MetadataValue {
  /// The most bytes of the text in a value, and the most elements of a list.
  static let (byteLimit, elementLimit) = (64 << 10, 1000)

  /// Takes a value from JSON, within the limits.
  init(_ json: JSONValue) throws(MetadataProblem) {
    guard case .array(let elements) = json else {
      self = try Self(scalar: json)
      return
    }
    guard elements.count <= Self.elementLimit else {
      throw MetadataProblem(
        "is a list of \(elements.count) values", "keep it to \(Self.elementLimit)")
    }
    var values: [MetadataValue] = []
    var bytes = 0
    for element in elements {
      let value = try Self(scalar: element)
      if case .text(let text) = value { bytes += text.utf8.count }
      guard bytes <= Self.byteLimit else { throw .tooLong(limit: Self.byteLimit) }
      values.append(value)
    }
    self = .list(values)
  }

  private init(scalar json: JSONValue) throws(MetadataProblem) {
    switch json {
    case .string(let text): self = Self(try text.checked(limit: Self.byteLimit))
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
      throw MetadataProblem("is a list with null in it", "leave the null out")
    case .object:
      throw MetadataProblem(
        "is an object", "give a text, a number, true, false, a date or a list of these")
    }
  }
}
