/// What a word without quotes means as a value: `true`, `12.5`, or text.
package enum PlainScalar: Sendable, Hashable {
  case boolean(Bool)
  case number(Double)
  case text(String)

  /// The largest number in magnitude that is taken as one, 2⁵³ − 1: beyond it an identifier of many
  /// digits could become its neighbour (RFC 8259, section 6).
  package static let numberLimit = 9_007_199_254_740_991.0

  /// Reads a word.
  ///
  /// Numbers are those of JSON (RFC 8259, section 6), so `007` and `1.` are text, as are numbers
  /// beyond ``numberLimit``.
  package init(_ word: String) {
    switch word {
    case "true", "True", "TRUE": self = .boolean(true)
    case "false", "False", "FALSE": self = .boolean(false)
    default:
      if Self.isNumber(word), let number = Double(word), number.magnitude <= Self.numberLimit {
        self = .number(number)
      } else {
        self = .text(word)
      }
    }
  }

  private static func isNumber(_ word: String) -> Bool {
    var rest = word.utf8[...]
    func takeDigits() -> Int {
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      rest = rest[digits.endIndex...]
      return digits.count
    }
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    let startsWithZero = rest.first == UInt8(ascii: "0")
    let whole = takeDigits()
    guard whole > 0, whole == 1 || !startsWithZero else { return false }
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      guard takeDigits() > 0 else { return false }
    }
    if let mark = rest.first, mark | 0x20 == UInt8(ascii: "e") {
      rest = rest.dropFirst()
      if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
        rest = rest.dropFirst()
      }
      guard takeDigits() > 0 else { return false }
    }
    return rest.isEmpty
  }
}
