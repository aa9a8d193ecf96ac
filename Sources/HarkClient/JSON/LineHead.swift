import Foundation

/// What a line of the server is about, told by its members `id` and `method` alone, so that a line
/// of any size costs the event loop little: the server writes the id first.
enum LineHead: Equatable {
  /// It answers the request with this id.
  case answer(Int)
  /// It has the id null: an error that the server cannot ascribe to a request.
  case complaint
  /// It tells something that nobody asked for.
  case notification
  /// It has an id that is none of the client's.
  case foreign

  /// Reads the beginning of a line; nil where it is no object of JSON with either member. O(bytes)
  /// up to the id.
  init?(_ line: Data) {
    var reader = HeadReader()
    guard let head = reader.read(line.span) else { return nil }
    self = head
  }
}

/// Walks over the members of an object without looking into their values. What it lets pass is
/// checked when the line is decoded.
private struct HeadReader {
  private var position = 0

  mutating func read(_ text: Span<UInt8>) -> LineHead? {
    guard take("{", text) else { return nil }
    var hasMethod = false
    repeat {
      guard let name = string(text), take(":", text) else { return nil }
      switch bytes(name, text) {
      case Array("\"id\"".utf8): return id(text)
      case Array("\"method\"".utf8):
        hasMethod = true
        fallthrough
      default: guard skipValue(text) else { return nil }
      }
    } while take(",", text)
    guard take("}", text), hasMethod else { return nil }
    return .notification
  }

  private mutating func id(_ text: Span<UInt8>) -> LineHead? {
    skipSpace(text)
    let start = position
    guard skipValue(text) else { return nil }
    let value = String(decoding: bytes(start..<position, text), as: UTF8.self)
    if value == "null" { return .complaint }
    return Int(value).map(LineHead.answer) ?? .foreign
  }

  /// Passes over a value; brackets are counted, so depth costs no stack.
  private mutating func skipValue(_ text: Span<UInt8>) -> Bool {
    var depth = 0
    repeat {
      skipSpace(text)
      guard position < text.count else { return false }
      switch text[position] {
      case UInt8(ascii: "\""):
        guard string(text) != nil else { return false }
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        position += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        position += 1
      case UInt8(ascii: ","), UInt8(ascii: ":"):
        position += 1
        guard depth > 0 else { return false }
      default: skipWord(text)
      }
    } while depth > 0
    return depth == 0
  }

  /// Passes over a number, `true`, `false` or `null`.
  private mutating func skipWord(_ text: Span<UInt8>) {
    repeat { position += 1 } while position < text.count && !isDelimiter(text[position])
  }

  private func isDelimiter(_ byte: UInt8) -> Bool {
    byte <= 0x20 || ",:]}[{\"".utf8.contains(byte)
  }

  /// The range of a string with its quotes, or nil where there is none.
  private mutating func string(_ text: Span<UInt8>) -> Range<Int>? {
    skipSpace(text)
    let start = position
    guard position < text.count, text[position] == UInt8(ascii: "\"") else { return nil }
    position += 1
    while position < text.count {
      switch text[position] {
      case UInt8(ascii: "\""):
        position += 1
        return start..<position
      case UInt8(ascii: "\\"): position += 2
      default: position += 1
      }
    }
    return nil
  }

  private mutating func take(_ expected: Character, _ text: Span<UInt8>) -> Bool {
    skipSpace(text)
    guard position < text.count, text[position] == expected.asciiValue else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace(_ text: Span<UInt8>) {
    while position < text.count, text[position] <= 0x20 { position += 1 }
  }

  private func bytes(_ range: Range<Int>, _ text: Span<UInt8>) -> [UInt8] {
    range.map { text[$0] }
  }
}
