import Foundation
import Testing

@testable import Hark

/// Metadata from sidecars, and back to JSON.
@Suite struct MetadataJSONTests {
  private func read(_ json: String) throws(HarkError) -> DocumentMetadata {
    try DocumentMetadata(json: json, source: "a.pdf.meta.json")
  }

  @Test func everyKey() throws {
    let metadata = try read(
      """
      \u{FEFF}{"title": " Safety\\nrules ", "authors": ["Kim", "이"], "Lang": "KO_kr",
       "date": "2024-05-01 09:00 +0900", "updated": "2024-05-02", "keywords": "lab, 안전,lab,",
       "url": "https://example.org/a", "부서": "안전관리", "year": 2024, "ratio": -0.5,
       "final": true, "due": "2024-06-01T00:00:00+09:00", "codes": ["A", 7, false, "2024-01-01"],
       "empty": "", "none": [], "gone": null, "lines": "a\\n\\tb"}
      """)
    let expected = DocumentMetadata(
      title: "Safety rules", author: "Kim, 이", language: "ko-KR", created: "2024-05-01T00:00:00Z",
      modified: "2024-05-02", tags: ["lab", "안전"], sourceURL: "https://example.org/a",
      fields: [
        "부서": .text("안전관리"), "year": .number(2024), "ratio": .number(-0.5),
        "final": .boolean(true), "due": .date("2024-05-31T15:00:00Z"),
        "codes": .list([.text("A"), .number(7), .boolean(false), .date("2024-01-01")]),
        "empty": .text(""), "none": .list([]), "lines": .text("a\n\tb"),
      ], removed: ["gone"])
    #expect(metadata == expected)
    let json = try metadata.canonicalJSON()
    #expect(
      json
        == #"{"author":"Kim, 이","codes":["A",7,false,"2024-01-01"],"created":"2024-05-01T00:00:00Z","#
        + #""due":"2024-05-31T15:00:00Z","empty":"","final":true,"gone":null,"language":"ko-KR","#
        + #""lines":"a\n\tb","modified":"2024-05-02","none":[],"ratio":-0.5,"#
        + #""source_url":"https://example.org/a","tags":["lab","안전"],"title":"Safety rules","#
        + #""year":2024,"부서":"안전관리"}"#)
    #expect(try read(json) == metadata)
    #expect(try DocumentMetadata(stored: json) == metadata)
    #expect(try metadata.checked(as: "x") == metadata)
  }

