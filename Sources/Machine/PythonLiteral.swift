/// A value of the Python dictionary in the head of a NumPy file.
enum PythonLiteral {
  /// A string.
  case text(String)
  /// `True` or `False`.
  case truth(Bool)
  /// A tuple of integers.
  case numbers([Int])

  /// Why a text is no such dictionary.
  struct Invalid: Error {
    var reason: String
  }

  /// Reads a dictionary of strings to literals, as `repr` writes it.
  static func dictionary(_ text: [UInt8]) throws(Invalid) -> [String: PythonLiteral] {
    var reader = Reader(text: text)
    var fields: [String: PythonLiteral] = [:]
    try reader.expect("{")
    while !reader.skip("}") {
      let key = try reader.string()
      try reader.expect(":")
      guard fields.updateValue(try reader.literal(), forKey: key) == nil else {
        throw Invalid(reason: "'\(key)' stands there twice")
      }
      if !reader.skip(",") {
        try reader.expect("}")
        break
      }
    }
    guard reader.isAtEnd else { throw Invalid(reason: "something follows the dictionary") }
    return fields
  }

  private struct Reader {
    let text: [UInt8]
    var position = 0

    init(text: [UInt8]) { self.text = text }

    mutating func skipSpace() {
      while position < text.count, [0x20, 0x0A, 0x0D, 0x09].contains(text[position]) {
        position += 1
      }
    }

    var isAtEnd: Bool {
      mutating get {
        skipSpace()
        return position == text.count
      }
    }

    mutating func skip(_ token: String) -> Bool {
      skipSpace()
      guard text[position...].starts(with: token.utf8) else { return false }
      position += token.utf8.count
      return true
    }

    mutating func expect(_ token: String) throws(Invalid) {
      guard skip(token) else { throw Invalid(reason: "'\(token)' is missing") }
    }

    mutating func string() throws(Invalid) -> String {
      skipSpace()
      guard position < text.count, text[position] == 0x27 || text[position] == 0x22 else {
        throw Invalid(reason: "a string is missing")
      }
      let quote = text[position]
      guard let end = text[(position + 1)...].firstIndex(of: quote) else {
        throw Invalid(reason: "a string has no end")
      }
      defer { position = end + 1 }
      return String(decoding: text[(position + 1)..<end], as: UTF8.self)
    }

    mutating func number() throws(Invalid) -> Int {
      skipSpace()
      let digits = text[position...].prefix { 0x30...0x39 ~= $0 }
      guard let number = Int(String(decoding: digits, as: UTF8.self)) else {
        throw Invalid(reason: "a length is missing or too great")
      }
      position += digits.count
      return number
    }

    mutating func literal() throws(Invalid) -> PythonLiteral {
      if skip("True") { return .truth(true) }
      if skip("False") { return .truth(false) }
      guard skip("(") else { return .text(try string()) }
      var numbers: [Int] = []
      while !skip(")") {
        numbers.append(try number())
        if !skip(",") {
          try expect(")")
          break
        }
      }
      return .numbers(numbers)
    }
  }
}
