import Testing

@testable import Hark

@Suite struct QuerySyntaxTests {
  struct Case: CustomTestStringConvertible {
    let query: String
    var words: String
    var phrases: [String] = []
    var excluded: [String] = []
    var prefixes: [String] = []

    var testDescription: String { query }
  }

  @Test(arguments: [
    Case(query: "travel budget", words: "travel budget"),
    Case(query: "\"travel budget\" 2024", words: "travel budget  2024", phrases: ["travel budget"]),
    Case(query: "“출장비 정산” 기한", words: "출장비 정산  기한", phrases: ["출장비 정산"]),
    Case(query: "(\"one\"\"two\")", words: "(one two )", phrases: ["one", "two"]),
    Case(query: "규정 -출장", words: "규정 ", excluded: ["출장"]),
    Case(query: "budget -draft", words: "budget ", excluded: ["draft"]),
    Case(query: "budget -\"first draft\" now", words: "budget  now", excluded: ["first draft"]),
    Case(query: "예산 -초안서", words: "예산 ", excluded: ["초안서"]),
    Case(query: "govern* rules", words: "govern rules", prefixes: ["govern"]),
    Case(query: "\"never closed", words: "\"never closed"),
    Case(query: "\"\"", words: "\"\""),
    Case(query: "ls -l --all tar -xz", words: "ls -l --all tar -xz"),
    Case(query: "-5 degrees, ERR-1042 well-known", words: "-5 degrees, ERR-1042 well-known"),
    Case(query: "a 5\" disk and a 3\" one", words: "a 5\" disk and a 3\" one"),
    Case(query: "* ** a* 가*", words: "* ** a* 가*"),
    Case(query: "foo*bar what?*", words: "foo*bar what?*"),
    Case(query: "DROP TABLE x; -- \"' OR 1=1", words: "DROP TABLE x; -- \"' OR 1=1"),
    Case(query: "NEAR(a b) AND {title}: ^x", words: "NEAR(a b) AND {title}: ^x"),
    Case(query: "-\"open", words: "-\"open"),
    Case(query: "", words: ""),
  ])
  func parts(_ expected: Case) {
    let syntax = QuerySyntax(expected.query)
    #expect(syntax.words == expected.words)
    #expect(syntax.phrases == expected.phrases)
    #expect(syntax.excluded == expected.excluded)
    #expect(syntax.prefixes == expected.prefixes)
  }

  @Test func anyTextIsAQuery() {
    var random = SystemRandomNumberGenerator()
    let pieces = [
      "\"", "“", "-", "*", " ", "a", "word", "가나다", "\u{0}", "👩‍👩‍👧", "e\u{301}", "\n", "--",
    ]
    for _ in 0..<5_000 {
      let query = (0..<Int.random(in: 0...12, using: &random))
        .map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
      let syntax = QuerySyntax(query)
      let text = TextQuery(syntax)
      #expect(text.clauses.allSatisfy { !$0.terms.isEmpty })
      #expect((text.required + text.excluded).allSatisfy { !$0.isEmpty })
    }
  }

  @Test func stopWordsCountLittleUnlessNothingElseIsLeft() {
    let question = TextQuery(QuerySyntax("what is the limit of the hotel?"))
    #expect(question.clauses.filter { !$0.isCommon }.map(\.text) == ["limit", "hotel"])
    #expect(question.clauses.filter(\.isCommon).map(\.text) == ["what", "is", "the", "of"])
    let common = TextQuery(QuerySyntax("who are you"))
    #expect(common.clauses.map(\.isCommon) == [false, false, false])
    #expect(TextQuery(QuerySyntax("…?! ()")).clauses.isEmpty)
  }

  /// A word counts as a word, wherever it comes as a part of another too.
  @Test(arguments: ["retry maxRetryCount", "maxRetryCount retry"])
  func theOrderOfWordsDoesNotWeigh(query: String) {
    let weights = TextQuery(QuerySyntax(query)).clauses.map { ($0.text, $0.weight) }
    let expected = ["retri": 1, "maxretrycount": 1, "max": 0.5, "count": 0.5]
    #expect(Dictionary(weights) { first, _ in first } == expected)
  }

  @Test func constraintsAreEachOnce() {
    let query = TextQuery(QuerySyntax("install -the -The \"a b\" \"a b\""))
    #expect(query.excluded.count == 1)
    #expect(query.required.count == 1)
  }

  @Test(arguments: [
    "", " \n\t", String(repeating: "a", count: 8_193), String(repeating: "a\u{301}", count: 5_000),
    "a" + String(repeating: " -the", count: 33),
  ])
  func whatIsNoQueryIsRefused(query: String) {
    let error = #expect(throws: HarkError.self) { try PreparedQuery.check(query) }
    #expect(error?.code == .invalidArgument)
  }

  @Test func theLongestQueryIsTaken() throws {
    try PreparedQuery.check(String(repeating: "각", count: 8_192))
  }
}
