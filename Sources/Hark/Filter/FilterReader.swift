internal import Documents
internal import Foundation

/// Reads a filter from JSON, and refuses what is not one with an error that names the place.
struct FilterReader {
  private var conditions = 0

  /// Reads a filter.
  ///
  /// - Parameters:
  ///   - place: where it stands, for messages.
  ///   - depth: how many filters it stands in, itself included.
  ///   - isNested: whether keys are the names of members of an object.
  /// - Throws: `filter-invalid`.
  mutating func filter(
    _ json: JSONValue, at place: String, depth: Int = 1, isNested: Bool = false
  ) throws(HarkError) -> SearchFilter {
    guard depth <= SearchFilter.depthLimit else {
      throw .filter(
        place, "stands in \(depth - 1) filters: \(SearchFilter.depthLimit) are the limit")
    }
    let members = try Self.members(
      json, at: place, of: ["must", "should", "must_not", "min_should"])
    func list(
      _ name: String, _ reader: inout FilterReader
    ) throws(HarkError) -> [SearchFilter.Condition] {
      guard let value = members[name] else { return [] }
      return try reader.conditions(
        value, at: "\(place).\(name)", depth: depth, isNested: isNested)
    }
    var filter = SearchFilter(
      must: try list("must", &self), should: try list("should", &self),
      mustNot: try list("must_not", &self))
    if let minShould = members["min_should"] {
      let place = "\(place).min_should"
      let parts = try Self.members(minShould, at: place, of: ["conditions", "min_count"])
      guard let given = parts["conditions"] else {
        throw .filter("\(place).conditions", "is missing: give a list of conditions")
      }
      let conditions = try conditions(
        given, at: "\(place).conditions", depth: depth, isNested: isNested)
      guard let count = parts["min_count"].flatMap(Self.integer), count >= 1 else {
        throw .filter("\(place).min_count", "has to be a whole number of at least 1")
      }
      filter.minShould = .init(conditions, minCount: Int(count))
    }
    return filter
  }

  private mutating func conditions(
    _ json: JSONValue, at place: String, depth: Int, isNested: Bool
  ) throws(HarkError) -> [SearchFilter.Condition] {
    guard case .array(let elements) = json else {
      throw .filter(place, "has to be a list of conditions, and is \(json.kind)")
    }
    var conditions: [SearchFilter.Condition] = []
    for (index, element) in elements.enumerated() {
      conditions.append(
        try condition(element, at: "\(place)[\(index)]", depth: depth, isNested: isNested))
    }
    return conditions
  }

  private mutating func condition(
    _ json: JSONValue, at place: String, depth: Int, isNested: Bool
  ) throws(HarkError) -> SearchFilter.Condition {
    conditions += 1
    guard conditions <= SearchFilter.conditionLimit else {
      throw .filter(
        place, "is one condition too many: \(SearchFilter.conditionLimit) are the limit")
    }
    guard case .object(let members) = json else {
      throw .filter(place, "has to be an object, and is \(json.kind)")
    }
    if members["key"] != nil {
      return try keyed(json, at: place, isNested: isNested)
    }
    if !Set(members.keys).isDisjoint(with: ["must", "should", "must_not", "min_should"]) {
      return .filter(try filter(json, at: place, depth: depth + 1, isNested: isNested))
    }
    let names =
      isNested
      ? ["exists", "filter", "is_empty"]
      : ["exists", "filter", "has_document_id", "has_id", "is_empty", "nested"]
    let known = try Self.members(json, at: place, of: names)
    guard known.count == 1, let (name, value) = known.first else {
      throw .filter(
        place,
        "has to have a key with match or range, or one of \(names.joined(separator: ", "))")
    }
    let inner = "\(place).\(name)"
    switch name {
    case "exists", "is_empty":
      let parts = try Self.members(value, at: inner, of: ["key"])
      let key = try Self.key(parts["key"], at: "\(inner).key", isNested: isNested).name
      return name == "exists" ? .exists(key) : .isEmpty(key)
    case "has_id": return .hasID(try Self.ids(value, at: inner))
    case "has_document_id": return .hasDocumentID(try Self.ids(value, at: inner))
    case "nested":
      let parts = try Self.members(value, at: inner, of: ["key", "filter"])
      let (key, known) = try Self.key(parts["key"], at: "\(inner).key", isNested: false)
      guard case .metadata? = known, known?.kind == .any else {
        throw .filter(
          "\(inner).key", "is “\(key)”, which holds no objects: give metadata.KEY")
      }
      guard let filter = parts["filter"] else {
        throw .filter("\(inner).filter", "is missing: give a filter over the object's keys")
      }
      return .nested(
        key, try self.filter(filter, at: "\(inner).filter", depth: depth + 1, isNested: true))
    default:
      return .filter(try filter(value, at: inner, depth: depth + 1, isNested: isNested))
    }
  }

