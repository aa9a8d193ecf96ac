import Foundation
import Testing

@testable import Hark

@Suite struct PorterStemmerTests {
  /// The examples of Porter's paper, each through all steps.
  @Test(arguments: [
    ("caresses", "caress"), ("ponies", "poni"), ("ties", "ti"), ("cats", "cat"), ("feed", "feed"),
    ("agreed", "agre"), ("plastered", "plaster"), ("bled", "bled"), ("motoring", "motor"),
    ("sing", "sing"), ("conflated", "conflat"), ("troubled", "troubl"), ("sized", "size"),
    ("hopping", "hop"), ("tanned", "tan"), ("falling", "fall"), ("hissing", "hiss"),
    ("fizzed", "fizz"), ("failing", "fail"), ("filing", "file"), ("happy", "happi"), ("sky", "sky"),
    ("relational", "relat"), ("conditional", "condit"), ("rational", "ration"),
    ("valenci", "valenc"), ("hesitanci", "hesit"), ("digitizer", "digit"),
    ("conformabli", "conform"), ("radicalli", "radic"), ("differentli", "differ"),
    ("vileli", "vile"), ("analogousli", "analog"), ("vietnamization", "vietnam"),
    ("predication", "predic"), ("operator", "oper"), ("feudalism", "feudal"),
    ("decisiveness", "decis"), ("hopefulness", "hope"), ("callousness", "callous"),
    ("formaliti", "formal"), ("sensitiviti", "sensit"), ("sensibiliti", "sensibl"),
    ("triplicate", "triplic"), ("formative", "form"), ("formalize", "formal"),
    ("electriciti", "electr"), ("electrical", "electr"), ("hopeful", "hope"), ("goodness", "good"),
    ("revival", "reviv"), ("allowance", "allow"), ("inference", "infer"), ("airliner", "airlin"),
    ("gyroscopic", "gyroscop"), ("adjustable", "adjust"), ("defensible", "defens"),
    ("irritant", "irrit"), ("replacement", "replac"), ("adjustment", "adjust"),
    ("dependent", "depend"), ("adoption", "adopt"), ("homologou", "homolog"),
    ("communism", "commun"), ("activate", "activ"), ("angulariti", "angular"),
    ("homologous", "homolog"), ("effective", "effect"), ("bowdlerize", "bowdler"),
    ("probate", "probat"), ("rate", "rate"), ("cease", "ceas"), ("controll", "control"),
    ("roll", "roll"), ("generalizations", "gener"), ("oscillators", "oscil"),
  ])
  func paperExamples(word: String, stem: String) {
    #expect(PorterStemmer.stem(word) == stem)
  }

  @Test(arguments: ["", "a", "is", "1042", "utf8", "naïve", "한국어", "don't"])
  func leavesOtherWordsAlone(word: String) {
    #expect(PorterStemmer.stem(word) == word)
  }
}

@Suite struct KoreanStemmerTests {
  @Test(arguments: [
    ("회사에서는", "회사"), ("규정을", "규정"), ("출장비는", "출장비"), ("신청하려면", "신청"), ("사용합니다", "사용"),
    ("학교로부터", "학교"), ("나는", "나는"), ("책을", "책을"), ("휴가", "휴가"), ("", ""),
  ])
  func dropsParticles(word: String, stem: String) {
    #expect(KoreanStemmer.stem(word) == stem)
  }
}

@Suite struct TextAnalysisTests {
  @Test func foldsWidthAccentsAndCase() {
    let terms = TextAnalysis.terms(of: "ＡＢＣ Café CAFÉ cafe\u{301}")
    #expect(terms.words == ["abc", "cafe", "cafe", "cafe"])
  }

  @Test func analysesDecomposedHangulLikeComposed() {
    let composed = TextAnalysis.terms(of: "출장비를 정산")
    let decomposed = TextAnalysis.terms(
      of: "\u{110E}\u{116E}\u{11AF}\u{110C}\u{1161}\u{11BC}\u{1107}\u{1175}\u{1105}\u{1173}\u{11AF}"
        + " \u{110C}\u{1165}\u{11BC}\u{1109}\u{1161}\u{11AB}")
    #expect(composed.words == ["출장비", "정산"])
    #expect(decomposed.words == composed.words)
    #expect(decomposed.grams == composed.grams)
  }

