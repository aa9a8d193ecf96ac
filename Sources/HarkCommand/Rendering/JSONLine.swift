import Foundation

/// JSON as `--json` prints it: one object on one line, keys sorted, slashes as they are.
enum JSONLine {
  /// The value as a line with its line feed.
  static func encode(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return escapingControls(String(decoding: try encoder.encode(value), as: UTF8.self)) + "\n"
  }

  /// The object that stands for an error.
  static func encode(errorCode code: String, message: String) -> String {
    struct Failure: Encodable {
      struct Details: Encodable { let code, message: String }
      let error: Details
    }
    // Two strings always have a JSON form, so the empty line is never seen.
    return (try? encode(Failure(error: .init(code: code, message: message)))) ?? ""
  }

  /// Escapes DEL and the C1 controls, which RFC 8259 lets stand but terminals obey.
  ///
  /// Outside strings JSON is ASCII, so every one of them stands in a string.
  private static func escapingControls(_ json: String) -> String {
    func isControl(_ scalar: Unicode.Scalar) -> Bool { (0x7F...0x9F).contains(scalar.value) }
    guard json.unicodeScalars.contains(where: isControl) else { return json }
    var escaped = String.UnicodeScalarView()
    for scalar in json.unicodeScalars {
      if isControl(scalar) {
        escaped.append(contentsOf: "\\u00\(String(scalar.value, radix: 16))".unicodeScalars)
      } else {
        escaped.append(scalar)
      }
    }
    return String(escaped)
  }
}
