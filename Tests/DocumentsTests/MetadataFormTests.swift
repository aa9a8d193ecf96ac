import Documents
import Testing

/// The forms that metadata is brought into: dates, languages, addresses, plain values, keys.
@Suite struct MetadataFormTests {
  @Test(
    arguments: [
      ("2024-05-01", "2024-05-01"), ("2024-02-29", "2024-02-29"), ("2023-02-29", nil),
      ("1900-02-29", nil), ("2000-02-29", "2000-02-29"), ("2024-04-31", nil), ("2024-13-01", nil),
      ("2024-00-01", nil), ("0000-01-01", nil), ("2024-05-00", nil), ("0001-01-01", "0001-01-01"),
      ("2024-05-01T08:30:00Z", "2024-05-01T08:30:00Z"),
      ("2024-05-01T08:30:00", "2024-05-01T08:30:00Z"),
      ("2024-05-01t08:30z", "2024-05-01T08:30:00Z"),
      ("2024-05-01T08:30:59.999Z", "2024-05-01T08:30:59Z"),
      ("2024-05-01T08:30:00,5+09:00", "2024-04-30T23:30:00Z"),
      ("2024-05-01T08:30+0900", "2024-04-30T23:30:00Z"),
      ("2024-02-29T23:30:00-09", "2024-03-01T08:30:00Z"),
      ("2023-12-31T23:59:60Z", "2024-01-01T00:00:00Z"),
      ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"),
      ("0001-01-01T00:00:00+01:00", nil), ("9999-12-31T23:00:00-02:00", nil),
      ("2024-05-01T24:00:00Z", nil), ("2024-05-01T08:60:00Z", nil), ("2024-05-01T08:30:61Z", nil),
      ("2024-05-01T08", nil), ("2024-05-01T08:30:00.Z", nil), ("2024-05-01T08:30:00+24:00", nil),
      ("2024-05-01T08:30:00+09:0", nil), ("2024-05-01T08:30:00Zx", nil), ("2024-05-01 ", nil),
      ("2024-05-01T", nil), ("2024-5-1", nil), ("20240501", nil), ("2024-05", nil), ("", nil),
      ("2024-05-01 08:30:00 +0900", nil), ("２０２４-05-01", nil), ("-024-05-01", nil),
      ("+2024-05-01", nil),
      ("2024-05-01T08:30:00." + String(repeating: "0", count: 1000) + "Z", nil),
    ] as [(String, String?)])
  func dates(text: String, form: String?) {
    #expect(ISO8601.normalForm(of: text) == form)
    if let form { #expect(ISO8601.normalForm(of: form) == form) }
  }

  @Test(
    arguments: [
      ("2024-05-01 08:30:00 +0900", "2024-04-30T23:30:00Z"),
      ("2024-05-01 08:30", "2024-05-01T08:30:00Z"),
      ("2024-05-01  08:30", nil), ("2024-05-01 ", nil),
    ] as [(String, String?)])
  func datesWithSpaces(text: String, form: String?) {
    #expect(ISO8601.normalForm(of: text, allowsSpace: true) == form)
  }

  @Test func everyDayComesBack() {
    // Twelve thousand days around the ends of months, years and centuries.
    for day in stride(from: -719_162, to: 2_932_897, by: 307) {
      let text = ISO8601.text(seconds: Int64(day) * 86_400 + 1)
      #expect(text.flatMap { ISO8601.normalForm(of: $0) } == text)
      #expect(text != nil)
    }
    #expect(ISO8601.text(seconds: 0) == "1970-01-01T00:00:00Z")
    #expect(ISO8601.text(seconds: -62_135_596_800) == "0001-01-01T00:00:00Z")
    #expect(ISO8601.text(seconds: 253_402_300_799) == "9999-12-31T23:59:59Z")
    #expect(ISO8601.text(seconds: .min) == nil)
    #expect(ISO8601.text(seconds: .max) == nil)
  }

  @Test(
    arguments: [
      ("ko", "ko"), ("KO-kr", "ko-KR"), ("en_US", "en-US"), ("ZH-HANT-tw", "zh-Hant-TW"),
      ("es-419", "es-419"), ("de-1996", "de-1996"), ("en-a-BB-x-CC", "en-a-bb-x-cc"),
      ("", nil), ("k", nil), ("en US", nil), ("en-", nil), ("en--US", nil), ("ko\u{0}", nil),
      ("한국어", nil), ("12", nil), ("abcdefghi", nil), ("en-abcdefghi", nil),
      ("aa-bbbbbbbb-cccccccc-dddddddd-eeeee", "aa-bbbbbbbb-cccccccc-dddddddd-eeeee"),
      ("aa-bbbbbbbb-cccccccc-dddddddd-eeeeee", nil),
    ] as [(String, String?)])
  func languages(text: String, tag: String?) {
    #expect(LanguageTag.normalForm(of: text) == tag)
    #expect(ParserRecord.Metadata(language: text).bounded.language == tag)
  }

  @Test(
    arguments: [
      ("https://a.b/c?d#e", "https://a.b/c?d#e"), (" https://a.b\n", "https://a.b"),
      ("https://예시.한국/문서", "https://예시.한국/문서"), ("file:///a/b", "file:///a/b"),
      ("urn:isbn:0451450523", "urn:isbn:0451450523"), ("smb+x://h/s", "smb+x://h/s"),
      ("/posts/a", nil), ("a b:c", nil), ("https://a b", nil), ("Interview", nil), (":x", nil),
      ("https:", nil), ("1a:b", nil), ("javascript:alert(1)", nil), ("JavaScript:x", nil),
      ("data:text/html,x", nil), ("https://a\u{7}b", nil), ("", nil), ("가:b", nil),
      ("https://" + String(repeating: "a", count: 2048), nil),
    ] as [(String, String?)])
  func addresses(text: String, form: String?) {
    #expect(SourceURL.normalForm(of: text) == form)
  }

  @Test(
    arguments: [
      ("true", .boolean(true)), ("FALSE", .boolean(false)), ("tRue", .text("tRue")),
      ("0", .number(0)), ("-0.5", .number(-0.5)), ("12e-1", .number(1.2)), ("1E+2", .number(100)),
      ("007", .text("007")), ("-", .text("-")), ("1.", .text("1.")), (".5", .text(".5")),
      ("1e", .text("1e")), ("1e400", .text("1e400")), ("9007199254740991", .number(0x1p53 - 1)),
      ("9007199254740993", .text("9007199254740993")), ("nan", .text("nan")), ("", .text("")),
      ("+1", .text("+1")), ("1 ", .text("1 ")), ("١", .text("١")),
    ] as [(String, PlainScalar)])
  func plainScalars(word: String, value: PlainScalar) {
    #expect(PlainScalar(word) == value)
  }

  @Test(
    arguments: [
      ("Title", .title), ("authors", .author), ("LANG", .language), ("date", .created),
      ("updated", .modified), ("keywords", .tags), ("url", .sourceURL), ("source", .sourceURL),
      ("source_url", .sourceURL), ("sourceURL", nil), ("제목", nil), ("", nil),
    ] as [(String, MetadataKey?)])
  func keys(name: String, key: MetadataKey?) {
    #expect(MetadataKey(name: name) == key)
  }
}
