import CYAML

/// What happens in a YAML stream, in order.
enum YAMLEvent {
  /// A document begins; there may be several.
  case documentStart
  case sequenceStart(tag: String?)
  case mappingStart(tag: String?)
  /// The open sequence or mapping ends.
  case end
  /// A scalar; `isPlain` where it has no quotes and so may mean a number.
  case scalar(String, isPlain: Bool, tag: String?)
  /// A reference to an earlier value.
  case alias
  /// Nothing follows.
  case streamEnd
}

/// Why a YAML block cannot be used.
struct YAMLProblem: Error {
  /// What is wrong, as the end of a sentence.
  var reason: String
  /// The line in the block, from 0.
  var line: Int
}

/// The parser of libyaml (YAML 1.1, and 1.2 where they agree), as a source of events.
///
/// Events are read one by one, so that a block is left at the first thing in it that is not
/// allowed: nothing is composed from aliases, and no depth costs stack.
@safe struct YAMLEvents: ~Copyable {
  /// On the heap, for the parser keeps pointers to itself.
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let text: UnsafeMutableBufferPointer<UInt8>
  /// The line of the last event, from 0.
  private(set) var line = 0

  /// Makes a source of the events of a text.
  init(_ text: String) throws(YAMLProblem) {
    let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: text.utf8.count)
    _ = unsafe bytes.initialize(from: text.utf8)
    unsafe self.text = bytes
    unsafe parser = .allocate(capacity: 1)
    unsafe parser.initialize(to: yaml_parser_t())
    guard unsafe yaml_parser_initialize(parser) == 1 else {
      throw YAMLProblem(reason: "it takes too much memory", line: 0)
    }
    unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    unsafe yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
  }

  deinit {
    unsafe yaml_parser_delete(parser)
    unsafe parser.deallocate()
    unsafe text.deallocate()
  }

  /// Reads the next event.
  mutating func next() throws(YAMLProblem) -> YAMLEvent {
    while true {
      var event = unsafe yaml_event_t()
      guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw problem }
      defer { unsafe yaml_event_delete(&event) }
      line = Int(clamping: unsafe event.start_mark.line)
      switch unsafe event.type {
      case YAML_DOCUMENT_START_EVENT: return .documentStart
      case YAML_SEQUENCE_START_EVENT:
        return .sequenceStart(tag: unsafe Self.string(event.data.sequence_start.tag))
      case YAML_MAPPING_START_EVENT:
        return .mappingStart(tag: unsafe Self.string(event.data.mapping_start.tag))
      case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: return .end
      case YAML_SCALAR_EVENT:
        let scalar = unsafe event.data.scalar
        let value = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
        return unsafe .scalar(
          String(decoding: value, as: UTF8.self),
          isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE, tag: Self.string(scalar.tag))
      case YAML_ALIAS_EVENT: return .alias
      case YAML_STREAM_END_EVENT, YAML_NO_EVENT: return .streamEnd
      default: continue
      }
    }
  }

  /// What the parser complains of.
  private var problem: YAMLProblem {
    let reason = unsafe parser.pointee.problem.map { unsafe String(cString: $0) }
    return YAMLProblem(
      reason: reason ?? "it takes too much memory",
      line: Int(clamping: unsafe parser.pointee.problem_mark.line))
  }

  private static func string(_ text: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    guard let text = unsafe text else { return nil }
    return unsafe String(decodingCString: text, as: UTF8.self)
  }
}