  // MARK: Conditions on a key

  private func keyed(
    _ json: JSONValue, at place: String, isNested: Bool
  ) throws(HarkError) -> SearchFilter.Condition {
    let members = try Self.members(json, at: place, of: ["key", "match", "range"])
    let (key, known) = try Self.key(members["key"], at: "\(place).key", isNested: isNested)
    let kind = known?.kind ?? .any
    switch (members["match"], members["range"]) {
    case (let match?, nil):
      return .match(key, try Self.match(match, at: "\(place).match", of: key, known, kind))
    case (nil, let range?):
      return .range(key, try Self.bounds(range, at: "\(place).range", of: key, kind))
    default:
      throw .filter(place, "has to have match or range, one of the two")
    }
  }

  private static func match(
    _ json: JSONValue, at place: String, of key: String, _ known: FilterKey?, _ kind: FilterKey.Kind
  ) throws(HarkError) -> SearchFilter.Match {
    let members = try members(json, at: place, of: ["value", "any", "except", "text", "prefix"])
    guard members.count == 1, let (name, value) = members.first else {
      throw .filter(place, "has to have one of value, any, except, text, prefix")
    }
    let place = "\(place).\(name)"
    switch name {
    case "value": return .value(try self.value(value, at: place, of: key, known, kind))
    case "any", "except":
      guard case .array(let elements) = value else {
        throw .filter(place, "has to be a list of values, and is \(value.kind)")
      }
      guard elements.count <= SearchFilter.valueLimit else {
        throw .filter(
          place, "has \(elements.count) values: \(SearchFilter.valueLimit) are the limit")
      }
      var values: [MetadataValue] = []
      values.reserveCapacity(elements.count)
      for (index, element) in elements.enumerated() {
        // The place is put together only for an error: there may be many values.
        do throws(HarkError) {
          values.append(try self.value(element, at: place, of: key, known, kind))
        } catch {
          throw try whole(error) { () throws(HarkError) in
            _ = try self.value(element, at: "\(place)[\(index)]", of: key, known, kind)
          }
        }
      }
      return name == "any" ? .any(values) : .except(values)
    default:
      guard kind == .text || kind == .any else {
        throw .filter(place, "is about a text, and \(key) holds \(kind.plural): use range or value")
      }
      guard case .string(let text) = value, !text.isEmpty else {
        throw .filter(place, "has to be a text that is not empty, and is \(value.kind)")
      }
      return name == "text" ? .text(text) : .prefix(text)
    }
  }

  /// The error that a second attempt throws.
  private static func whole(
    _ error: HarkError, _ body: () throws(HarkError) -> Void
  ) throws(HarkError) -> HarkError {
    try body()
    return error
  }

  private static func value(
    _ json: JSONValue, at place: String, of key: String, _ known: FilterKey?, _ kind: FilterKey.Kind
  ) throws(HarkError) -> MetadataValue {
    func mismatch(_ wanted: String) -> HarkError {
      .filter(place, "has to be \(wanted), as \(key) holds \(kind.plural), and is \(json.kind)")
    }
    switch (kind, json) {
    case (.text, .string(let text)): return .text(try self.text(text, at: place, of: known))
    case (.text, _): throw mismatch("a text")
    case (.number, .number(let number)) where number.rounded() == number: return .number(number)
    case (.number, _): throw mismatch("a whole number")
    case (.date, .string(let text)):
      guard let date = ISO8601.normalForm(of: text) else { throw mismatch(dateForm) }
      return .date(date)
    case (.date, _): throw mismatch(dateForm)
    case (.any, .string(let text)): return MetadataValue(text)
    case (.any, .number(let number)): return .number(number)
    case (.any, .boolean(let boolean)): return .boolean(boolean)
    case (.any, _):
      throw .filter(place, "has to be a text, a number, true or false, and is \(json.kind)")
    }
  }

  /// A text as values of the key are written.
  private static func text(
    _ text: String, at place: String, of key: FilterKey?
  ) throws(HarkError) -> String {
    switch key {
    case .field(.fileType):
      let types = FileType.allCases.map(\.rawValue)
      guard types.contains(text) else {
        throw .filter(
          place,
          "is “\(text.prefix(bytes: 100).onOneLine)”: file_type is one of "
            + types.joined(separator: ", "))
      }
      return text
    case .field(.language), .metadata(MetadataKey.language.rawValue):
      guard let tag = LanguageTag.normalForm(of: text) else {
        throw .filter(
          place,
          "is “\(text.prefix(bytes: 100).onOneLine)”, which is no language tag: write ko or en-US")
      }
      return tag
    default: return text
    }
  }

