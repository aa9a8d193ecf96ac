import Documents

/// The text of a file whose encoding had to be found out.
///
/// The order: a byte order mark; valid UTF-8; UTF-16 by the place of its zero bytes; the
/// encoding that the file declares; UTF-8 with a few damaged bytes; Korean (CP949, which
/// includes EUC-KR) where nearly all double bytes are Hangul; else Windows-1252, which includes
/// Latin-1 and accepts anything.
struct DecodedText {
  /// The text with line feeds as line breaks. It has no control characters but line feeds,
  /// tabs and form feeds, no byte order marks and no soft hyphens.
  var text: String
  /// The name of the encoding that was found.
  var encoding: String
  /// Whether damaged bytes were replaced.
  var isRepaired = false

  /// Where a file may declare its encoding.
  enum Declaration {
    /// Nowhere.
    case none
    /// In an XML declaration or a `meta` element.
    case html
  }

  /// Decodes a file.
  ///
  /// - Throws: `not-text` where the content is binary.
  /// - Complexity: O(*n*).
  init(_ bytes: Span<UInt8>, declaration: Declaration = .none) throws(DocumentError) {
    (text, encoding, isRepaired) = try Self.decode(bytes, declaration)
    text = text.withoutControlCharacters
  }

  private static func decode(
    _ bytes: Span<UInt8>, _ declaration: Declaration
  ) throws(DocumentError) -> (String, String, Bool) {
    if let (text, encoding) = try decodeMarked(bytes) { return (text, encoding, false) }
    let census = ByteCensus(bytes)
    if let name = census.unmarkedUTF16, let text = convert(bytes, from: name),
      ByteCensus(text.utf8Span.span).looksLikeText
    {
      return (text, name, false)
    }
    guard census.looksLikeText else {
      throw DocumentError(
        .notText, "The content is binary and not text. Check that the name fits the content.")
    }
    if let text = try? UTF8Span(validating: bytes) {
      return (String(copying: text), "UTF-8", false)
    }
    if declaration == .html, let name = declaredEncoding(bytes) {
      if name == "windows-1252" { return (decodeWindows1252(bytes), name, false) }
      if let text = convert(bytes, from: name) { return (text, name, false) }
    }
    if bytes.isDamagedUTF8 { return (bytes.decodedLossily(), "UTF-8", true) }
    if bytes.isKorean, let text = convert(bytes, from: "CP949") { return (text, "CP949", false) }
    return (decodeWindows1252(bytes), "windows-1252", false)
  }

  /// Decodes a file that begins with a byte order mark.
  private static func decodeMarked(
    _ bytes: Span<UInt8>
  ) throws(DocumentError) -> (String, String)? {
    let name: String
    let mark: Int
    if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF {
      return (bytes.extracting(3...).decodedLossily(), "UTF-8")
    } else if bytes.count >= 4, bytes[0] == 0xFF, bytes[1] == 0xFE, bytes[2] == 0, bytes[3] == 0 {
      (name, mark) = ("UTF-32LE", 4)
    } else if bytes.count >= 4, bytes[0] == 0, bytes[1] == 0, bytes[2] == 0xFE, bytes[3] == 0xFF {
      (name, mark) = ("UTF-32BE", 4)
    } else if bytes.count >= 2, bytes[0] == 0xFF, bytes[1] == 0xFE {
      (name, mark) = ("UTF-16LE", 2)
    } else if bytes.count >= 2, bytes[0] == 0xFE, bytes[1] == 0xFF {
      (name, mark) = ("UTF-16BE", 2)
    } else {
      return nil
    }
    guard let text = convert(bytes.extracting(mark...), from: name) else {
      throw DocumentError(.notText, "The file begins with a mark of \(name) but is not \(name).")
    }
    return (text, name)
  }

  /// The encoding that an HTML file declares in its first bytes, as a name for iconv.
  ///
  /// Browsers read some names as a superset of what they mean (WHATWG Encoding Standard,
  /// section 4.2), and so does this.
  private static func declaredEncoding(_ bytes: Span<UInt8>) -> String? {
    let head = bytes.extracting(..<min(bytes.count, 2048)).decodedLossily().lowercased()
    for marker in ["charset=", "encoding="] {
      guard let found = head.firstRange(of: marker) else { continue }
      let name = head[found.upperBound...].drop { "\"' ".contains($0) }
        .prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "-_:.".contains($0)) }
      guard (2...32).contains(name.utf8.count) else { continue }
      switch name {
      case "iso-8859-1", "latin1", "us-ascii", "ascii", "windows-1252", "cp1252":
        return "windows-1252"
      case "euc-kr", "ks_c_5601-1987", "ksc5601", "cp949", "windows-949": return "CP949"
      case "shift_jis", "shift-jis", "sjis", "windows-31j": return "CP932"
      case "gb2312", "gbk": return "GB18030"
      default: return String(name)
      }
    }
    return nil
  }
}
