import Foundation

/// Small things done with the text of JSON.
enum JSONText {
  /// The value of the string whose quoted text lies in a range, or nil where it is none, such as
  /// half of a surrogate pair.
  static func string(_ range: Range<Int>, of text: Span<UInt8>) -> String? {
    let quoted = bytes(range, of: text)
    guard quoted.contains(UInt8(ascii: "\\")) else {
      return String(validating: quoted.dropFirst().dropLast(), as: UTF8.self)
    }
    return try? JSONDecoder().decode(String.self, from: Data(quoted))
  }

  /// The text of a range as it stands.
  static func verbatim(_ range: Range<Int>, of text: Span<UInt8>) -> String {
    String(decoding: bytes(range, of: text), as: UTF8.self)
  }

  /// The JSON of a string.
  static func quoted(_ string: String) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return (try? encoder.encode(string)) ?? Data("\"\"".utf8)
  }

  /// JSON without line ends, which can stand only between its tokens.
  static func onOneLine(_ json: Data) -> Data {
    let text = json.span
    guard text.indices.contains(where: { text[$0] == 0x0A || text[$0] == 0x0D }) else {
      return json
    }
    return Data(json.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 })
  }

  private static func bytes(_ range: Range<Int>, of text: Span<UInt8>) -> [UInt8] {
    range.map { text[$0] }
  }
}
