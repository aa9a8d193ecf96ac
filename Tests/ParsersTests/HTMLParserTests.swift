import Documents
import Parsers
import Testing

@Suite struct HTMLParserTests {
  struct Case: CustomTestStringConvertible {
    var testDescription: String
    var html: String
    var text: String

    init(_ name: String, _ html: String, _ text: String) {
      (testDescription, self.html, self.text) = (name, html, text)
    }
  }

  static let cases = [
    Case("paragraphs", "<p>One  two\n three<p>Four", "One two three\n\nFour"),
    Case("entities", "<p>a &amp; b &lt;c&gt; &#44032;&hellip;&nbsp;d&shy;e", "a & b <c> 가… de"),
    Case("line break", "<p>one<br>two <br/> three", "one\ntwo\nthree"),
    Case("inline", "<p>a<b>b</b>c <i>d</i> <a href=x>e</a>.", "abc d e."),
    Case("lists", "<ul><li>a<li><p>b</p></ul><p>c", "- a\n- b\n\nc"),
    Case("nested list", "<ol><li>a<ul><li>b</ul><li>c</ol>", "1. a\n  - b\n2. c"),
    Case(
      "definitions", "<dl><dt>T<dd>Meaning.<dt>U<dd>Other.</dl>", "T\nMeaning.\n\nU\nOther."),
    Case(
      "table", "<table><tr><th>k<th>v<tr><td><p>1</p><td>2<tr><td><td>3</table>",
      "k | v\n1 | 2\n | 3"),
    Case(
      "layout table", "<table><tr><td><h2>H</h2><p>a<p>b</td><td>c</td></tr></table>",
      "H\n\na\n\nb\n\nc"),
    Case("preformatted", "<pre>\n a  b\n   c\n</pre>", " a  b\n   c"),
    Case("scripts", "<p>a<script>if (a<b) x()</script><style>p{}</style>b", "ab"),
    Case("navigation", "<nav>x</nav><p>a</p><aside>y</aside><footer>z</footer>", "a"),
    Case("navigation by role", "<div role=navigation>x</div><p>a", "a"),
    Case(
      "navigation by class",
      "<div class='big navheader'><p>x</div><p>a<div class=navfooter>y</div>",
      "a"),
    Case("body is never dropped", "<body class=sidebar><p>a", "a"),
    Case("navigation where nothing else is", "<nav><p>Only this</p></nav>", "Only this"),
    Case("hidden", "<p hidden>x<p>a<span aria-hidden=true>#</span>", "a"),
    Case("alternative text", "<p>See <img src=x alt='the chart'>.", "See the chart."),
    Case("comments", "<p>a<!-- b --><!-- <p>c --> d", "a d"),
    Case("zero bytes", "<p>a\0b", "ab"),
    Case("no markup", "Just words", "Just words"),
    Case("unclosed", "<div><p>a<b>b", "ab"),
    Case("Korean", "<p>여행 규정은\n다음과 같다.</p>", "여행 규정은 다음과 같다."),
  ]

  @Test(arguments: cases) func text(_ example: Case) throws {
    #expect(try parse(example.html, as: .html).text == example.text)
  }

  @Test func metadata() throws {
    let document = try parse(
      """
      <!DOCTYPE html><html lang="ko"><head><title> A
      title </title><meta name=author content="Kim"></head><body><h1>B</h1>c</body></html>
      """, as: .html)
    #expect(document.title == "A title")
    #expect(document.author == "Kim")
    #expect(document.language == "ko")
    #expect(document.text == "B\n\nc")
    #expect(document.fileType == .html)
    #expect(document.pages.isEmpty)
  }

  struct Said: CustomTestStringConvertible {
    var testDescription: String
    var author: String?
    var created: String?
    var modified: String?
    var keywords: [String] = []
    var source: String?

    init(_ html: String) { testDescription = html }
    init(_ html: String, author: String) { (testDescription, self.author) = (html, author) }
    init(_ html: String, created: String) { (testDescription, self.created) = (html, created) }
    init(_ html: String, modified: String) { (testDescription, self.modified) = (html, modified) }
    init(_ html: String, keywords: [String]) {
      (testDescription, self.keywords) = (html, keywords)
    }
    init(_ html: String, source: String) { (testDescription, self.source) = (html, source) }
  }

