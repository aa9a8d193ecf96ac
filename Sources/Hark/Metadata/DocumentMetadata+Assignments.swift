internal import Documents
internal import Foundation

extension DocumentMetadata {
  /// Reads assignments of the form `key=value`, as the command line has them.
  ///
  /// A value is `true` or `false`, a number, an ISO 8601 date, a list (`[a, b]`, or the same key
  /// several times), or else text; `"in quotes"` it is text as it stands, but for dates, which JSON
  /// cannot tell from text. `key=` removes the key. What the known keys hold (see
  /// ``init(json:source:)-(Data,_)``) is text by its meaning, a title of `1984` included.
  ///
  /// - Parameter assignments: Keys of letters, digits, `_`, `-` and `.`, the first of them a letter.
  /// - Throws: `invalid-argument`, naming the assignment.
  public init(assignments: [String]) throws(HarkError) {
    var values: [String: [JSONValue]] = [:]
    var last: [String: String] = [:]
    for assignment in assignments {
      let (name, value) = try Self.parse(assignment)
      let key = MetadataKey(name: name)?.rawValue ?? name.precomposedStringWithCanonicalMapping
      last[key] = assignment
      // An empty value takes back what stood before it.
      if case .null = value { values[key] = [] } else { values[key, default: []].append(value) }
    }
    var reader = MetadataReader()
    for (key, given) in values.sorted(by: { $0.key < $1.key }) {
      do throws(MetadataProblem) {
        try reader.set(key, to: try Self.joined(given, of: key))
      } catch {
        throw Self.invalid(last[key] ?? key, error.sentence(about: key))
      }
    }
    self = reader.metadata
  }

  /// One value of all that a key was given.
  private static func joined(
    _ given: [JSONValue], of key: String
  ) throws(MetadataProblem) -> JSONValue {
    guard let first = given.first else { return .null }
    guard given.count > 1 else { return first }
    let known = MetadataKey(rawValue: key)
    guard known == nil || known == .author || known == .tags else {
      throw MetadataProblem("is given \(given.count) times", "give it once")
    }
    return .array(
      given.flatMap { value in
        if case .array(let elements) = value { elements } else { [value] }
      })
  }

  private static func parse(_ assignment: String) throws(HarkError) -> (String, JSONValue) {
    guard let equals = assignment.firstIndex(of: "=") else {
      throw invalid(assignment, "it has no equals sign: write it as key=value")
    }
    let name = String(assignment[..<equals])
    let isName = name.unicodeScalars.allSatisfy { scalar in
      scalar.properties.isAlphabetic || scalar.properties.numericType != nil
        || scalar.properties.generalCategory == .nonspacingMark
        || "_-.".unicodeScalars.contains(scalar)
    }
    guard isName, name.unicodeScalars.first?.properties.isAlphabetic == true else {
      throw invalid(
        assignment, "a key has letters, digits, _, - and ., and begins with a letter: rename it")
    }
    let text = assignment[assignment.index(after: equals)...]
      .trimmingCharacters(in: .whitespacesAndNewlines)
    if text.isEmpty { return (name, .null) }
    let known = MetadataKey(name: name)
    if known == nil || known == .author || known == .tags, text.hasPrefix("["), text.hasSuffix("]")
    {
      guard let words = words(of: text.dropFirst().dropLast()) else {
        throw invalid(
          assignment, "its list has a quote without an end, or a list in it: write it as [a, b]")
      }
      return (name, .array(words.map { value(of: $0, isVerbatim: known != nil) }))
    }
    return (name, value(of: text, isVerbatim: known != nil))
  }

  /// The value of a word, which is text where it is in quotes or the key asks for text.
  private static func value(of word: String, isVerbatim: Bool) -> JSONValue {
    if word.utf8.count >= 2, word.hasPrefix("\""), word.hasSuffix("\"") {
      return .string(String(word.dropFirst().dropLast()))
    }
    guard !isVerbatim else { return .string(word) }
    return switch PlainScalar(word) {
    case .boolean(let value): .boolean(value)
    case .number(let value): .number(value)
    case .text(let value): .string(value)
    }
  }

  /// The words of a list, separated by commas outside quotes; nil where it makes no sense.
  private static func words(of list: Substring) -> [String]? {
    var words = [""]
    var isQuoted = false
    for character in list {
      if character == "\"" { isQuoted.toggle() }
      if character == ",", !isQuoted {
        words.append("")
      } else {
        words[words.count - 1].append(character)
      }
    }
    words = words.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
    guard !isQuoted, !words.contains(where: { $0.hasPrefix("[") }) else { return nil }
    return words.filter { !$0.isEmpty }
  }

  private static func invalid(_ assignment: String, _ reason: String) -> HarkError {
    HarkError(
      .invalidArgument, "the metadata “\(assignment.prefix(bytes: 200))” cannot be used: \(reason)")
  }
}