  @Test func nothingRemoves() throws {
    let metadata = try read(
      #"{"title":null,"author":"","language":" ","date":null,"modified":null,"tags":[],"url":null}"#
    )
    #expect(
      metadata
        == DocumentMetadata(
          removed: [
            "title", "author", "language", "created", "modified", "tags", "source_url",
          ]))
    #expect(try read(metadata.canonicalJSON()) == metadata)
    #expect(try read("{}").isEmpty)
    #expect(try DocumentMetadata().canonicalJSON() == "{}")
  }

  struct Bad: CustomTestStringConvertible {
    var testDescription: String
    var json: String
    var complaint: String

    init(_ name: String, _ json: String, _ complaint: String) {
      (testDescription, self.json, self.complaint) = (name, json, complaint)
    }
  }

  static let bad = [
    Bad("nothing", "", "is no JSON"), Bad("blanks", " \n", "is no JSON"),
    Bad("no JSON", "title: x", "is no JSON"), Bad("cut off", #"{"a": 1"#, "is no JSON"),
    Bad("two objects", #"{"a": 1}{"b": 2}"#, "is no JSON"),
    Bad("a list", "[1]", "is no JSON object"), Bad("a text", "\"x\"", "is no JSON object"),
    Bad("null", "null", "is no JSON object"),
    Bad("NaN", #"{"a": NaN}"#, "is no JSON"), Bad("Infinity", #"{"a": -Infinity}"#, "is no JSON"),
    Bad("a number with zeros", #"{"a": 007}"#, "is no JSON"),
    Bad("a number too large", #"{"a": 1e999}"#, "Number 1e999 is not representable"),
    Bad("a number too large in a list", #"{"a": [1e999]}"#, "Number 1e999 is not representable"),
    Bad("a number beyond 2⁵³", #"{"a": 9007199254740993}"#, "“a” is a number that cannot be kept"),
    Bad("an object in an object", #"{"a": {"b": {"c": 1}}}"#, "“a” is an object with objects"),
    Bad("an empty object", #"{"a": {}}"#, "“a” is an object of 0 values"),
    Bad("a null in an object", #"{"a": {"b": null}}"#, "“a” is a list or an object with null"),
    Bad("an empty key within", #"{"a": {"": 1}}"#, "“a” has a key that is empty"),
    Bad("a list in a list", #"{"a": [["b"]]}"#, "“a” is a list with lists in it"),
    Bad("an object in a list", #"{"a": [{}]}"#, "“a” is an object of 0 values"),
    Bad("null in a list", #"{"a": [null]}"#, "“a” is a list or an object with null in it"),
    Bad("a key twice", #"{"a": 1, "b": 2, "a": 1}"#, "has the key “a” twice"),
    Bad("a key twice, escaped", #"{"a\"": 1, "\u0061\u0022": 2}"#, "has the key “a\"” twice"),
    Bad("a key twice, decomposed", "{\"가\": 1, \"\u{1100}\u{1161}\": 2}", "has the key “가” twice"),
    Bad(
      "a meaning twice", #"{"date": "2024-05-01", "created": "2024-05-01"}"#, "stands for the same"),
    Bad(
      "a meaning twice by case", #"{"Title": "a", "title": "a"}"#, "stands for the same as “Title”"),
    Bad("a title that is a number", #"{"title": 1984}"#, "“title” is no text"),
    Bad("a title that is a list", #"{"title": ["a"]}"#, "“title” is no text"),
    Bad("authors that are numbers", #"{"authors": ["a", 1]}"#, "“authors” is no text"),
    Bad("an author that is an object", #"{"author": {"name": "Kim"}}"#, "“author” is no text"),
    Bad("a date of some kind", #"{"date": "May 1st"}"#, "“date” is no date"),
    Bad("a date that is none", #"{"updated": "2024-02-30"}"#, "“updated” is no date"),
    Bad("a date that is a number", #"{"date": 20240501}"#, "“date” is no text"),
    Bad("a language by name", #"{"language": "한국어"}"#, "“language” is no language tag"),
    Bad("tags that are numbers", #"{"tags": [1]}"#, "“tags” has a tag that is no text"),
    Bad("tags that are an object", #"{"tags": {}}"#, "“tags” is no list of texts"),
    Bad("a long tag", "{\"tags\": [\"\(String(repeating: "x", count: 201))\"]}", "longer than 200"),
    Bad("a relative address", #"{"source": "/posts/a"}"#, "“source” is no address"),
    Bad("a program as address", #"{"url": "javascript:alert(1)"}"#, "“url” is no address"),
    Bad("a zero", #"{"a": "\u0000"}"#, "“a” has control characters"),
    Bad("a bell in a list", #"{"a": ["\u0007"]}"#, "“a” has control characters"),
    Bad("an escape in a title", #"{"title": "\u001b[31m"}"#, "“title” has control characters"),
    Bad("a raw line break", "{\"a\": \"b\nc\"}", "is no JSON"),
    Bad("half a surrogate", #"{"a": "\ud800"}"#, "is no JSON"),
    Bad("an empty key", #"{"": 1}"#, "has a key that is empty"),
    Bad("a key with blanks around it", #"{" a": 1}"#, "has a key that is empty or has blanks"),
    Bad("a key with a line break", #"{"a\nb": 1}"#, "control characters"),
    Bad("a key of 201 bytes", "{\"\(String(repeating: "가", count: 67))\": 1}", "longer than 200"),
    Bad(
      "a value over 64 KiB", "{\"a\": \"\(String(repeating: "x", count: 65_537))\"}",
      "“a” is longer"),
    Bad(
      "a list over 64 KiB",
      "{\"a\": [\(Array(repeating: "\"\(String(repeating: "x", count: 700))\"", count: 100).joined(separator: ","))]}",
      "“a” is longer"),
    Bad(
      "1,001 elements", "{\"a\": [\(Array(repeating: "1", count: 1001).joined(separator: ","))]}",
      "“a” is a list of 1001 values"),
    Bad(
      "1,001 fields",
      "{\((0...1000).map { "\"k\($0)\":\($0 % 2 == 0 ? "1" : "null")" }.joined(separator: ","))}",
      "is one field too many"),
    Bad("over 1 MiB", "{\"a\": \(String(repeating: " ", count: 1 << 20))1}", "are the limit"),
    Bad("10,000 levels", "{\"a\": \(String(repeating: "[", count: 10_000))", "is no JSON"),
    Bad(
      "400 levels",
      "{\"a\": \(String(repeating: "[", count: 400))\(String(repeating: "]", count: 400))}",
      "“a” is a list with lists in it"),
  ]

  @Test(arguments: bad) func refusals(_ example: Bad) throws {
    do throws(HarkError) {
      let metadata = try read(example.json)
      Issue.record("read as \(metadata)")
    } catch {
      #expect(error.code == .metadataInvalid)
      #expect(error.message.hasPrefix("a.pdf.meta.json"))
      #expect(error.message.contains(example.complaint), "\(error.message)")
      #expect(error.message.contains(": ") && error.message.utf8.count < 600, "a remedy")
    }
  }

  @Test(
    arguments: [
      [0xFF, 0xFE, 0x7B, 0, 0x7D, 0], [0x7B, 0, 0x7D, 0], [0, 0x7B, 0, 0x7D],
      [0x7B, 0x22, 0xE9, 0x22],
      [0x25, 0x50, 0x44, 0x46, 0], [0xEF, 0xBB],
    ] as [[UInt8]])
  func bytesThatAreNoUTF8(_ bytes: [UInt8]) {
    #expect(throws: HarkError.self) {
      try DocumentMetadata(json: Data(bytes), source: "x")
    }
    do throws(HarkError) {
      _ = try DocumentMetadata(json: Data(bytes), source: "x")
    } catch {
      #expect(error.message == "x is not UTF-8 text: save it as UTF-8")
    }
  }

  /// Half of a JSON text, or one with a byte changed, is read or refused, and what is read comes
  /// back the same.
  @Test func damagedFiles() throws {
    let whole = Array(
      #"{"title":"가","tags":["a"],"n":[1,-2.5e3,true],"d":"2024-05-01","x\u00e9":null}"#.utf8)
    for index in whole.indices {
      var changed = whole
      for byte in [0x22, 0x2C, 0x7B, 0x5C, 0x00, 0x39, 0xFF] as [UInt8] {
        changed[index] = byte
        for bytes in [changed, Array(whole[..<index])] {
          guard let metadata = try? DocumentMetadata(json: Data(bytes), source: "x") else {
            continue
          }
          #expect(try DocumentMetadata(stored: metadata.canonicalJSON()) == metadata)
        }
      }
    }
  }

  @Test func partsFromAProgramAreChecked() throws {
    let loose = DocumentMetadata(
      title: " a ", language: "KO", created: "2024-05-01T09:00:00+09:00", tags: ["x", "x", ""],
      fields: ["d": .text("2024-05-01"), "z": .number(-0.0)])
    let checked = try loose.checked(as: "the metadata of “a”")
    #expect(
      checked
        == DocumentMetadata(
          title: "a", language: "ko", created: "2024-05-01T00:00:00Z", tags: ["x"],
          fields: ["d": .date("2024-05-01"), "z": .number(0)]))
    #expect(try checked.canonicalJSON().contains(#""z":0"#))
    let bad: [DocumentMetadata] = [
      .init(fields: ["a": .number(.nan)]), .init(fields: ["a": .list([.number(.infinity)])]),
      .init(fields: ["a": .list([.list([])])]), .init(fields: ["title": .text("x")]),
      .init(fields: ["Date": .text("x")]), .init(created: "x"), .init(language: "x y"),
      .init(fields: ["": .text("x")]), .init(title: "a\u{0}"),
    ]
    for metadata in bad {
      do throws(HarkError) {
        let checked = try metadata.checked(as: "the metadata")
        Issue.record("checked as \(checked)")
      } catch {
        #expect(error.code == .metadataInvalid)
      }
    }
    for metadata in bad.prefix(2) {
      #expect(throws: HarkError.self) { try metadata.canonicalJSON() }
    }
  }

  @Test func valuesAlone() throws {
    let values: [MetadataValue] = [
      .text("a"), .number(1.5), .boolean(false), .date("2024-05-01"),
      .list([.text("b"), .number(1)]),
      .list([]),
    ]
    let data = try JSONEncoder().encode(values)
    #expect(String(decoding: data, as: UTF8.self) == #"["a",1.5,false,"2024-05-01",["b",1],[]]"#)
    #expect(try JSONDecoder().decode([MetadataValue].self, from: data) == values)
    #expect(MetadataValue("2024-05-01T09:00+09:00") == .date("2024-05-01T00:00:00Z"))
    #expect(MetadataValue("2024-05") == .text("2024-05"))
    for json in ["[null]", "[{}]", "[[[1]]]", "[1e300]"] {
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode([MetadataValue].self, from: Data(json.utf8))
      }
    }
  }

  @Test func damageInTheCatalogHasItsName() {
    for json in ["", "[]", #"{"date":"x"}"#, #"{"a":{}}"#] {
      do throws(HarkError) {
        let metadata = try DocumentMetadata(stored: json)
        Issue.record("read as \(metadata)")
      } catch {
        #expect(error.code == .catalogDamaged)
      }
    }
  }
}
