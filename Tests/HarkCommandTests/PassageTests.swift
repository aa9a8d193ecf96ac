import Testing

@testable import HarkCommand

@Suite struct PassageTests {
  /// The passage with the given words found, wherever they stand.
  private func passage(_ text: String, found words: String...) -> Passage {
    var matches: [Range<Int>] = []
    for word in words {
      for range in text.ranges(of: word) {
        let start = text.utf8.distance(from: text.startIndex, to: range.lowerBound)
        matches.append(start..<start + word.utf8.count)
      }
    }
    return Passage(text, matches: matches.sorted { $0.lowerBound < $1.lowerBound })
  }

  @Test func foundWordsAreSetOff() {
    let passage = passage("The manager approves\n  each trip.", found: "manager", "trip")
    #expect(
      passage.lines(columns: 80, lineCount: 2, emphasis: .guillemets)
        == ["The «manager» approves each «trip»."])
    #expect(
      passage.lines(columns: 80, lineCount: 2, emphasis: .escapes)
        == ["The \u{1B}[1;33mmanager\u{1B}[0m approves each \u{1B}[1;33mtrip\u{1B}[0m."])
  }

  @Test func neighbouringMatchesAreOneWord() {
    // Bigrams of Hangul come as neighbouring ranges of six and three bytes.
    let passage = Passage("출장비는 다음 달에", matches: [0..<6, 6..<9])
    #expect(
      passage.lines(columns: 40, lineCount: 1, emphasis: .guillemets) == ["«출장비»는 다음 달에"])
  }

  @Test func linesFitTheirColumns() {
    let text = String(repeating: "출장비 규정은 인사팀이 관리한다. ", count: 20)
    for columns in [10, 21, 40, 76] {
      for emphasis in [Emphasis.guillemets, .escapes] {
        let lines = passage(text, found: "인사팀").lines(
          columns: columns, lineCount: 4, emphasis: emphasis)
        for line in lines {
          let shown = line.replacing(/\u{1B}\[[0-9;]*m/, with: "")
          #expect(DisplayText.columns(shown) <= columns, "\(line)")
        }
        #expect(lines.count <= 5)
      }
    }
  }

  @Test func longWordsAreBroken() {
    let lines = passage(String(repeating: "x", count: 25)).lines(
      columns: 10, lineCount: 9, emphasis: .guillemets)
    #expect(lines == ["xxxxxxxxxx", "xxxxxxxxxx", "xxxxx"])
  }

  @Test func windowHoldsTheDensestWords() {
    let filler = String(repeating: "Nothing of interest stands here. ", count: 20)
    let text = filler + "One budget. " + filler + "The travel budget is approved. " + filler
    let lines = passage(text, found: "budget", "travel", "approved").lines(
      columns: 60, lineCount: 3, emphasis: .guillemets)
    let shown = lines.joined(separator: " ")
    #expect(shown.contains("The «travel» «budget» is «approved»."))
    #expect(shown.hasPrefix("… Nothing"))
    #expect(shown.hasSuffix(" …"))
  }

  @Test func windowReachesToTheEndWithoutAMark() {
    let filler = String(repeating: "Nothing of interest stands here. ", count: 20)
    let shown = passage(filler + "The last word is budget.", found: "budget")
      .lines(columns: 60, lineCount: 3, emphasis: .guillemets).joined(separator: " ")
    #expect(shown.hasPrefix("… Nothing"))
    #expect(shown.hasSuffix("The last word is «budget»."))
  }

  @Test func windowOfAPassageWithoutMatchesIsItsStart() {
    let shown = passage(String(repeating: "A sentence. ", count: 99))
      .lines(columns: 40, lineCount: 2, emphasis: .guillemets)
    #expect(shown.first?.hasPrefix("A sentence. A") == true)
    #expect(shown.last?.hasSuffix(" …") == true)
  }

  @Test func windowOfTextWithoutSpacesIsCutAnywhere() {
    let text = String(repeating: "東", count: 300) + "京都" + String(repeating: "西", count: 300)
    let shown = passage(text, found: "京都")
      .lines(columns: 40, lineCount: 2, emphasis: .guillemets).joined()
    #expect(shown.contains("東«京都»西"))
  }

  @Test func aMatchWiderThanTheWindowIsShown() {
    let text = String(repeating: "x", count: 500)
    let lines = passage("before " + text + " after", found: text)
      .lines(columns: 20, lineCount: 2, emphasis: .guillemets)
    #expect(lines.joined().contains("«xxx"))
  }

  @Test(arguments: [
    [-3..<2], [0..<0], [90..<99], [0..<99], [2..<3], [0..<5, 1..<2],
  ])
  func rangesThatDoNotFitDoNoHarm(matches: [Range<Int>]) {
    let lines = Passage("añb", matches: matches).lines(
      columns: 20, lineCount: 1, emphasis: .guillemets)
    #expect(lines.joined().replacing(/[«»]/, with: "") == "añb")
  }

  @Test func documentsCannotCommandTheTerminal() {
    let text = "\u{1B}]0;title\u{7}\u{9B}31m\u{202E}safe\r\u{8}\u{0} \u{1B}[2J"
    for emphasis in [Emphasis.guillemets, .escapes] {
      let shown = passage(text, found: "safe")
        .lines(columns: 80, lineCount: 2, emphasis: emphasis).joined()
        .replacing("\u{1B}[1;33m", with: "").replacing("\u{1B}[0m", with: "")
      #expect(!shown.unicodeScalars.contains { $0.properties.generalCategory == .control })
      #expect(!shown.unicodeScalars.contains("\u{202E}"))
    }
  }

  @Test func anEmptyPassageHasNoLines() {
    #expect(Passage(" \n ", matches: []).lines(columns: 9, lineCount: 1, emphasis: .escapes) == [])
  }
}
