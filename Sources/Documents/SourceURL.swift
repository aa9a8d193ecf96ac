/// Addresses from which documents come, such as a page's own canonical one.
package enum SourceURL {
  /// The most bytes of an address.
  package static let byteLimit = 2048

  /// The address without white space at its ends, or nil for what is no absolute URI: a scheme, a
  /// colon, and no white space or control characters (RFC 3986, section 3).
  ///
  /// Schemes that carry programs or content are refused, for chat clients make links of addresses.
  package static func normalForm(of text: String) -> String? {
    guard text.utf8.count <= byteLimit + 100 else { return nil }
    let words = text.split(whereSeparator: \.isWhitespace)
    guard words.count == 1, let address = words.first, address.utf8.count <= byteLimit,
      let colon = address.utf8.firstIndex(of: UInt8(ascii: ":")),
      address.utf8.index(after: colon) < address.endIndex,
      address.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
    else { return nil }
    let scheme = address[..<colon].lowercased()
    guard let first = scheme.utf8.first, (0x61...0x7A).contains(first),
      scheme.utf8.allSatisfy({ byte in
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
          || byte == 0x2B || byte == 0x2D || byte == 0x2E
      }),
      !["javascript", "vbscript", "data"].contains(scheme)
    else { return nil }
    return String(address)
  }
}
