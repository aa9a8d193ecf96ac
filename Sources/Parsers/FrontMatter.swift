import Documents
import FoundationEssentials

/// The YAML block with which a Markdown file may begin, between lines of `---`.
///
/// A thematic break at the start of a file looks the same. It is one where a blank line follows (as
/// Pandoc has it), where no second line of `---` or `...` comes within the limit, and where what
/// lies between is no mapping.
struct FrontMatter {
  /// The block as a JSON object with sorted keys, where it could be read.
  var json: String?
  /// Why it could not be read.
  var warning: String?
  /// The text after the block, or all of it without a block.
  var body: String

  /// The most bytes of a block.
  private static let byteLimit = 64 << 10

  /// Splits a text with line feeds as line breaks.
  init(splitting text: String) {
    guard let (block, rest) = Self.split(text) else {
      body = text
      return
    }
    do throws(YAMLProblem) {
      var reader = try YAMLReader(block)
      switch try reader.read() {
      case .mapping(let values):
        json = try Self.json(values)
        body = rest
      case nil: body = rest
      default: body = text
      }
    } catch {
      guard Self.startsWithKey(block) else {
        body = text
        return
      }
      body = rest
      warning =
        "The YAML block at the start was left out: \(error.reason) (line \(error.line + 2)). "
        + "Mend it, or remove its lines of ---."
    }
  }

  /// The text between the lines of `---`, and the text after them.
  private static func split(_ text: String) -> (block: String, rest: String)? {
    let bytes = text.utf8
    guard let first = bytes.firstIndex(of: 0x0A), isFence(bytes[..<first], ["---"]) else {
      return nil
    }
    let start = bytes.index(after: first)
    var line = start
    while line < bytes.endIndex, bytes.distance(from: start, to: line) <= byteLimit {
      let end = bytes[line...].firstIndex(of: 0x0A) ?? bytes.endIndex
      if isFence(bytes[line..<end], ["---", "..."]) {
        let rest = end < bytes.endIndex ? text[bytes.index(after: end)...] : ""
        return (String(text[start..<line]), String(rest))
      }
      if line == start, bytes[line..<end].allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { return nil }
      guard end < bytes.endIndex else { return nil }
      line = bytes.index(after: end)
    }
    return nil
  }

  /// Whether a line is one of the fences, with nothing but blanks after it.
  private static func isFence(_ line: Substring.UTF8View, _ fences: [String]) -> Bool {
    fences.contains { fence in
      line.starts(with: fence.utf8)
        && line.dropFirst(fence.utf8.count).allSatisfy { $0 == 0x20 || $0 == 0x09 }
    }
  }

  /// Whether a block that cannot be read was meant as one: it starts with a comment or `key:`.
  private static func startsWithKey(_ block: String) -> Bool {
    let line = block.prefix { $0 != "\n" }
    guard !line.hasPrefix("#") else { return true }
    guard let colon = line.firstIndex(of: ":"), colon > line.startIndex else { return false }
    let next = line[line.index(after: colon)...].first
    return !line[..<colon].contains(where: \.isWhitespace) && (next == nil || next == " ")
  }

  private static func json(_ values: [String: YAMLValue]) throws(YAMLProblem) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(values),
      data.count <= ParserRecord.Metadata.frontMatterLimit
    else { throw YAMLProblem(reason: "its values are too large", line: 0) }
    return String(decoding: data, as: UTF8.self)
  }
}
