import Foundation
import Testing

@testable import Hark
@testable import HarkCommand

@Suite struct TextLinesTests {
  struct Case: Sendable {
    let format: TextLines.Format
    let file: String
    let texts: [String]
  }

  @Test(arguments: [
    Case(format: .txt, file: "", texts: []),
    Case(format: .txt, file: "one", texts: ["one"]),
    Case(format: .txt, file: "one\ntwo\n", texts: ["one", "two"]),
    Case(format: .txt, file: "\u{FEFF}one\r\n\r\n출장비\r\n", texts: ["one", "", "출장비"]),
    Case(format: .txt, file: "\n", texts: [""]),
    Case(format: .txt, file: "\n\n", texts: ["", ""]),
    Case(format: .txt, file: "\u{FEFF}", texts: []),
    Case(format: .jsonl, file: "", texts: []),
    Case(
      format: .jsonl, file: "\"a\\nb\"\n{\"text\": \"c\", \"id\": 1}\r\n \"d\" ",
      texts: ["a\nb", "c", "d"]),
    Case(format: .jsonl, file: #""\ud55c/\u0000""#, texts: ["한/\u{0}"]),
  ])
  func textsAreTheLines(given: Case) throws {
    let lines = try TextLines(Data(given.file.utf8), format: given.format, path: "x")
    #expect(lines.texts == given.texts)
  }

  @Test func badLinesAreNamedByNumber() {
    let file = Data("\"a\"\n{\"title\": \"b\"}\n\nnot json\n7\n\"\u{1}\"\n".utf8)
    let error = #expect(throws: HarkError.self) {
      try TextLines(file, format: .jsonl, path: "in.jsonl")
    }
    #expect(error?.code.rawValue == "input-invalid")
    #expect(
      error?.message == """
        in.jsonl has 5 lines without a text that can be read: \
        line 2 is neither a string nor an object with a string 'text'; line 3 is empty; \
        line 4 is not JSON; line 5 is neither a string nor an object with a string 'text'; \
        line 6 is not JSON. Correct or remove them.
        """)
  }

  @Test func linesThatAreNotUTF8AreNamed() {
    let file = Data("good\n".utf8) + [0xFF, 0x0A] + Data("good\n".utf8)
    let error = #expect(throws: HarkError.self) {
      try TextLines(file, format: .txt, path: "in.txt")
    }
    #expect(
      error?.message == """
        in.txt has 1 line without a text that can be read: line 2 is not UTF-8. \
        Correct or remove them.
        """)
  }

  @Test func onlyTenBadLinesAreNamed() {
    let file = Data(String(repeating: "x\n", count: 1_500).utf8)
    let error = #expect(throws: HarkError.self) {
      try TextLines(file, format: .jsonl, path: "in.jsonl")
    }
    #expect(error?.message.contains("line 10 is not JSON; and 1,490 more.") == true)
  }

  @Test func deepJSONIsNoTrap() {
    let file = Data(String(repeating: "[", count: 200_000).utf8)
    #expect(throws: HarkError.self) { try TextLines(file, format: .jsonl, path: "in.jsonl") }
  }

  @Test(arguments: [("a.txt", true), ("a.TXT", true), ("a.b/c.jsonl", true), ("a.json", false)])
  func formatsAreToldByName(path: String, isKnown: Bool) {
    #expect((TextLines.Format(path: path) != nil) == isKnown)
  }
}