  /// Words in ASCII are folded and stemmed by a shorter way than others.
  @Test func analysesASCIILikeItsFullWidthForms() {
    var random = SystemRandomNumberGenerator()
    let letters = Array("abcdeghilnrstuyABEINSTY0123456789".unicodeScalars)
    let endings = ["", "s", "ies", "ed", "ing", "eed", "ization", "fulness", "ement", "ion", "y"]
    for _ in 0..<2000 {
      let length = Int.random(in: 1...12, using: &random)
      let word =
        String(String.UnicodeScalarView((0..<length).map { _ in letters.randomElement() ?? "a" }))
        + (endings.randomElement() ?? "")
      let wide = String.UnicodeScalarView(
        word.unicodeScalars.compactMap { Unicode.Scalar($0.value + 0xFEE0) })
      #expect(
        TextAnalysis.terms(of: word).words == TextAnalysis.terms(of: String(wide)).words,
        "\(word)")
    }
  }

  /// Words of whole syllables are taken as they are, and decomposed ones composed.
  @Test func analysesSyllablesLikeTheirLetters() {
    var random = SystemRandomNumberGenerator()
    let endings = ["", "은", "에서는", "으로부터", "하려면", "까지도", "들에게", "ㅋ", "\u{11A8}"]
    for _ in 0..<2000 {
      let length = Int.random(in: 1...5, using: &random)
      let word =
        String(
          String.UnicodeScalarView(
            (0..<length).compactMap { _ in
              Unicode.Scalar(UInt32.random(in: 0xAC00...0xD7A3, using: &random))
            })) + (endings.randomElement() ?? "")
      let composed = TextAnalysis.terms(of: word)
      let decomposed = TextAnalysis.terms(of: word.decomposedStringWithCanonicalMapping)
      #expect(composed.words == decomposed.words, "\(word)")
      #expect(composed.grams == decomposed.grams, "\(word)")
    }
  }

  @Test func partsScripts() {
    let terms = TextAnalysis.terms(of: "API를 호출, ERR-1042 東京都")
    #expect(terms.words == ["api", "를", "호출", "err", "1042"])
    #expect(terms.grams == ["를", "호출", "東京", "京都"])
  }

  @Test func queriesLoseStopWordsUnlessNothingElseIsLeft() {
    let question = TextAnalysis.queryTerms(of: "what is the limit of the hotel?")
    #expect(question.words == ["limit", "hotel"])
    #expect(TextAnalysis.queryTerms(of: "to be or not to be").words == ["not"])
    #expect(TextAnalysis.queryTerms(of: "who are you").words == ["who", "ar", "you"])
  }

  @Test func termsNeverHoldQuotesOrSpaces() {
    for text in ["a\"b OR c", "\u{0}\u{1}\u{FFFF}x", "{title}: (drop)", "👩‍👩‍👧 ok", "a\u{301}\u{302}"] {
      let terms = TextAnalysis.terms(of: text)
      for term in terms.words + terms.grams {
        #expect(!term.isEmpty)
        #expect(!term.contains { $0 == "\"" || $0.isWhitespace || $0 == "\0" })
      }
    }
  }

  @Test func findsTheWordsOfAQueryInAPassage() {
    let query = TextAnalysis.queryTerms(of: "hotel limits 출장비")
    let text = "The limit for hotels; 해외출장비는 따로."
    let found = TextAnalysis.matches(of: query, in: text).map { range in
      String(decoding: Array(text.utf8)[range], as: UTF8.self)
    }
    #expect(found == ["limit", "hotels", "출장비"])
  }

  @Test func marksWordsInDecomposedText() {
    let text = "cafe\u{301} 및 \u{1112}\u{1172}\u{1100}\u{1161}"
    let found = TextAnalysis.matches(of: TextAnalysis.queryTerms(of: "café 휴가"), in: text)
    #expect(found.count == 2)
    #expect(found.last?.upperBound == text.utf8.count)
  }
}

@Suite struct TermTests {
  private func terms(_ text: String, _ wanted: TextAnalysis.TermKind) -> [String] {
    var found: [String] = []
    TextAnalysis.forEachTerm(of: text) { kind, term, _ in
      if kind == wanted {
        found.append(String(decoding: term.indices.map { term[$0] }, as: UTF8.self))
      }
    }
    return found
  }

  @Test(arguments: [
    ("ERR-1042", ["err", "1042"], ["err1042"]),
    ("ERR_1042 err1042", ["err", "1042", "err1042"], ["err1042"]),
    ("version 1.10.2", ["version", "1", "10", "2"], ["1.10.2"]),
    ("libssl1.1", ["libssl1", "1"], ["libssl1.1"]),
    ("/etc/apt/sources.list", ["etc", "apt", "sourc", "list"], ["sourceslist"]),
    ("on-line e-mails", ["on", "line", "e", "mail"], ["onlin", "email"]),
    ("2024-05-01", ["2024", "05", "01"], ["2024-05-01"]),
    ("1,000 apples, 2", ["1", "000", "appl", "2"], ["1000"]),
    ("wi-fi WiFi wifi", ["wi", "fi", "wifi", "wifi"], ["wifi"]),
    ("maxRetryCount=1", ["maxretrycount", "1"], []),
    ("company's don't you’ll", ["compani", "don", "you"], []),
    ("API를 ERR-1042를 호출", ["api", "err", "1042", "호출"], ["err1042"]),
    ("a--b -c d- .e", ["a", "b", "c", "d", "e"], []),
    ("end.Next", ["end", "next"], ["endnext"]),
    ("", [], []),
  ])
  func words(text: String, words: [String], joined: [String]) {
    #expect(terms(text, .word) == words)
    #expect(terms(text, .joined) == joined)
  }

  @Test(arguments: [
    ("maxRetryCount", ["max", "retri", "count"]), ("HTTPServer", ["http", "server"]),
    ("iPhone eBay McDonald", ["mc", "donald"]), ("SQLite", ["sq", "lite"]), ("USA plain", []),
  ])
  func partsOfCamelCase(text: String, parts: [String]) {
    #expect(terms(text, .part) == parts)
  }

  @Test func longChainsAreNoNames() {
    let chain = Array(repeating: "ab", count: 40).joined(separator: "-")
    #expect(terms(chain, .word).count == 40)
    #expect(terms(chain, .joined).allSatisfy { $0.utf8.count <= 64 })
  }

  @Test func placesFollowTheWords() {
    var places: [Int] = []
    TextAnalysis.forEachTerm(of: "the maxRetryCount of ERR-1042 출장비를") { kind, _, place in
      if kind == .word { places.append(place) }
    }
    #expect(places == Array(0...5))
  }
}
