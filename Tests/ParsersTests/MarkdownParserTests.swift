import Documents
import Parsers
import Testing

@Suite struct MarkdownParserTests {
  struct Case: CustomTestStringConvertible {
    var testDescription: String
    var markdown: String
    var text: String

    init(_ name: String, _ markdown: String, _ text: String) {
      (testDescription, self.markdown, self.text) = (name, markdown, text)
    }
  }

  static let cases = [
    Case("soft breaks", "One\ntwo\\\nthree  \nfour", "One two\nthree\nfour"),
    Case("inline", "a *b* **c** `d` [e](x) ![f](y) ~~g~~ <https://h>", "a b c d e f g https://h"),
    Case("lists", "- a\n- b\n  1. c\n  2. d\n- e", "- a\n- b\n  1. c\n  2. d\n- e"),
    Case("numbers", "7. a\n8. b", "7. a\n8. b"),
    Case("loose list", "- a\n\n  more\n\n- b", "- a\n\nmore\n- b"),
    Case("tasks", "- [x] done\n- [ ] open", "- [x] done\n- [ ] open"),
    Case("table", "| a | b |\n|---|---|\n| 1 | `2` |", "a | b\n1 | 2"),
    Case("code", "```swift\nlet x = 1\n\n  y\n```\n\nz", "let x = 1\n\n  y\n\nz"),
    Case("quote", "> a\n> b\n\nc", "a b\n\nc"),
    Case("HTML", "<div>\n<p>a</p></div>\n\nb<br>c <span>d</span>", "a\n\nb\nc d"),
    Case("rule", "a\n\n---\n\nb", "a\n\nb"),
    Case("CRLF", "# A\r\n\r\nb\r\n", "A\n\nb"),
    Case("Korean", "# 제목\n\n첫 줄\n둘째 줄이다.", "제목\n\n첫 줄 둘째 줄이다."),
  ]

  @Test(arguments: cases) func text(_ example: Case) throws {
    #expect(try parse(example.markdown, as: .markdown).text == example.text)
  }

  @Test func headings() throws {
    let document = try parse("# A\n\nx\n\nB\n---\n\n### C `d` #\n", as: .markdown)
    #expect(document.outline == ["# A", "## B", "### C d"])
    #expect(document.title == "A")
    for heading in document.headings {
      #expect(document.text(in: heading.range) == heading.title)
    }
  }

  @Test func deepNesting() throws {
    let document = try parse(String(repeating: "> ", count: 5000) + "deep", as: .markdown)
    #expect(document.text == "deep")
  }
}
