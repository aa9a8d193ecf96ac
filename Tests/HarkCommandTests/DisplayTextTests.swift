import Testing

@testable import HarkCommand

@Suite struct DisplayTextTests {
  @Test(arguments: [
    ("plain", "plain"),
    ("  two\n\tlines \r\n", "two lines"),
    ("\u{1B}[31mred\u{1B}[0m", "\u{FFFD}[31mred\u{FFFD}[0m"),
    ("\u{9B}2J\u{7F}\u{0}x", "\u{FFFD}2J\u{FFFD}\u{FFFD}x"),
    ("title\u{7}\u{1B}]0;pwned\u{7}", "title\u{FFFD}\u{FFFD}]0;pwned\u{FFFD}"),
    ("a\u{202E}cod.exe\u{2069}", "acod.exe"),
    ("para\u{2029}graph\u{85}next", "para graph next"),
    ("출장비\u{3000}규정", "출장비 규정"),
    ("", ""), (" \n ", ""),
  ])
  func lineHoldsNothingThatATerminalObeys(text: String, line: String) {
    #expect(DisplayText.line(text) == line)
  }

  @Test func paragraphsKeepLinesAndTabs() {
    #expect(DisplayText.paragraphs("a\tb\r\n\u{1B}c\n") == "a\tb \n\u{FFFD}c\n")
  }

  @Test(arguments: [
    ("abc", 3), ("출장", 4), ("한", 2), ("\u{1112}\u{1161}\u{11AB}", 2), ("漢字かな", 8),
    ("é", 1), ("e\u{301}", 1), ("🙂", 2), ("❤\u{FE0F}", 2), ("🇰🇷", 2), ("ｗ", 2), ("ｶ", 1),
    ("…", 1), ("«»", 2), ("", 0),
  ])
  func columnsCountWideCharactersTwice(text: String, columns: Int) {
    #expect(DisplayText.columns(text) == columns)
  }

  @Test func prefixDoesNotCutAWideCharacter() {
    #expect(DisplayText.prefix("출장비", columns: 5) == "출장")
    #expect(DisplayText.prefix("abc", columns: 5) == "abc")
  }

  @Test func paddingCountsColumns() {
    #expect(DisplayText.padded("출장", to: 6) == "출장  ")
    #expect(DisplayText.padded("출장", to: 6, leading: true) == "  출장")
    #expect(DisplayText.padded("출장비", to: 2) == "출장비")
  }
}
