import Embedding
import Foundation
import TestKit
import Testing

@Suite(.enabled(if: Fixtures.hasModel)) struct WordPieceTokenizerTests {
  @Test(.enabled(if: TestData.folder("minilm") != nil))
  func `Ids equal those of the reference`() throws {
    let tokenizer = try Fixtures.tokenizer()
    try #require(Fixtures.references.count > 200)
    for (index, reference) in Fixtures.references.enumerated() {
      let ids = tokenizer.encode(reference.text, maximumTokens: 256)
      #expect(ids == reference.ids, "text \(index)")
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var text: String
    var ids: [Int32]
    var testDescription: String { name }

    init(_ name: String, _ text: String, _ ids: [Int32]) {
      (self.name, self.text, self.ids) = (name, text, ids)
    }
  }

  /// Ids of Hugging Face tokenizers 0.23.3, without the first and the last.
  static let cases = [
    Case("empty", "", []),
    Case("white space", " \u{9}\u{D}\u{A}\u{A0}\u{3000}\u{2028} ", []),
    Case(
      "a line of Korean in NFC", "\u{D55C}\u{AD6D}\u{C5B4}",
      [1469, 30006, 30021, 29991, 30014, 30020, 29999, 30008]),
    Case(
      "Hangul in NFD", "\u{1112}\u{1161}\u{11AB}\u{1100}\u{116E}\u{11A8}\u{110B}\u{1165}",
      [1469, 30006, 30021, 29991, 30014, 30020, 29999, 30008]),
    Case(
      "accents", "Caf\u{E9} CAF\u{C9} cafe\u{301} \u{C5}NGSTR\u{D6}M na\u{EF}ve",
      [7668, 7668, 7668, 17076, 15687, 15743]),
    Case("controls vanish", "a\u{0}b\u{7}c\u{200B}d\u{AD}e", [5925, 3207]),
    Case("private use and replacement", "a\u{E000}b\u{FFFD}c\u{10FFFD}", [5925]),
    Case(
      "ideographs stand alone", "\u{6F22}\u{5B57}abc\u{6F22}\u{304B}\u{306A}",
      [1904, 100, 5925, 1904, 1651, 30193]),
    Case("compatibility ideograph", "\u{F900}x\u{2F800}", [100, 1060, 100]),
    Case(
      "emoji with joiners",
      "\u{1F469}\u{200D}\u{1F469}\u{200D}\u{1F467}\u{200D}\u{1F466} \u{1F44D}\u{1F3FD}\u{1F1F0}\u{1F1F7}",
      [100, 100]),
    Case(
      "punctuation", "don't stop--it's (really) $5.00, a_b*c\u{AB}d\u{BB}\u{2026}",
      [
        2123, 1005, 1056, 2644, 1011, 1011, 2009, 1005, 1055, 1006, 2428, 1007, 1002, 1019, 1012,
        4002, 1010, 1037, 1035, 1038, 1008, 1039, 1077, 1040, 1090, 1529,
      ]),
    Case("new punctuation is not known", "a\u{2E52}b\u{61D}c", [100]),
    Case(
      "special tokens in text", "a[SEP]b [MASK] [mask] [PAD[CLS]",
      [1037, 102, 1038, 103, 1031, 7308, 1033, 1031, 11687, 101]),
    Case(
      "capital I with dot", "\u{130}stanbul D\u{130}YARBAKIR \u{131}",
      [9960, 4487, 13380, 3676, 23630, 1104]),
    Case(
      "ligatures and sharp s", "\u{FB01}ne stra\u{DF}e \u{1E9E}", [1984, 2638, 2358, 27807, 1096]),
    Case(
      "Greek sigma", "\u{39F}\u{394}\u{3A5}\u{3A3}\u{3A3}\u{395}\u{3A5}\u{3A3}",
      [1169, 29722, 29735, 29733, 29733, 29723, 29735, 29733]),
    Case("combining order", "a\u{323}\u{301}\u{302E}\u{1D165}\u{302F}b", [100]),
    Case("barrier between marks", "x\u{1D165}\u{FE0F}\u{302E}y", [100]),
    Case("musical symbols", "\u{1D15E}\u{1D1BB}", [100]),
    Case("line feed forms", "a\u{B}b\u{C}c\u{85}d", [5925, 2094]),
    Case(
      "not equal sign decomposes", "a\u{2260}b\u{226E}c \u{37E} \u{1FEF}",
      [1037, 1027, 1038, 1026, 1039, 1025, 1036]),
    Case(
      "Indic vowels", "\u{995}\u{9CB} \u{BAE}\u{BCA} \u{D4A} \u{CC0}",
      [1353, 29917, 29914, 100, 100, 100]),
    Case(
      "a word of 100", String(repeating: "a", count: 100),
      [
        13360, 11057, 11057, 11057, 11057, 11057, 11057, 11057, 11057, 11057, 11057, 11057, 11057,
        11057, 11057, 11057, 11057, 11057, 11057, 11057, 11057, 11057, 11057, 11057, 11057, 11057,
        11057, 11057, 11057, 11057, 11057, 11057, 11057, 11057, 11057, 11057, 11057, 11057, 11057,
        11057, 11057, 11057, 11057, 11057, 11057, 11057, 11057, 11057, 11057, 2050,
      ]),
    Case("a word of 101", String(repeating: "a", count: 101), [100]),
    Case(
      "101 after normalisation", String(repeating: "e\u{301}", count: 100),
      [
        25212, 4402, 4402, 4402, 4402, 4402, 4402, 4402, 4402, 4402, 4402, 4402, 4402, 4402, 4402,
        4402, 4402, 4402, 4402, 4402, 4402, 4402, 4402, 4402, 4402, 4402, 4402, 4402, 4402, 4402,
        4402, 4402, 4402, 4402, 4402, 4402, 4402, 4402, 4402, 4402, 4402, 4402, 4402, 4402, 4402,
        4402, 4402, 4402, 4402, 4402,
      ]),
    Case("hash signs", "##ing #tag ##", [1001, 1001, 13749, 1001, 6415, 1001, 1001]),
    Case(
      "long unknown", "\u{2603}\u{FE0E} \u{A66E} \u{13000} unbelievable\u{2603}",
      [100, 100, 100, 100]),
    Case(
      "Vietnamese", "Ti\u{1EBF}ng Vi\u{1EC7}t \u{110}\u{1EB7}ng", [5495, 3070, 19710, 1102, 5654]),
    Case(
      "Arabic with marks",
      "\u{645}\u{64F}\u{62D}\u{64E}\u{645}\u{64E}\u{651}\u{62F} \u{640}\u{61F}",
      [1295, 29820, 22192, 15394, 1290, 100]),
    Case(
      "Devanagari",
      "\u{928}\u{92E}\u{938}\u{94D}\u{924}\u{947} \u{926}\u{941}\u{928}\u{93F}\u{92F}\u{93E}",
      [1327, 29867, 29874, 29859, 1325, 29863, 29877, 29868, 29876]),
    Case("Thai", "\u{E20}\u{E32}\u{E29}\u{E32}\u{E44}\u{E17}\u{E22} \u{E01}\u{E33}", [100, 100]),
    Case("full width", "\u{FF21}\u{FF22}\u{FF23}\u{FF11}\u{FF12}\u{FF13}\u{FF01}", [100, 1986]),
    Case("tags", "\u{E0041}b\u{E007F}", [1038]),
    Case(
      "Hebrew", "\u{5E9}\u{5B8}\u{5C1}\u{5DC}\u{5D5}\u{5B9}\u{5DD}", [1266, 29799, 29792, 29800]),
  ]

  @Test(arguments: cases)
  func `Odd text is cut as by the reference`(_ example: Case) throws {
    let tokenizer = try Fixtures.tokenizer()
    #expect(tokenizer.encode(example.text, maximumTokens: nil) == [101] + example.ids + [102])
    #expect(tokenizer.count(example.text[...]) == example.ids.count)
  }

  @Test func `Cutting off keeps the special tokens`() throws {
    let tokenizer = try Fixtures.tokenizer()
    #expect(tokenizer.specialTokens == 2)
    let long = String(repeating: "unbelievable ", count: 10_000)
    let whole = tokenizer.encode(long, maximumTokens: nil)
    for limit in [2, 3, 8, 256, 512, whole.count, whole.count + 1] {
      let ids = tokenizer.encode(long, maximumTokens: limit)
      #expect(ids.count == min(limit, whole.count))
      #expect(ids.dropLast() == whole.prefix(ids.count - 1))
      #expect(ids.last == 102)
    }
    #expect(tokenizer.encode(long, maximumTokens: 0) == [101, 102])
    #expect(tokenizer.encode(long, maximumTokens: -5) == [101, 102])
  }

  @Test func `Counts of texts joined by a space add up`() throws {
    let tokenizer = try Fixtures.tokenizer()
    var generator = SplitMix(state: 42)
    let pieces: [String] = [
      "a", "B", "é", "e\u{301}", "\u{327}", " ", "\n", ".", "#", "##", "[", "[SEP]", "MASK]", "한",
      "ㅎㅏ", "漢", "🙂", "\u{0}", "\u{200D}", "\u{FB01}", "İ", "ß", "unbelievable", "1", "\u{1D165}",
      "\u{302E}", "\u{FFFD}", "\u{3000}", "\u{1E9B}\u{323}", "word", "-", "'s",
    ]
    for _ in 0..<4000 {
      let texts = (0..<2).map { _ in
        (0..<Int.random(in: 0...12, using: &generator)).map { _ in
          pieces.randomElement(using: &generator) ?? ""
        }.joined()
      }
      let joined = texts.joined(separator: " ")
      let sum = texts.reduce(0) { $0 + tokenizer.count($1[...]) }
      #expect(sum == tokenizer.count(joined[...]), "\(joined.unicodeScalars.map(\.value))")
      #expect(sum + 2 == tokenizer.encode(joined, maximumTokens: nil).count)
    }
  }

  @Test(arguments: UnicodeDigests.contexts.indices)
  func `Every scalar is cut as by the reference`(context number: Int) throws {
    let tokenizer = try Fixtures.tokenizer()
    let (context, digests) = UnicodeDigests.contexts[number]
    // By scalars: a star with a mark behind it is one character.
    let around = context.unicodeScalars.split(separator: "*", omittingEmptySubsequences: false)
      .map { String($0) }
    for (plane, digest) in digests.enumerated() {
      let first = UInt32(plane) << 16
      var found: UInt64 = 0xCBF2_9CE4_8422_2325
      func add(_ number: UInt64) { found = (found ^ number) &* 0x100_0000_01B3 }
      for scalar in (first..<first + 0x10000).compactMap(Unicode.Scalar.init) {
        let text = around.joined(separator: String(scalar))
        for id in tokenizer.encode(text, maximumTokens: nil) { add(UInt64(id)) }
        add(.max)
      }
      #expect(found == digest, "\(context), plane \(plane)")
    }
  }
}
