import Documents

/// A value of a YAML block, as JSON has them.
indirect enum YAMLValue: Encodable {
  case null
  case boolean(Bool)
  case number(Double)
  case text(String)
  case list([YAMLValue])
  case mapping([String: YAMLValue])

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .boolean(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .text(let value): try container.encode(value)
    case .list(let values): try container.encode(values)
    case .mapping(let values): try container.encode(values)
    }
  }
}

/// Reads the values of a YAML block from its events, within bounds.
///
/// Plain scalars are `true`, `false`, null (`~`, `null` or nothing) and the numbers of JSON, as in
/// YAML 1.2; all else is text, so `no` is a word and `007` keeps its zeros. Aliases and tags are
/// refused: a few lines of aliases can stand for more values than memory holds.
struct YAMLReader: ~Copyable {
  private static let depthLimit = 16
  private static let keyLimit = 1000

  private var events: YAMLEvents
  private var keyCount = 0

  /// Makes a reader of a block.
  init(_ block: String) throws(YAMLProblem) {
    events = try YAMLEvents(block)
  }

  /// The line that was read last, from 0.
  var line: Int { events.line }

  /// Reads the one document of the block; nil where there is none.
  mutating func read() throws(YAMLProblem) -> YAMLValue? {
    guard case .documentStart = try events.next() else { return nil }
    let value = try read(try events.next(), depth: 1, isVerbatim: false)
    guard case .streamEnd = try events.next() else {
      throw problem("a second document begins")
    }
    return value
  }

  private mutating func read(
    _ event: YAMLEvent, depth: Int, isVerbatim: Bool
  ) throws(YAMLProblem) -> YAMLValue {
    guard depth <= Self.depthLimit else {
      throw problem("its values are nested deeper than \(Self.depthLimit)")
    }
    switch event {
    case .scalar(let word, let isPlain, let tag):
      try check(tag, is: "str")
      return Self.scalar(word, isPlain: isPlain && tag == nil, isVerbatim: isVerbatim)
    case .sequenceStart(let tag):
      try check(tag, is: "seq")
      var values: [YAMLValue] = []
      while true {
        let next = try events.next()
        if case .end = next { return .list(values) }
        values.append(try read(next, depth: depth + 1, isVerbatim: isVerbatim))
      }
    case .mappingStart(let tag):
      try check(tag, is: "map")
      return .mapping(try readMapping(depth: depth))
    case .alias: throw problem("aliases (*name) are not read")
    case .documentStart, .end, .streamEnd: throw problem("it ends too early")
    }
  }

  private mutating func readMapping(depth: Int) throws(YAMLProblem) -> [String: YAMLValue] {
    var values: [String: YAMLValue] = [:]
    while true {
      let key: String
      switch try events.next() {
      case .end: return values
      case .scalar(let word, _, let tag):
        try check(tag, is: "str")
        key = word
      case .alias: throw problem("aliases (*name) are not read")
      default: throw problem("a key is no text")
      }
      keyCount += 1
      guard keyCount <= Self.keyLimit else {
        throw problem("it has more than \(Self.keyLimit) keys")
      }
      // What these keys hold is text by its meaning: a title may be 1984.
      let isVerbatim = depth == 1 && MetadataKey(name: key) != nil
      let value = try read(try events.next(), depth: depth + 1, isVerbatim: isVerbatim)
      guard values.updateValue(value, forKey: key) == nil else {
        throw problem("the key “\(key.prefix(bytes: 100))” stands twice")
      }
    }
  }

  private static func scalar(_ word: String, isPlain: Bool, isVerbatim: Bool) -> YAMLValue {
    guard isPlain else { return .text(word) }
    if ["", "~", "null", "Null", "NULL"].contains(word) { return .null }
    guard !isVerbatim else { return .text(word) }
    return switch PlainScalar(word) {
    case .boolean(let value): .boolean(value)
    case .number(let value): .number(value)
    case .text(let value): .text(value)
    }
  }

  /// Refuses tags but the one that says what the value is anyway.
  private func check(_ tag: String?, is kind: String) throws(YAMLProblem) {
    guard let tag, tag != "tag:yaml.org,2002:\(kind)", tag != "!" else { return }
    throw problem("tags (!name) are not read")
  }

  private func problem(_ reason: String) -> YAMLProblem {
    YAMLProblem(reason: reason, line: line)
  }
}
