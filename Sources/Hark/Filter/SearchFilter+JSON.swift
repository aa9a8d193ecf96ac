internal import Foundation

extension SearchFilter: Codable {
  /// Reads a filter.
  ///
  /// - Throws: ``HarkError`` with the code `filter-invalid`, which names the place of what is wrong:
  ///   `filter.must[1].range.gte`.
  public init(from decoder: any Decoder) throws {
    var path = decoder.codingPath[...]
    // Where the filter stands in the parameters of a request, they are what people see.
    if path.first?.stringValue == "params" { path.removeFirst() }
    let place = path.reduce(into: "") { place, key in
      place += key.intValue.map { "[\($0)]" } ?? (place.isEmpty ? "" : ".") + key.stringValue
    }
    var reader = FilterReader()
    self = try reader.filter(
      try JSONValue(from: decoder), at: place.isEmpty ? "filter" : place)
  }

  /// Reads a filter from JSON text.
  ///
  /// - Throws: `filter-invalid`.
  public init(json: String) throws(HarkError) {
    do {
      self = try JSONDecoder().decode(Self.self, from: Data(json.utf8))
    } catch let error as HarkError {
      throw error
    } catch {
      throw HarkError(
        .filterInvalid,
        "filter is no JSON: write it as {\"must\": [{\"key\": \"name\", \"match\": "
          + "{\"value\": \"a.pdf\"}}]}", cause: error)
    }
  }

  /// The filter as JSON text with sorted keys, which equal filters share.
  ///
  /// - Throws: `filter-invalid` for a number that is not finite.
  public func json() throws(HarkError) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    } catch {
      throw HarkError(
        .filterInvalid, "filter cannot be written: its numbers have to be finite", cause: error)
    }
  }

  /// The same filter, read again from JSON: what a program has put together keeps the rules that
  /// hold for JSON.
  ///
  /// - Throws: `filter-invalid`.
  public func checked() throws(HarkError) -> SearchFilter { try Self(json: json()) }

  /// Writes the filter; lists without conditions are left out.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: AnyKey.self)
    for (name, conditions) in [("must", must), ("should", should), ("must_not", mustNot)] {
      if !conditions.isEmpty { try container.encode(conditions, forKey: AnyKey(name)) }
    }
    guard let minShould else { return }
    var parts = container.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey("min_should"))
    try parts.encode(minShould.conditions, forKey: AnyKey("conditions"))
    try parts.encode(minShould.minCount, forKey: AnyKey("min_count"))
  }
}

extension SearchFilter.Condition: Encodable {
  /// Writes the condition in the form of Qdrant's.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: AnyKey.self)
    func about(_ name: String, _ key: String) throws {
      var part = container.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey(name))
      try part.encode(key, forKey: AnyKey("key"))
    }
    switch self {
    case .match(let key, let match):
      try container.encode(key, forKey: AnyKey("key"))
      var part = container.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey("match"))
      switch match {
      case .value(let value): try part.encode(value, forKey: AnyKey("value"))
      case .any(let values): try part.encode(values, forKey: AnyKey("any"))
      case .except(let values): try part.encode(values, forKey: AnyKey("except"))
      case .text(let text): try part.encode(text, forKey: AnyKey("text"))
      case .prefix(let text): try part.encode(text, forKey: AnyKey("prefix"))
      }
    case .range(let key, let bounds):
      try container.encode(key, forKey: AnyKey("key"))
      var part = container.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey("range"))
      try part.encodeIfPresent(bounds.greater, forKey: AnyKey("gt"))
      try part.encodeIfPresent(bounds.atLeast, forKey: AnyKey("gte"))
      try part.encodeIfPresent(bounds.less, forKey: AnyKey("lt"))
      try part.encodeIfPresent(bounds.atMost, forKey: AnyKey("lte"))
    case .isEmpty(let key): try about("is_empty", key)
    case .exists(let key): try about("exists", key)
    case .hasID(let ids): try container.encode(ids, forKey: AnyKey("has_id"))
    case .hasDocumentID(let ids): try container.encode(ids, forKey: AnyKey("has_document_id"))
    case .nested(let key, let filter):
      var part = container.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey("nested"))
      try part.encode(key, forKey: AnyKey("key"))
      try part.encode(filter, forKey: AnyKey("filter"))
    case .filter(let filter): try container.encode(filter, forKey: AnyKey("filter"))
    }
  }
}
