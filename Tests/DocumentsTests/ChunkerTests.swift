import Documents
import Testing

@Suite struct ChunkerTests {
  /// Counts as WordPiece does in shape: a token for each mark, one for each four letters of a word,
  /// and a single one for a word of more than a hundred.
  @Sendable static func count(_ text: Substring) -> Int {
    var tokens = 0
    var letters = 0
    func endWord() {
      tokens += letters > 100 ? 1 : (letters + 3) / 4
      letters = 0
    }
    for scalar in text.unicodeScalars {
      if scalar.properties.isWhitespace {
        endWord()
      } else if scalar.properties.isAlphabetic {
        letters += 1
      } else {
        endWord()
        tokens += 1
      }
    }
    endWord()
    return tokens
  }

  private static func document(_ blocks: [(level: Int?, text: String)]) throws -> Document {
    var assembler = DocumentAssembler()
    try assembler.append(.start(version: ParserRecord.version, type: .markdown))
    for block in blocks {
      if let level = block.level {
        try assembler.append(.heading(level: level, text: block.text, join: .paragraph))
      } else {
        try assembler.append(.text(block.text, join: .paragraph))
      }
    }
    try assembler.append(.end(.init()))
    return try assembler.finish()
  }

  private static func sentences(_ count: Int, from first: Int = 0) -> String {
    (first..<first + count).map { "Sentence number \($0) has words." }.joined(separator: " ")
  }

  @Test func packsSentencesWithOverlap() throws {
    let document = try Self.document([(nil, Self.sentences(12))])
    let chunker = Chunker(options: .init(targetTokens: 30, limitTokens: 40)) { Self.count($0) }
    let chunks = chunker.chunks(of: document)
    #expect(chunks.count > 2)
    check(chunks, of: document, limit: 40)
    for (chunk, next) in zip(chunks, chunks.dropFirst()) {
      // Three sentences make 24 to 27 tokens, one of them is 8 or 9 and more than a quarter.
      #expect(chunk.tokenCount <= 40)
      #expect(next.range.lowerBound >= chunk.range.upperBound)
    }
    let overlapping = Chunker(options: .init(targetTokens: 40, limitTokens: 50)) { Self.count($0) }
      .chunks(of: document)
    check(overlapping, of: document, limit: 50)
    for (chunk, next) in zip(overlapping, overlapping.dropFirst()) {
      let shared = next.range.lowerBound..<chunk.range.upperBound
      #expect(document.text.slice(shared).hasPrefix("Sentence number"))
      #expect(document.text.slice(shared).hasSuffix("words."))
    }
  }

  @Test func aRestThatFitsStaysWithItsChunk() throws {
    let document = try Self.document([(nil, Self.sentences(4))])
    let chunker = Chunker(options: .init(targetTokens: 25, limitTokens: 40)) { Self.count($0) }
    #expect(chunker.chunks(of: document).map(\.text) == [document.text])
  }