  private static let dateForm = "a date such as 2024-05-01 or 2024-05-01T08:30:00Z"

  private static func bounds(
    _ json: JSONValue, at place: String, of key: String, _ kind: FilterKey.Kind
  ) throws(HarkError) -> SearchFilter.Bounds {
    guard kind != .text else {
      throw .filter(place, "is about numbers or dates, and \(key) holds texts: use match")
    }
    let members = try members(json, at: place, of: ["gt", "gte", "lt", "lte"])
    guard !members.isEmpty else {
      throw .filter(place, "has to have at least one of gt, gte, lt, lte")
    }
    var bounds: [String: MetadataValue] = [:]
    for (name, value) in members.sorted(by: { $0.key < $1.key }) {
      let place = "\(place).\(name)"
      switch value {
      case .number(let number) where kind != .date: bounds[name] = .number(number)
      case .string(let text) where kind != .number:
        guard let date = ISO8601.normalForm(of: text) else {
          throw .filter(
            place,
            "is “\(text.prefix(bytes: 100).onOneLine)”, which is no date: write \(dateForm)")
        }
        bounds[name] = .date(date)
      default:
        let wanted =
          kind == .number ? "a number" : kind == .date ? dateForm : "a number, or \(dateForm)"
        throw .filter(place, "has to be \(wanted), and is \(value.kind)")
      }
    }
    let numbers = bounds.values.count { if case .number = $0 { true } else { false } }
    guard numbers == 0 || numbers == bounds.count else {
      throw .filter(place, "has a number and a date: give bounds of one kind")
    }
    return SearchFilter.Bounds(
      greater: bounds["gt"], atLeast: bounds["gte"], less: bounds["lt"], atMost: bounds["lte"])
  }

  // MARK: Parts

  /// The members of an object that may have these and no others.
  private static func members(
    _ json: JSONValue, at place: String, of names: [String]
  ) throws(HarkError) -> [String: JSONValue] {
    guard case .object(let members) = json else {
      throw .filter(place, "has to be an object, and is \(json.kind)")
    }
    if let unknown = members.keys.filter({ !names.contains($0) }).min() {
      throw .filter(
        "\(place).\(unknown.prefix(bytes: 100).onOneLine)",
        "is unknown: \(place) may have \(names.joined(separator: ", "))")
    }
    return members
  }

  private static func key(
    _ json: JSONValue?, at place: String, isNested: Bool
  ) throws(HarkError) -> (name: String, key: FilterKey?) {
    guard case .string(let name)? = json, !name.isEmpty else {
      throw .filter(place, json == nil ? "is missing" : "has to be a text that is not empty")
    }
    if isNested { return (name.precomposedStringWithCanonicalMapping, nil) }
    guard let key = FilterKey(name) else {
      throw .filter(
        place,
        "is “\(name.prefix(bytes: 100).onOneLine)”, and there is no such key: give one of "
          + FilterKey.names)
    }
    return (name.precomposedStringWithCanonicalMapping, key)
  }

  private static func ids(_ json: JSONValue, at place: String) throws(HarkError) -> [Int64] {
    guard case .array(let elements) = json else {
      throw .filter(place, "has to be a list of ids, and is \(json.kind)")
    }
    guard elements.count <= SearchFilter.valueLimit else {
      throw .filter(
        place, "has \(elements.count) values: \(SearchFilter.valueLimit) are the limit")
    }
    var ids: [Int64] = []
    for (index, element) in elements.enumerated() {
      guard let id = integer(element) else {
        throw .filter("\(place)[\(index)]", "has to be a whole number, and is \(element.kind)")
      }
      ids.append(id)
    }
    return ids
  }

  private static func integer(_ json: JSONValue) -> Int64? {
    guard case .number(let number) = json, number.magnitude <= PlainScalar.numberLimit else {
      return nil
    }
    return Int64(exactly: number)
  }
}

extension JSONValue {
  /// What kind of value it is, for messages.
  fileprivate var kind: String {
    switch self {
    case .null: "null"
    case .boolean: "true or false"
    case .number(let number): "the number \(number)"
    case .string(let text): "the text “\(text.prefix(bytes: 100).onOneLine)”"
    case .array: "a list"
    case .object: "an object"
    }
  }
}

extension FilterKey.Kind {
  fileprivate var plural: String {
    switch self {
    case .text: "texts"
    case .number: "numbers"
    case .date: "dates"
    case .any: "values of any kind"
    }
  }
}

extension HarkError {
  /// A filter cannot be used because of what stands at a place.
  fileprivate static func filter(_ place: String, _ problem: String) -> HarkError {
    HarkError(.filterInvalid, "\(place) \(problem)")
  }
}
