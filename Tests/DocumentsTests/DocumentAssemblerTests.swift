import Documents
import Foundation
import Testing

@Suite struct DocumentAssemblerTests {
  static let records: [ParserRecord] = [
    .start(version: ParserRecord.version, type: .pdf), .page(number: 1, label: "i"),
    .heading(level: 2, text: "가 \"나\"\n\\", join: .paragraph), .text("One", join: .paragraph),
    .text("two", join: .word), .text("three", join: .line), .text("four", join: .nothing),
    .end(
      .init(
        title: "T", author: "A", language: "ko", created: "2024-05-01",
        modified: "2024-05-01T08:30:00Z", keywords: ["가", "b"], source: "https://a.b/c",
        frontMatter: #"{"x":"\"\\n"}"#, warnings: ["W"])),
    .failure(code: .pdfDamaged, message: "M"),
  ]

  @Test(arguments: records) func roundTrip(_ record: ParserRecord) throws {
    var line: [UInt8] = []
    try record.append(to: &line)
    #expect(line.last == UInt8(ascii: "\n"))
    #expect(line.dropLast().contains(UInt8(ascii: "\n")) == false)
    #expect(try ParserRecord(decoding: line.dropLast()) == record)
  }

  /// What is written by hand is what a JSON parser reads, whatever the characters.
  @Test func blocksAreJSON() throws {
    let text =
      String(String.UnicodeScalarView((0..<0x250).compactMap(Unicode.Scalar.init)))
      + "\u{2028} 한국어 \u{1F600}\u{FFFF}"
    let record = ParserRecord.heading(level: 3, text: text, join: .line)
    var line: [UInt8] = []
    try record.append(to: &line)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
    #expect(object["block"] as? String == "heading")
    #expect(object["level"] as? Int == 3)
    #expect(object["join"] as? String == "\n")
    #expect((object["text"] as? String).map { Array($0.utf8) } == Array(text.utf8))
    #expect(try ParserRecord(decoding: line.dropLast()) == record)
  }

  @Test(
    arguments: [
      (
        #"{"block":"text","text":"\u0041\/\b\f\r\t\"\\"}"#,
        .text("A/\u{8}\u{C}\r\t\"\\", join: .paragraph)
      ),
      (#"{"block":"text" , "join":"" ,"text":"a" } "#, .text("a", join: .nothing)),
      (#"{"block":"page","label":"i","number":12}"#, .page(number: 12, label: "i")),
      (#"{"block":"page","number":-3}"#, .page(number: -3, label: nil)),
    ] as [(String, ParserRecord)])
  func readsOtherForms(line: String, record: ParserRecord) throws {
    #expect(try ParserRecord(decoding: Array(line.utf8)[...]) == record)
  }

  @Test(arguments: [
    #"{"block":"text"}"#, #"{"block":"text","text":"a""#, #"{"block":"text","text":"a"}}"#,
    #"{"block":"text","text":"a"}x"#, #"{"block":"text","text":"a"} {}"#, #"{"block":"text","#,
    #"{"block":"text",}"#, #"{"block":"text","text":"a\"#, #"{"block":"text","text":"\u12"}"#,
    #"{"block":"text","text":"\ud800"}"#, #"{"block":"text","text":"\x41"}"#,
    #"{"block":"text","text":7}"#, #"{"block":"text","text":null}"#, #"{"block":7}"#,
    #"{"block":"text","text":"a","more":"b"}"#, #"{"block":"text","text":"a","join":"x"}"#,
    #"{"block":"page","number":1234567890123}"#, #"{"block":"page","number":"1"}"#,
    #"{"block":"page","number":1.5}"#, #"{"block":"page","number":}"#,
    #"{"block":"heading","text":"a"}"#, #"{"block":"table","text":"a"}"#, #"{"block":"#,
    "{\"block\":\"text\",\"text\":\"a\tb\"}", "{\"block\":\"text\",\"text\":\"a\"}\0",
  ])
  func refusesWhatIsNoBlock(line: String) {
    #expect(throws: DocumentError.self) {
      try ParserRecord(decoding: Array(line.utf8)[...])
    }
  }

  @Test func refusesBlocksOfDamagedUTF8() {
    let line = Array(#"{"block":"text","text":"a~"}"#.utf8).map { $0 == 0x7E ? 0xFF : $0 }
    #expect(throws: DocumentError.self) { try ParserRecord(decoding: line[...]) }
  }

  @Test func blocksAndPages() throws {
    var assembler = DocumentAssembler()
    for record in Self.records.dropLast(2) { try assembler.append(record) }
    try assembler.append(.page(number: 2, label: nil))
    try assembler.append(.page(number: 3, label: nil))
    try assembler.append(.text("end", join: .word))
    try assembler.append(.text("", join: .paragraph))
    try assembler.append(.end(.init()))
    let document = try assembler.finish()
    #expect(document.text == "가 \"나\"\n\\\n\nOne two\nthreefour end")
    #expect(
      document.pages.map { document.text.slice($0.range) } == [
        "가 \"나\"\n\\\n\nOne two\nthreefour", "", "end",
      ])
    #expect(document.pages.map(\.label) == ["i", nil, nil])
    #expect(document.headings.map(\.title) == ["가 \"나\" \\"])
    #expect(document.headings.map { document.text.slice($0.range) } == ["가 \"나\"\n\\"])
    #expect(document.pageNumber(at: document.text.utf8.count - 3) == 3)
    #expect(document.pageNumber(at: document.text.utf8.count - 5) == 1)
  }

  @Test func metadataIsBounded() throws {
    let long = "x" + String(repeating: "가", count: 1 << 20)
    var assembler = DocumentAssembler()
    try assembler.append(.start(version: ParserRecord.version, type: .text))
    try assembler.append(.page(number: 1, label: long))
    try assembler.append(.text("Words.", join: .paragraph))
    try assembler.append(
      .end(
        .init(
          title: long, author: long, language: long, created: long, modified: "yesterday",
          keywords: ["", long] + (0..<1000).map { "k\($0 / 2)" }, source: long, frontMatter: long,
          warnings: Array(repeating: long, count: 100))))
    let document = try assembler.finish()
    #expect(document.title == "x" + String(repeating: "가", count: 333))
    #expect(document.author == document.title)
    #expect(document.language == nil)
    #expect(document.created == nil)
    #expect(document.modified == nil)
    #expect(document.keywords == (0..<100).map { "k\($0)" })
    #expect(document.source == nil)
    #expect(document.frontMatter == nil)
    #expect(document.warnings.count == Document.warningLimit)
    #expect(document.warnings.allSatisfy { $0 == document.title })
    #expect(document.pages.first?.label == "x" + String(repeating: "가", count: 33))
  }

  @Test func metadataReachesTheDocument() throws {
    var assembler = DocumentAssembler()
    try assembler.append(.start(version: ParserRecord.version, type: .markdown))
    try assembler.append(.text("Words.", join: .paragraph))
    try assembler.append(Self.records[7])
    let document = try assembler.finish()
    #expect(document.created == "2024-05-01")
    #expect(document.modified == "2024-05-01T08:30:00Z")
    #expect(document.keywords == ["가", "b"])
    #expect(document.source == "https://a.b/c")
    #expect(document.frontMatter == #"{"x":"\"\\n"}"#)
  }

  @Test func codesAreSpeltAsTheEngineSpellsThem() {
    #expect(DocumentError.Code.cancelled.rawValue == "canceled")
  }

  @Test func errorsNameTheirCode() {
    let error = DocumentError(.pdfEncrypted, "a.pdf: The PDF asks for a password.")
    #expect(error.description == "a.pdf: The PDF asks for a password. (pdf-encrypted)")
  }
}