  @Test(arguments: [
    Said("<META NAME=Author CONTENT=Kim><meta name=author content=Lee>", author: "Kim"),
    Said("<meta name=author content='  '><meta name=author content=Lee>", author: "Lee"),
    Said("<meta name=date content=2024-05-01>", created: "2024-05-01"),
    Said("<meta name=date content='last May'>"),
    Said(
      "<meta name=DCTERMS.created content='2024-05-01 09:00 +0900'>",
      created: "2024-05-01T00:00:00Z"),
    Said(
      "<meta property=article:published_time content=2024-05-01T09:00:01.5+09:00>",
      created: "2024-05-01T00:00:01Z"),
    Said("<meta itemprop=dateModified content=2024-05-01>", modified: "2024-05-01"),
    Said("<meta property=article:modified_time content=2024-05-01>", modified: "2024-05-01"),
    Said("<meta name=keywords content='안전, lab;  a\tb,'>", keywords: ["안전", "lab", "a b"]),
    Said(
      "<meta property=article:tag content=a><meta property=article:tag content=b>",
      keywords: ["a", "b"]),
    Said(
      "<link rel='alternate CANONICAL' href='https://a.b/c?d=%EA'>", source: "https://a.b/c?d=%EA"),
    Said("<link rel=canonical href=/c>"), Said("<link rel=canonical href='javascript:x'>"),
    Said("<link rel=canonical href='ftp://a/b'>"), Said("<link rel=stylesheet href=https://a/b>"),
    Said("<link rel=canonical href='https://\(String(repeating: "a", count: 3000))'>"),
    Said("<meta name=keywords><meta content=x><meta><link><link rel=canonical>"),
  ])
  func saidOfItself(_ said: Said) throws {
    let html = "<head>\(said.testDescription)</head><p>Words."
    let document = try parse(html, as: .html)
    #expect(document.text == "Words.")
    #expect(document.author == said.author)
    #expect(document.created == said.created)
    #expect(document.modified == said.modified)
    #expect(document.keywords == said.keywords)
    #expect(document.source == said.source)
  }

  @Test func endlessKeywordsAreBounded() throws {
    let element = "<meta name=keywords content='\(String(repeating: "가나,", count: 10_000))'>"
    let many = (0..<2000).map { "<meta property=article:tag content=t\($0)>" }.joined()
    let document = try parse("<head>\(element)\(many)</head><p>Words.", as: .html)
    #expect(document.keywords.count <= 100)
    #expect(document.keywords.first == "가나")
  }

  @Test func aLanguageThatIsNoneIsDropped() throws {
    let language = String(repeating: "x", count: 5 << 20)
    let document = try parse("<html lang=\(language)><p>Words.", as: .html)
    #expect(document.language == nil)
    #expect(document.text == "Words.")
  }

  @Test func headings() throws {
    let document = try parse("<h1>A <i>b</i></h1><p>x<h3>C<br>d</h3>y<h2></h2>", as: .html)
    #expect(document.outline == ["# A b", "### C d"])
    for heading in document.headings {
      #expect(document.text(in: heading.range) == heading.title)
    }
    #expect(document.title == "A b")
  }

  @Test func deepNesting() throws {
    let depth = 20_000
    let html = String(repeating: "<div>", count: depth) + "deep"
    #expect(try parse(html, as: .html).text == "deep")
  }

  @Test func longText() throws {
    let paragraph = String(repeating: "word ", count: 400_000)
    let document = try parse("<p>\(paragraph)</p><p>end", as: .html)
    #expect(document.text.utf8.count == paragraph.utf8.count - 1 + 2 + 3)
  }

  @Test(
    arguments: [
      ("<meta charset=euc-kr>", [0xC7, 0xD1, 0xB1, 0xDB], "한글"),
      ("<?xml version='1.0' encoding='Shift_JIS'?>", [0x93, 0xFA, 0x96, 0x7B], "日本"),
      ("<meta charset=iso-8859-1>", [0x93, 0xE9, 0x94], "“é”"),
      ("<meta charset=iso-8859-1>", [0xEA, 0xB0, 0x80], "가"),
      ("<meta charset=nonsense>", [0xE9], "é"),
      ("", [0xEA, 0xB0, 0x80], "가"),
    ] as [(String, [UInt8], String)])
  func encoding(declaration: String, bytes: [UInt8], text: String) throws {
    let html = Array("\(declaration)<p>".utf8) + bytes
    #expect(try parse(html, as: .html).text == text)
  }
}
