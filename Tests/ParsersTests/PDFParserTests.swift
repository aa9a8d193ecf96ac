import Documents
import Parsers
import Testing

@Suite struct PDFParserTests {
  private static let prose = [
    "Employees who travel for the company are paid their costs, as far",
    "as they are reasonable. Receipts are handed in within thirty days,",
    "and no later.",
  ]

  @Test func paragraphsAndHyphens() throws {
    var pdf = PDFBuilder()
    pdf.addPage([
      Self.prose, ["The second paragraph shows a hyphen at the end of its conven-", "ient line."],
      ["It keeps the hyphen of this well-known word, and of North-", "South lines as well."],
    ])
    let document = try parse(pdf.build(), as: .pdf)
    #expect(
      document.text == """
        Employees who travel for the company are paid their costs, as far as they are reasonable. \
        Receipts are handed in within thirty days, and no later.

        The second paragraph shows a hyphen at the end of its convenient line.

        It keeps the hyphen of this well-known word, and of North- South lines as well.
        """)
    #expect(document.pages.map(\.number) == [1])
    #expect(document.pages.first?.range == 0..<document.text.utf8.count)
  }

  @Test func labelsAndMetadata() throws {
    var pdf = PDFBuilder()
    pdf.catalog = "/PageLabels << /Nums [0 << /S /r >> 2 << /S /D >>] >>"
    pdf.info = "/Title (Microsoft Word - Travel policy) /Author (Kim)"
    for name in ["one", "two", "three"] { pdf.addPage([["This is page \(name)."]]) }
    let document = try parse(pdf.build(), as: .pdf)
    #expect(document.pages.map(\.label) == ["i", "ii", "1"])
    #expect(
      document.pages.map { document.text(in: $0.range) }
        == ["This is page one.", "This is page two.", "This is page three."])
    #expect(document.title == "Travel policy")
    #expect(document.author == "Kim")
  }

  @Test(
    arguments: [
      ("D:20240501093000+09'00'", "2024-05-01T00:30:00Z"), ("D:20240501", "2024-05-01T00:00:00Z"),
      ("D:20240501093000Z", "2024-05-01T09:30:00Z"), ("D:20249999", nil), ("yesterday", nil),
      ("", nil),
    ] as [(String, String?)])
  func dates(written: String, read: String?) throws {
    var pdf = PDFBuilder()
    pdf.addPage([["Words."]])
    pdf.info = "/CreationDate (\(written)) /ModDate (\(written))"
    let document = try parse(pdf.build(), as: .pdf)
    #expect(document.created == read)
    #expect(document.modified == read)
  }

  @Test func keywords() throws {
    var pdf = PDFBuilder()
    pdf.addPage([["Words."]])
    let many = (0..<1000).map { "k\($0)" }.joined(separator: ",")
    for (written, read) in [
      ("safety; chemical waste, \\007lab,, lab;", ["safety", "chemical waste", "lab"]),
      ("one key", ["one key"]), ("", []), (many, (0..<100).map { "k\($0)" }),
    ] {
      pdf.info = "/Keywords (\(written))"
      #expect(try parse(pdf.build(), as: .pdf).keywords == read)
    }
  }

  @Test(arguments: ["report-final.docx", "Untitled", "...", "Untitled document"])
  func titlesThatSayNothing(_ title: String) throws {
    var pdf = PDFBuilder()
    pdf.info = "/Title (\(title))"
    pdf.addPage([["Words."]])
    #expect(try parse(pdf.build(), as: .pdf).title == nil)
  }

  @Test func headingsFromTheOutline() throws {
    var pdf = PDFBuilder()
    pdf.addPage([["1. Travel"], Self.prose])
    pdf.addPage([["Chapter 2. Hotels and", "other lodging"], Self.prose])
    pdf.outline = [("Travel", 0), ("Hotels and other lodging", 1), ("Nowhere", 1)]
    let document = try parse(pdf.build(), as: .pdf)
    #expect(document.outline == ["# 1. Travel", "# Chapter 2. Hotels and other lodging"])
    for heading in document.headings {
      #expect(document.text(in: heading.range) == heading.title)
    }
  }

  @Test func headingsFromTheSizeOfLetters() throws {
    var pdf = PDFBuilder()
    pdf.addPage([Self.prose])
    pdf.pages[0].insert(.init("Handbook", y: 760, size: 24), at: 0)
    pdf.pages[0].insert(.init("Travel", y: 738, size: 16), at: 1)
    let document = try parse(pdf.build(), as: .pdf)
    #expect(document.outline == ["# Handbook", "## Travel"])
    #expect(document.title == "Handbook")
  }

  @Test func sentencesRunOverPages() throws {
    var pdf = PDFBuilder()
    pdf.addPage([["This sentence begins on the first page and is only com-"]])
    pdf.addPage([["pleted on the second, where the next one begins and goes on"]])
    pdf.addPage([["to the third."], ["Here is another."]])
    let document = try parse(pdf.build(), as: .pdf)
    #expect(
      document.text == """
        This sentence begins on the first page and is only completed on the second, where the \
        next one begins and goes on to the third.

        Here is another.
        """)
    #expect(document.pages.count == 3)
    #expect(document.text(in: document.pages[1].range).hasPrefix("pleted"))
    #expect(document.pageNumber(at: document.text.utf8.count - 1) == 3)
  }

  @Test func runningHeadsAndPageNumbersGo() throws {
    var pdf = PDFBuilder()
    for number in 1...6 {
      pdf.addPage([["Page \(number) says something of its own here."], Self.prose])
      pdf.pages[number - 1].insert(.init("Staff handbook", y: 770, size: 9), at: 0)
      pdf.pages[number - 1].append(.init("\(number)", x: 300, y: 30, size: 9))
    }
    let document = try parse(pdf.build(), as: .pdf)
    #expect(!document.text.contains("Staff handbook"))
    for page in document.pages {
      #expect(
        document.text(in: page.range).hasPrefix("Page \(page.number) says something of its own"))
      #expect(document.text(in: page.range).hasSuffix("no later."))
    }
  }

  /// Pages of one or two lines that differ in a number alone, as of cards.
  @Test(arguments: [
    [("Room 10#", 400.0)], [("Room 10#", 400.0), ("Beds: #", 386.0)],
    [("Room 10#", 700.0), ("Beds: #", 100.0)],
  ])
  func cardsKeepTheirLines(card: [(text: String, y: Double)]) throws {
    var pdf = PDFBuilder()
    let texts = (1...6).map { number in
      card.map { $0.text.replacing("#", with: "\(number)") }
    }
    for lines in texts {
      pdf.pages.append(zip(lines, card).map { .init($0, y: $1.y) })
    }
    let document = try parse(pdf.build(), as: .pdf)
    for (page, lines) in zip(document.pages, texts) {
      let text = document.text(in: page.range)
      for line in lines { #expect(text.contains(line)) }
    }
    #expect(document.pages.count == texts.count)
  }

  @Test func shortPagesLoseTheirRunningHeads() throws {
    var pdf = PDFBuilder()
    for word in ["one", "two", "three", "four"] {
      pdf.pages.append([.init("Staff handbook", y: 770, size: 9), .init("Card \(word)", y: 400)])
    }
    let text = try parse(pdf.build(), as: .pdf).text
    #expect(!text.contains("Staff handbook"))
    #expect(text.contains("Card three"))
  }

  @Test func listsKeepTheirItemsApart() throws {
    var pdf = PDFBuilder()
    pdf.addPage([["- One item", "- Another item that", "goes on", "1. Number"]])
    let text = try parse(pdf.build(), as: .pdf).text
    #expect(text == "- One item\n\n- Another item that goes on\n\n1. Number")
  }

  /// Cells of a row are words of their own, also where nothing but room parts them.
  @Test func cellsOfATableStayApart() throws {
    var pdf = PDFBuilder()
    pdf.pages.append(
      [("Town", "Limit"), ("Utrecht", "165 EUR"), ("Brussels", "180 EUR")].enumerated()
        .flatMap { row, cells in
          let y = 700.0 - 18 * Double(row)
          return [PDFBuilder.Line(cells.0, y: y), PDFBuilder.Line(cells.1, x: 300, y: y)]
        })
    let words = try parse(pdf.build(), as: .pdf).text.split(whereSeparator: \.isWhitespace)
    #expect(words.count == 8)
    #expect(words.contains("Utrecht") && words.contains("165"))
  }

  @Test func leadersGo() throws {
    var pdf = PDFBuilder()
    pdf.addPage([["Travel . . . . . . . . . . . . 3"], ["Hotels ........ 5"], ["And so on ..."]])
    #expect(try parse(pdf.build(), as: .pdf).text == "Travel 3\n\nHotels 5\n\nAnd so on ...")
  }

  @Test func failures() {
    var pdf = PDFBuilder()
    pdf.addPage([["Words."]])
    pdf.isEncrypted = true
    #expect(failure(of: pdf.build(), as: .pdf) == .pdfEncrypted)
    pdf.isEncrypted = false
    pdf.pages = []
    #expect(failure(of: pdf.build(), as: .pdf) == .pdfDamaged)
    pdf.pages = [[]]
    #expect(failure(of: pdf.build(), as: .pdf) == .noText)
    #expect(failure(of: Array("%PDF-1.4\nnothing".utf8), as: .pdf) == .pdfDamaged)
    #expect(failure(of: Array("Words".utf8), as: .pdf) == .pdfDamaged)
  }

  @Test func contentHasTheLastWord() throws {
    var pdf = PDFBuilder()
    pdf.addPage([["Words."]])
    let document = try parse(pdf.build(), as: .text)
    #expect(document.fileType == .pdf)
    #expect(document.text == "Words.")
  }
}
