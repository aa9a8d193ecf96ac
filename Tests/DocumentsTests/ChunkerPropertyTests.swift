import Documents
import TestKit
import Testing

/// Random documents in English, Korean and odd Unicode.
@Suite struct ChunkerPropertyTests {
  private static let words = [
    "travel", "The", "cost", "Dr.", "e.g.", "3.14", "Seoul", "a", "U.S.", "(see", "below)",
    "well-known",
    "여행", "규정은", "다음과", "같다.", "그렇습니까?", "있어요!", "2024.", "3.", "5.", "가.", "東京", "です。", "「はい」",
    "🎉", "🧑‍🧑‍🧒‍🧒", "🇰🇷🇰🇷", "e\u{301}", "\u{301}", "👍🏽", "العربية", "ไทย", "नमस्ते", "ﬁ",
    "한\u{1112}\u{1161}\u{11AB}",
    "\u{200D}", "\u{FE0F}", "x,", "y;", "\"Quote.\"", "end.", "Really?", "…", "|", "-", "1)",
    "https://example.org/a.b?c=d", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  ]
  private static let gaps = [
    " ", " ", " ", " ", " ", " ", "  ", "\n", "\n\n", "\n- ", "\t", "\u{A0}", "\u{3000}", "\r\n",
    "",
    " | ", "\u{2028}",
  ]

  private static func document(seed: UInt64) throws -> Document {
    var random = SplitMix(state: seed)
    var assembler = DocumentAssembler()
    let type = FileType.allCases.randomElement(using: &random) ?? .text
    try assembler.append(.start(version: ParserRecord.version, type: type))
    for block in 0..<Int.random(in: 1...30, using: &random) {
      if Int.random(in: 0..<6, using: &random) == 0 {
        try assembler.append(.page(number: block + 1, label: nil))
      }
      var text = "x"
      for _ in 0..<Int.random(in: 1...60, using: &random) {
        text += gaps.randomElement(using: &random) ?? ""
        text += words.randomElement(using: &random) ?? ""
      }
      let join: [ParserRecord.Join] = [.paragraph, .paragraph, .line, .word, .nothing]
      if Int.random(in: 0..<4, using: &random) == 0 {
        let level = Int.random(in: 1...6, using: &random)
        let title = String(text.unicodeScalars.prefix(20))
        try assembler.append(.heading(level: level, text: title, join: .paragraph))
      } else {
        try assembler.append(.text(text, join: join.randomElement(using: &random) ?? .word))
      }
    }
    try assembler.append(.end(.init()))
    return try assembler.finish()
  }

  @Test(arguments: 0..<200 as Range<UInt64>) func invariants(seed: UInt64) throws {
    let document = try Self.document(seed: seed)
    var random = SplitMix(state: ~seed)
    let limit = Int.random(in: 8...254, using: &random)
    let options = Chunker.Options(
      targetTokens: Int.random(in: 4...limit, using: &random), limitTokens: limit,
      overlapSentences: Int.random(in: 0...3, using: &random))
    let chunks = Chunker(options: options) { ChunkerTests.count($0) }.chunks(of: document)
    check(chunks, of: document, limit: limit)
    // Where a character begins, and where white space ends: a mark may stand on a space, and white
    // space is no part of a chunk.
    var starts: Set<Int> = []
    var offset = 0
    for character in document.text {
      starts.insert(offset)
      if let first = character.unicodeScalars.first, first.properties.isWhitespace {
        starts.insert(offset + String(first).utf8.count)
      }
      // A character that is over the limit itself has to be cut.
      if ChunkerTests.count(Substring(String(character))) > limit {
        starts.formUnion(offset..<offset + character.utf8.count)
      }
      offset += character.utf8.count
    }
    let titles = Set(document.headings.map(\.title))
    for chunk in chunks {
      let isWhole = starts.contains(chunk.range.lowerBound)
      #expect(isWhole, "chunk \(chunk.index) begins inside a character")
      #expect(chunk.headingPath.allSatisfy { titles.contains($0) })
    }
  }
}
