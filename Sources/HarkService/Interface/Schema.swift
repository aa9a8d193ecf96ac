/// The form of a JSON value: what a parameter may be, and what a result is.
///
/// One description serves the documentation, `hark api schema` and the tests. It is the part of
/// JSON Schema (draft 2020-12) that the interface needs.
indirect enum Schema: Sendable {
  /// Anything.
  case any
  /// True or false.
  case boolean
  /// A whole number, in a range where one is set.
  case integer(ClosedRange<Int>?)
  /// A number.
  case number
  /// A text.
  case string
  /// One of some texts.
  case choice([String])
  /// A list.
  case list(Schema)
  /// An object with these members and no others.
  case object([Field])
  /// An object with members of any names and one form.
  case map(Schema)
  /// One of the forms in ``records``, by its name.
  case record(String)
  /// The form, or null.
  case optional(Schema)

  /// A whole number of any size.
  static var integer: Schema { .integer(nil) }

  /// The form, or null.
  var orNull: Schema { .optional(self) }
}

/// A parameter of a method, or a member of an object.
struct Field: Sendable {
  /// The name.
  let name: String
  /// The form of the value.
  let schema: Schema
  /// What it is, in a sentence or two.
  let summary: String
  /// Whether it has to be there.
  let isRequired: Bool
  /// What holds where it is not given.
  let fallback: JSON?

  /// A field that is always there.
  static func required(_ name: String, _ schema: Schema, _ summary: String) -> Field {
    Field(name: name, schema: schema, summary: summary, isRequired: true, fallback: nil)
  }

  /// A field that may be left out.
  ///
  /// - Parameter fallback: what holds then, where that is one value.
  static func optional(
    _ name: String, _ schema: Schema, _ summary: String, default fallback: JSON? = nil
  ) -> Field {
    Field(name: name, schema: schema, summary: summary, isRequired: false, fallback: fallback)
  }
}

extension Schema {
  /// The form in the words of JSON Schema.
  var json: JSON {
    switch self {
    case .any: [:]
    case .boolean: ["type": "boolean"]
    case .integer(nil): ["type": "integer"]
    case .integer(let range?):
      [
        "type": "integer", "minimum": .integer(Int64(range.lowerBound)),
        "maximum": .integer(Int64(range.upperBound)),
      ]
    case .number: ["type": "number"]
    case .string: ["type": "string"]
    case .choice(let values): ["type": "string", "enum": .array(values.map(JSON.string))]
    case .list(let element): ["type": "array", "items": element.json]
    case .object(let fields): Self.object(fields)
    case .map(let element): ["type": "object", "additionalProperties": element.json]
    case .record(let name): ["$ref": .string("#/components/schemas/\(name)")]
    case .optional(let schema): ["anyOf": [schema.json, ["type": "null"]]]
    }
  }

  private static func object(_ fields: [Field]) -> JSON {
    let properties = fields.map { field in
      (field.name, field.schema.json.adding("description", .string(field.summary)))
    }
    return [
      "type": "object", "additionalProperties": false,
      "properties": .object(Dictionary(properties) { first, _ in first }),
      "required": .array(fields.filter(\.isRequired).map { .string($0.name) }),
    ]
  }

  /// The form in a word or two for people: `integer, 1 to 1000`.
  var name: String {
    switch self {
    case .any: "any JSON"
    case .boolean: "boolean"
    case .integer(nil): "integer"
    case .integer(let range?): "integer, \(range.lowerBound) to \(range.upperBound)"
    case .number: "number"
    case .string: "string"
    case .choice(let values): values.map { "`\($0)`" }.joined(separator: ", ")
    case .list(let element): "list of \(element.name)"
    case .object(let fields): "{" + fields.map(\.name).joined(separator: ", ") + "}"
    case .map(let element): "object of \(element.name)"
    case .record(let name): "[\(name)](#\(name.lowercased()))"
    case .optional(let schema): "\(schema.name), or null"
    }
  }
}

extension JSON {
  /// An object with one more member.
  func adding(_ name: String, _ value: JSON) -> JSON {
    guard case .object(var members) = self else { return self }
    members[name] = value
    return .object(members)
  }
}
