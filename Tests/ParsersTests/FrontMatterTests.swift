import Documents
import Foundation
import Parsers
import TestKit
import Testing

@Suite struct FrontMatterTests {
  struct Case: CustomTestStringConvertible {
    var testDescription: String
    var markdown: String
    var json: String?
    var text: String

    init(_ name: String, _ markdown: String, _ json: String?, text: String = "Words.") {
      (testDescription, self.markdown, self.json, self.text) = (name, markdown, json, text)
    }
  }

  static let cases = [
    Case(
      "text", "---\ntitle: \"A: b\"\nauthor: Kim\n---\nWords.", #"{"author":"Kim","title":"A: b"}"#),
    Case("dots at the end", "---\na: 'x'\n...\nWords.", #"{"a":"x"}"#),
    Case("blanks after the fences", "--- \t\na: x\n---  \nWords.", #"{"a":"x"}"#),
    Case(
      "scalars",
      "---\na: 12.50\nb: -3e2\nc: true\nd: False\ne: ~\nf:\ng: '1'\nh: \"true\"\n---\nWords.",
      #"{"a":12.5,"b":-300,"c":true,"d":false,"e":null,"f":null,"g":"1","h":"true"}"#),
    Case(
      "words that look like other values",
      "---\na: no\nb: 007\nc: 0x1F\nd: .inf\ne: 1:30\nf: 12345678901234567890\ng: 2024-05-01\n---\nWords.",
      #"{"a":"no","b":"007","c":"0x1F","d":".inf","e":"1:30","f":"12345678901234567890","g":"2024-05-01"}"#
    ),
    Case(
      "known keys hold text", "---\nTitle: 1984\nlang: no\ntags: [2024, x]\nn: [2024]\n---\nWords.",
      #"{"Title":"1984","lang":"no","n":[2024],"tags":["2024","x"]}"#),
    Case(
      "blocks", "---\na: |\n  b\n  c\nd: >\n  e\n  f\n---\nWords.", #"{"a":"b\nc\n","d":"e f\n"}"#),
    Case("nested", "---\na:\n  b: [1, {c: d}]\n---\nWords.", #"{"a":{"b":[1,{"c":"d"}]}}"#),
    Case("flow", "---\n{a: 1}\n---\nWords.", #"{"a":1}"#),
    Case("comments", "---\n# only this\na: x # y\n---\nWords.", #"{"a":"x"}"#),
    Case("plain tags", "---\na: !!str 5\nb: ! 6\n---\nWords.", #"{"a":"5","b":"6"}"#),
    Case("escapes", "---\na: \"\\0\\u00e9\\n\"\n---\nWords.", #"{"a":"\u0000é\n"}"#),
    Case(
      "Windows", "\u{FEFF}---\r\n부서: 안전\r\n날짜: 2024-05-01\r\n---\r\nWords.\r\n",
      #"{"날짜":"2024-05-01","부서":"안전"}"#),
    Case("nothing", "---\n---\nWords.", nil),
    Case("nothing but a comment", "---\n# x\n---\nWords.", nil),
    Case("only front matter before a heading", "---\na: 1\n---\n# Words.", #"{"a":1}"#),
    Case("a thematic break", "---\n\nWords.\n\n---\n", nil),
    Case("a thematic break and a colon", "---\n\nWords: more.\n\n---\n", nil, text: "Words: more."),
    Case("words between lines", "---\nWords.\n---\n", nil),
    Case("a list between lines", "---\n- Words.\n---\n", nil, text: "- Words."),
    Case("a sentence that is no YAML", "---\nFor you: a: b\n---\n", nil, text: "For you: a: b"),
    Case("never closed", "---\ntitle: Words.\n", nil, text: "title: Words."),
    Case("not at the start", "\n---\na: b\n---\n", nil, text: "a: b"),
    Case("four hyphens", "----\na: b\n----\n", nil, text: "a: b"),
    Case("no line at all", "---", nil, text: ""),
  ]

  @Test(arguments: cases) func reading(_ example: Case) throws {
    guard !example.text.isEmpty else {
      #expect(failure(of: Array(example.markdown.utf8), as: .markdown) == .noText)
      return
    }
    let document = try parse(example.markdown, as: .markdown)
    #expect(document.frontMatter == example.json)
    #expect(document.text == example.text)
    #expect(document.warnings == [])
  }

  struct Bad: CustomTestStringConvertible {
    var testDescription: String
    var block: String
    var complaint: String

    init(_ name: String, _ block: String, _ complaint: String) {
      (testDescription, self.block, self.complaint) = (name, block, complaint)
    }
  }

  static let bomb =
    "a: &a [x, x, x, x, x, x, x, x, x]\n"
    + "bcdefghij".reduce(into: ("", "a")) { bomb, name in
      let aliases = Array(repeating: "*\(bomb.1)", count: 9).joined(separator: ", ")
      bomb = (bomb.0 + "\(name): &\(name) [\(aliases)]\n", String(name))
    }.0

  static let bad = [
    Bad("syntax", "a: b: c", "mapping values are not allowed"),
    Bad("open quote", "a: \"b", "end of stream"),
    Bad("tabs", "a:\n\t- b", "cannot start any token"),
    Bad("an alias bomb", bomb, "aliases (*name) are not read (line 3)"),
    Bad("an alias bomb as a key", bomb.replacing("b: &b", with: "? *a\n: &b"), "aliases"),
    Bad("an alias to itself", "a: &a [*a]", "aliases"),
    Bad("a merge key", "a: &a {b: c}\nd:\n  <<: *a", "aliases"),
    Bad("an unknown tag", "a: !python/object x", "tags (!name) are not read"),
    Bad("binary", "a: !!binary aGFyaw==", "tags"),
    Bad("a tag on a mapping", "a: !!set {b, c}", "tags"),
    Bad("a key twice", "제목: 1\n\"제목\": 2", "the key “제목” stands twice (line 3)"),
    Bad("a nested key twice", "a: {b: 1, b: 2}", "the key “b” stands twice"),
    Bad("a key that is a list", "a: b\n? [c]\n: d", "a key is no text"),
    Bad("a second document", "a: b\n--- c", "a second document begins"),
    Bad(
      "depth 17", "a: " + String(repeating: "[", count: 16) + String(repeating: "]", count: 16),
      "nested deeper than 16"),
    Bad("depth 30,000", "a: " + String(repeating: "[", count: 30_000), "nested deeper than 16"),
    Bad(
      "block depth 10,000", "a:\n " + String(repeating: "- ", count: 10_000) + "b", "deeper than 16"
    ),
    Bad("1,001 keys", (0...1000).map { "k\($0): 1\n" }.joined(), "more than 1000 keys"),
    Bad(
      "1,001 keys below one", "a: {\((0..<1000).map { "k\($0)" }.joined(separator: ", "))}",
      "more than 1000"),
    Bad("a form feed", "a: b\u{C}c", "control characters"),
  ]

  @Test(arguments: bad) func refusals(_ example: Bad) throws {
    let document = try parse("---\n\(example.block)\n---\nWords.", as: .markdown)
    #expect(document.frontMatter == nil)
    #expect(document.text == "Words.")
    #expect(document.warnings.count == 1)
    let warning = document.warnings.first ?? ""
    #expect(warning.hasPrefix("The YAML block at the start was left out: "))
    #expect(warning.hasSuffix(". Mend it, or remove its lines of ---."))
    #expect(warning.contains(example.complaint), "\(warning)")
  }

  @Test func limitsThatStillHold() throws {
    let deep = "a: " + String(repeating: "[", count: 14) + "b" + String(repeating: "]", count: 14)
    let keys = (0..<1000).map { "k\($0): 1\n" }.joined()
    let long = "a: \"" + String(repeating: "\\0", count: 32_000) + "\"\n"
    for block in [deep, keys, long] {
      let document = try parse("---\n\(block)\n---\nWords.", as: .markdown)
      #expect(document.frontMatter != nil)
      #expect(document.warnings == [])
    }
  }

  @Test func aBlockOverItsLimitIsText() throws {
    let block = (0..<9000).map { "k\($0): v\n" }.joined()
    #expect(block.utf8.count > 64 << 10)
    let document = try parse("---\n\(block)---\nWords.", as: .markdown)
    #expect(document.frontMatter == nil)
    #expect(document.text.contains("k8999: v"))
  }

  /// Bytes of all kinds between the fences end in a document or a clear error, never a crash.
  @Test func noise() throws {
    var generator = SplitMix(state: 7)
    let alphabet = Array("abc:{}[]-?!&*|>'\"%@`#,\n\n  \t~0.가\u{1F600}\u{85}\u{2028}\u{FFFE}")
    for _ in 0..<2000 {
      let length = Int.random(in: 1...80, using: &generator)
      let block = String(
        (0..<length).map { _ in
          alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
        })
      let document = try parse("---\nk: \(block)\n---\nWords.", as: .markdown)
      #expect(document.text.hasSuffix("Words."))
      if let json = document.frontMatter {
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(json.utf8)) }
      }
    }
  }

  @Test(
    arguments: [
      ("<div>b</div>", nil), ("<html><p>b</html>", nil), ("<html lang=de><p>b</html>", "de"),
    ] as [(String, String?)])
  func blocksOfHTMLSpeakForThemselves(block: String, language: String?) throws {
    let markdown = "---\nlang: ko\nauthor: Kim\n---\na\n\n\(block)\n\n<div>c</div>\n"
    let document = try parse(markdown, as: .markdown)
    #expect(document.language == language)
    #expect(document.frontMatter == #"{"author":"Kim","lang":"ko"}"#)
    #expect(document.text == "a\n\nb\n\nc")
  }
}
