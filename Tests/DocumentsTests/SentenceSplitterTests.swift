import Testing

@testable import Documents

@Suite struct SentenceSplitterTests {
  static let cases: [[String]] = [
    ["One.", "Two!", "Three?", "Four"],
    ["Dr. Kim met Mr. Lee.", "They spoke, e.g. of Fig. 3 and No. 5."],
    ["He said no.", "She agreed."],
    ["J. K. Rowling wrote it.", "It costs 3.50 euro."],
    ["It is \"done.\"", "(Really?)", "Yes…", "And so on."],
    ["Is it? we asked, approx. five of them."],
    ["Use Node.js and a.b.c here.", "See example.org."],
    ["여행 규정은 다음과 같다.", "그렇습니까?", "네, 그래요!", "끝"],
    ["했다.", "그리고 갔다."],
    ["이 규정은 2024. 3. 5. 기준이다.", "이후는 다르다."],
    ["これは本です。", "「はい」と言った！", "そう？"],
    ["1. First item here.", "2. Second one.", "가. 첫째이다."],
    ["- a", "- b c", "• d", "(1) e"],
    ["k | v", "1 | 2"],
    ["A line that is wrapped\nin the middle.", "Next."],
    ["Wait... what?!", "\"Yes,\" she said."],
  ]

  @Test(arguments: cases) func sentences(_ expected: [String]) {
    let isOnLines =
      expected[0].contains("|") || expected[0].hasPrefix("1.") || expected[0].hasPrefix("-")
    let isTight = expected[0] == "했다." || expected[0].hasPrefix("これ")
    let text = expected.joined(separator: isOnLines ? "\n" : isTight ? "" : " ")
    #expect(split(text) == expected)
  }

  @Test func paragraphs() {
    #expect(split("No stop here\n\nNor here\n \n\tEnd") == ["No stop here", "Nor here", "End"])
    #expect(split("CRLF here\r\n\r\nthere") == ["CRLF here", "there"])
    #expect(split(" \n ").isEmpty)
  }

  /// A stop with a mark on it is another character; a mark on white space is left alone.
  @Test func marks() {
    #expect(split("One.\u{301} Two. \u{301}Three") == ["One.\u{301} Two.", "\u{301}Three"])
  }

  private func split(_ text: String) -> [String] {
    var result: [String] = []
    let bytes = text.utf8Span.span
    SentenceSplitter(bytes).sentences(in: 0..<bytes.count) {
      result.append(String(text.substring($0)))
    }
    return result
  }
}
