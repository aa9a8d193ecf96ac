internal import Documents
internal import Foundation

/// Puts metadata together from keys and values, and refuses what breaks its rules.
struct MetadataReader {
  /// What has been read so far.
  private(set) var metadata = DocumentMetadata()
  /// The name under which each of the fixed fields came.
  private var names: [MetadataKey: String] = [:]

  /// The most fields of the user's own that one source may have, removals included.
  static let fieldLimit = 1000
  /// The most bytes of a key.
  private static let keyByteLimit = 200
  /// The most bytes of a title or author.
  private static let lineLimit = 1000
  /// The most bytes of a tag.
  private static let tagByteLimit = 200

  private let fieldLimit: Int

  /// Makes a reader of one source, or of several that were put together where there is no limit.
  init(fieldLimit: Int = Self.fieldLimit) {
    self.fieldLimit = fieldLimit
  }

  /// Takes the value of a key; null removes it.
  mutating func set(_ name: String, to value: JSONValue) throws(MetadataProblem) {
    if let key = MetadataKey(name: name) {
      if let earlier = names.updateValue(name, forKey: key) {
        throw MetadataProblem(
          "stands for the same as “\(earlier)”", "keep one of the two")
      }
      try set(key, to: value)
      return
    }
    let key = try Self.checked(key: name)
    guard metadata.fields.count + metadata.removed.count < fieldLimit else {
      throw MetadataProblem(
        "is one field too many", "keep to \(fieldLimit) fields")
    }
    if case .null = value {
      metadata.removed.insert(key)
    } else {
      metadata.fields[key] = try MetadataValue(value)
    }
  }

  /// A key of the user's own as it is kept.
  static func checked(key name: String) throws(MetadataProblem) -> String {
    guard name.utf8.count <= Self.keyByteLimit else {
      throw MetadataProblem(
        "has a key longer than \(Self.keyByteLimit) bytes", "give it a shorter one")
    }
    guard !name.isEmpty, name == name.trimmingCharacters(in: .whitespaces),
      name.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
    else {
      throw MetadataProblem(
        "has a key that is empty or has blanks at its ends or control characters",
        "give it a name of letters and digits")
    }
    // What two systems write as different bytes is one key to people.
    return name.precomposedStringWithCanonicalMapping
  }

  private mutating func set(_ key: MetadataKey, to value: JSONValue) throws(MetadataProblem) {
    switch key {
    case .title: metadata.title = try Self.line(value)
    case .author: metadata.author = try Self.author(value)
    case .language: metadata.language = try Self.language(value)
    case .created: metadata.created = try Self.date(value)
    case .modified: metadata.modified = try Self.date(value)
    case .tags: metadata.tags = try Self.tags(value)
    case .sourceURL: metadata.sourceURL = try Self.sourceURL(value)
    }
    if Self.isNothing(value) { metadata.removed.insert(key.rawValue) }
  }

  /// Whether a value says that a fixed field has none.
  private static func isNothing(_ value: JSONValue) -> Bool {
    switch value {
    case .null: true
    case .string(let text): text.allSatisfy(\.isWhitespace)
    case .array(let elements): elements.allSatisfy(isNothing)
    default: false
    }
  }

  /// The text of a value, nil for null and blanks.
  private static func line(_ value: JSONValue) throws(MetadataProblem) -> String? {
    if isNothing(value) { return nil }
    guard case .string(let text) = value else {
      throw MetadataProblem("is no text", "write it in quotes, or null to remove it")
    }
    return try text.checked(limit: lineLimit).onOneLine
  }

  private static func author(_ value: JSONValue) throws(MetadataProblem) -> String? {
    guard case .array(let elements) = value else { return try line(value) }
    var names: [String] = []
    for element in elements {
      if let name = try line(element) { names.append(name) }
    }
    return names.isEmpty ? nil : try names.joined(separator: ", ").checked(limit: lineLimit)
  }

  private static func language(_ value: JSONValue) throws(MetadataProblem) -> String? {
    guard let text = try line(value) else { return nil }
    guard let tag = LanguageTag.normalForm(of: text) else {
      throw MetadataProblem("is no language tag", "write it as in BCP 47: ko, en-US")
    }
    return tag
  }

  private static func date(_ value: JSONValue) throws(MetadataProblem) -> String? {
    guard let text = try line(value) else { return nil }
    guard let date = ISO8601.normalForm(of: text, allowsSpace: true) else {
      throw MetadataProblem(
        "is no date", "write it as in ISO 8601: 2024-05-01 or 2024-05-01T08:30:00+09:00")
    }
    return date
  }

  private static func sourceURL(_ value: JSONValue) throws(MetadataProblem) -> String? {
    if isNothing(value) { return nil }
    guard case .string(let text) = value, let address = SourceURL.normalForm(of: text) else {
      throw MetadataProblem(
        "is no address of at most \(SourceURL.byteLimit) bytes",
        "write it in full, as https://example.org/page")
    }
    return address
  }

  /// Tags from a list, or from one text with commas between them.
  private static func tags(_ value: JSONValue) throws(MetadataProblem) -> [String] {
    if isNothing(value) { return [] }
    var texts: [String] = []
    switch value {
    case .string(let text): texts = text.split(separator: ",").map(String.init)
    case .array(let elements):
      for element in elements {
        guard case .string(let text) = element else {
          throw MetadataProblem("has a tag that is no text", "write each tag in quotes")
        }
        texts.append(text)
      }
    default: throw MetadataProblem("is no list of texts", "write it as [\"one\", \"two\"]")
    }
    var tags: [String] = []
    var known: Set<String> = []
    for text in texts {
      let tag = try text.checked(limit: tagByteLimit).onOneLine
      if !tag.isEmpty, known.insert(tag).inserted { tags.append(tag) }
    }
    guard tags.count <= MetadataValue.elementLimit else {
      throw MetadataProblem("has \(tags.count) tags", "keep to \(MetadataValue.elementLimit)")
    }
    return tags
  }
}
