import Documents
import Foundation
import Parsers
import Testing

@Suite struct PlainTextParserTests {
  @Test func isVerbatim() throws {
    let text = "One\n  two\n\n\n\tthree  \n"
    #expect(try parse(text, as: .text).text == text)
  }

  @Test(arguments: [
    ("a\r\nb\rc\n", "a\nb\nc\n"), ("\u{FEFF}a", "a"), ("a\u{AD}b\u{7}c", "abc"),
    ("a\u{2028}b\u{85}c", "a\nb\nc"), ("e\u{301} 각", "e\u{301} 각"),
  ])
  func cleaning(raw: String, clean: String) throws {
    let text = try parse(raw, as: .text).text
    #expect(Array(text.unicodeScalars) == Array(clean.unicodeScalars))
  }

  @Test func formFeedsArePages() throws {
    let document = try parse("One\u{C}\u{C}Three", as: .text)
    #expect(document.text == "One\n\nThree")
    #expect(document.pages.map(\.number) == [1, 2, 3])
    #expect(document.pages.map { document.text(in: $0.range) } == ["One", "", "Three"])
    #expect(document.pageNumber(at: 0) == 1)
    #expect(document.pageNumber(at: 5) == 3)
  }

  @Test func underlinedHeadings() throws {
    let text = "Top\n===\n\nWords\n\nSecond part\n-----------\nMore\n---\n| - |\n----\n"
    let document = try parse(text, as: .text)
    #expect(document.text == text)
    #expect(document.outline == ["# Top", "## Second part", "## More"])
    for heading in document.headings {
      #expect(document.text(in: heading.range) == heading.title)
    }
  }

  struct Encoded: CustomTestStringConvertible {
    var testDescription: String
    var bytes: [UInt8]
    var text: String

    init(_ name: String, _ text: String, _ bytes: [UInt8]) {
      (testDescription, self.text, self.bytes) = (name, text, bytes)
    }
  }

  private static func utf16(_ text: String, bigEndian: Bool) -> [UInt8] {
    text.utf16.flatMap { unit in
      let (high, low) = (UInt8(unit >> 8), UInt8(unit & 0xFF))
      return bigEndian ? [high, low] : [low, high]
    }
  }

  static let encodings: [Encoded] = [
    Encoded("UTF-8", "Déjà 가나 🎉", Array("Déjà 가나 🎉".utf8)),
    Encoded("UTF-8 with a mark", "가", [0xEF, 0xBB, 0xBF] + Array("가".utf8)),
    Encoded("UTF-16LE with a mark", "a가🎉", [0xFF, 0xFE] + utf16("a가🎉", bigEndian: false)),
    Encoded("UTF-16BE with a mark", "a가🎉", [0xFE, 0xFF] + utf16("a가🎉", bigEndian: true)),
    Encoded("UTF-16LE", "Plain words", utf16("Plain words", bigEndian: false)),
    Encoded("UTF-16BE", "여행 규정은 다음과 같다.\n", utf16("여행 규정은 다음과 같다.\n", bigEndian: true)),
    Encoded(
      "EUC-KR", "여행 규정 abc",
      [0xBF, 0xA9, 0xC7, 0xE0, 0x20, 0xB1, 0xD4, 0xC1, 0xA4, 0x20, 0x61, 0x62, 0x63]),
    Encoded("CP949", "똠방각하", [0x8C, 0x63, 0xB9, 0xE6, 0xB0, 0xA2, 0xC7, 0xCF]),
    Encoded(
      "Windows-1252", "café “oui”", Array("caf".utf8) + [0xE9, 0x20, 0x93, 0x6F, 0x75, 0x69, 0x94]),
    Encoded(
      "Latin-1 capitals", "ÄRGER ÜBER", [0xC4] + Array("RGER ".utf8) + [0xDC] + Array("BER".utf8)),
  ]

  @Test(arguments: encodings) func encoding(_ example: Encoded) throws {
    #expect(try parse(example.bytes, as: .text).text == example.text)
  }

  @Test func damagedUTF8IsRepaired() throws {
    let words = String(repeating: "여행 규정 ", count: 20)
    let document = try parse(Array(words.utf8) + [0xEA, 0xB0] + Array(" 끝".utf8), as: .text)
    #expect(document.text == words + "\u{FFFD} 끝")
    #expect(document.warnings.count == 1)
  }

  @Test func binaryIsRefused() {
    var random = SystemRandomNumberGenerator()
    let noise = (0..<10_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    #expect(failure(of: noise, as: .text) == .notText)
    #expect(
      failure(of: Array("\u{7F}ELF".utf8) + Array(repeating: 0, count: 100), as: .text) == .notText)
    #expect(failure(of: [0xFF, 0xFE, 0x00, 0xD8, 0x41, 0x00], as: .text) == .notText)
  }

  @Test(arguments: [" \n\t\n", "\u{FEFF}", "\u{A0}\u{3000}"]) func whiteSpaceIsNoText(
    _ text: String
  ) {
    #expect(failure(of: Array(text.utf8), as: .text) == .noText)
  }

  @Test func longTextsAreCutIntoRecords() throws {
    let text = String(repeating: "가나다라", count: 100_000)
    var largest = 0
    FileParser.parse(Array(text.utf8).span, as: .text) { record in
      if case .text(let part, _) = record { largest = max(largest, part.utf8.count) }
    }
    #expect(largest <= ParserRecord.textLimit)
    #expect(try parse(text, as: .text).text == text)
  }
}