  @Test func headingsBeginChunks() throws {
    let document = try Self.document([
      (1, "Handbook"), (2, "Travel"), (nil, Self.sentences(10)), (2, "Hotels"),
      (nil, Self.sentences(10, from: 10)), (3, "Short"), (nil, "One."), (3, "Also short"),
      (nil, "Two."), (1, "End"), (nil, "Three."),
    ])
    let chunks = Chunker { Self.count($0) }.chunks(of: document)
    check(chunks, of: document, limit: 254)
    #expect(
      chunks.map(\.headingPath) == [
        ["Handbook", "Travel"], ["Handbook", "Hotels"], ["End"],
      ])
    #expect(chunks[0].text.hasPrefix("Handbook\n\nTravel\n\nSentence number 0"))
    #expect(chunks[1].text.hasPrefix("Hotels\n\nSentence number 10"))
    #expect(chunks[1].text.hasSuffix("Also short\n\nTwo."))
    #expect(chunks[2].text == "End\n\nThree.")
  }

  @Test func anOverlapNeverCrossesAHeading() throws {
    let document = try Self.document([
      (1, "A"), (nil, Self.sentences(40)), (1, "B"), (nil, Self.sentences(40, from: 40)),
    ])
    let chunks = Chunker { Self.count($0) }.chunks(of: document)
    check(chunks, of: document, limit: 254)
    #expect(chunks.contains { $0.text.hasPrefix("B\n\nSentence number 40") })
    for chunk in chunks { #expect(chunk.headingPath.count == 1) }
  }

  @Test func pages() throws {
    var assembler = DocumentAssembler()
    try assembler.append(.start(version: ParserRecord.version, type: .pdf))
    for number in 1...4 {
      try assembler.append(.page(number: number, label: nil))
      if number != 2 {
        try assembler.append(.text(Self.sentences(6, from: number * 10), join: .paragraph))
      }
    }
    try assembler.append(.end(.init()))
    let document = try assembler.finish()
    let chunker = Chunker(options: .init(targetTokens: 60, limitTokens: 70)) { Self.count($0) }
    let chunks = chunker.chunks(of: document)
    check(chunks, of: document, limit: 70)
    #expect(chunks.first?.firstPage == 1)
    #expect(chunks.last?.lastPage == 4)
    for chunk in chunks {
      let pages = document.pages.filter { $0.range.overlaps(chunk.range) }.map(\.number)
      #expect(chunk.firstPage == pages.first)
      #expect(chunk.lastPage == pages.last)
    }
  }

  @Test(arguments: [
    String(repeating: "a", count: 300_000), String(repeating: "가나다라", count: 50_000),
    String(repeating: "낱말 ", count: 50_000), String(repeating: "x, y; ", count: 50_000),
    String(repeating: "🧑‍🧑‍🧒‍🧒", count: 5000), "a" + String(repeating: "\u{301}", count: 50_000),
    String(repeating: ".", count: 300_000), String(repeating: "? ", count: 100_000),
    "a" + String(repeating: " ", count: 500_000) + "b",
    String(repeating: "\n", count: 300_000) + "c",
    String(repeating: "e\u{301}", count: 100_000), String(repeating: "| ", count: 100_000),
  ])
  func oddTexts(_ text: String) {
    let document = Document(text: text, fileType: .text)
    for chunker in [
      Chunker { Self.count($0) }, Chunker { $0.utf8.count }, Chunker { _ in 0 },
      Chunker(options: .init(targetTokens: 3, limitTokens: 5)) { $0.utf8.count },
    ] {
      check(chunker.chunks(of: document), of: document, limit: chunker.options.limitTokens)
    }
  }

  @Test func longTextsAreCheap() {
    let line = String(repeating: "가나다라마바사아자차카타파하", count: 240_000)
    let prose = String(repeating: "A sentence of ten words is here for you today. ", count: 210_000)
    for text in [line, prose] {
      let document = Document(text: text, fileType: .text)
      let chunks = Chunker { $0.utf8.count / 4 }.chunks(of: document)
      #expect(chunks.last?.range.upperBound == (text.utf8.last == 0x20 ? -1 : 0) + text.utf8.count)
    }
  }

  @Test func optionsAreMadeSensible() {
    let chunker = Chunker(options: .init(targetTokens: 0, limitTokens: -3, overlapSentences: -1)) {
      $0.utf8.count
    }
    let document = Document(text: "ab 가", fileType: .text)
    // A character of three bytes cannot have fewer tokens than this counter gives it.
    #expect(chunker.chunks(of: document).map(\.text) == ["a", "b", "가"])
  }

  @Test(arguments: [0..<3, 2..<1000, 5..<5, 0..<0] as [Range<Int>])
  func headingsOutOfPlaceDoNoHarm(_ range: Range<Int>) {
    let heading = Document.Heading(range: range, level: 1, title: "x")
    let document = Document(text: "Abc def.", headings: [heading, heading], fileType: .text)
    check(Chunker { $0.utf8.count }.chunks(of: document), of: document, limit: 254)
  }
}

/// Checks what holds of the chunks of any document.
func check(
  _ chunks: [Chunk], of document: Document, limit: Int,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let bytes = Array(document.text.utf8)
  var covered = 0
  var isCovered = true
  for (index, chunk) in chunks.enumerated() {
    var isSound = chunk.index == index && !chunk.text.isEmpty
    isSound = isSound && bytes[chunk.range].elementsEqual(chunk.text.utf8)
    isSound = isSound && chunk.text.unicodeScalars.first?.properties.isWhitespace == false
    isSound = isSound && chunk.text.unicodeScalars.last?.properties.isWhitespace == false
    isSound = isSound && chunk.range.count <= limit * Chunker.bytesPerToken
    isSound = isSound && (chunk.tokenCount <= limit || chunk.text.unicodeScalars.count == 1)
    #expect(isSound, "chunk \(index) in \(chunk.range)", sourceLocation: sourceLocation)
    if chunk.range.lowerBound > covered {
      isCovered = isCovered && isBlank(bytes[covered..<chunk.range.lowerBound])
    }
    isCovered = isCovered && chunk.range.upperBound > covered
    covered = chunk.range.upperBound
  }
  isCovered = isCovered && isBlank(bytes[covered...])
  #expect(isCovered, "all text is in chunks, in order", sourceLocation: sourceLocation)
}

private func isBlank(_ bytes: ArraySlice<UInt8>) -> Bool {
  String(decoding: bytes, as: UTF8.self).unicodeScalars.allSatisfy(\.properties.isWhitespace)
}

extension String {
  /// The part in a range of UTF-8 offsets.
  func slice(_ range: Range<Int>) -> String {
    String(decoding: Array(utf8)[range], as: UTF8.self)
  }
}
