import Foundation
import TestKit
import Testing

@testable import Hark

@Suite struct JudgedSetTests {
  private func set(
    queries: String = #"{"_id":"1","text":"a heron"}"#, qrels: String = "1\td\t1\n",
    corpus: String = #"{"_id":"d","title":"","text":"heron"}"#
  ) throws -> JudgedSet {
    let folder = try TemporaryFolder()
    try folder.write("queries.jsonl", queries)
    try folder.write("qrels/test.tsv", qrels)
    try folder.write("corpus.jsonl", corpus)
    return try JudgedSet(folder: folder.path, split: "test")
  }

  @Test func linesEndAtLineFeedsAlone() throws {
    let set = try set(corpus: "{\"_id\":\"d\",\"text\":\"a\u{2028}b\u{85}c\"}\r\n\n")
    #expect(set.entries.map(\.text) == ["a\u{2028}b\u{85}c"])
  }

  @Test func aHeaderIsPassedOverAndGainsOfZeroAreNotRelevant() throws {
    let set = try set(qrels: "query-id\tcorpus-id\tscore\r\n1\td\t2\r\n1\te\t0\r\n")
    #expect(set.queries.map(\.gains) == [["d": 2]])
  }

  @Test func marksAndCarriageReturnsBelongToNoLine() throws {
    let set = try set(
      queries: "\u{FEFF}{\"_id\":\"1\",\"text\":\"a\"}\r\n\r\n", qrels: "\u{FEFF}1\td\t1",
      corpus: "\u{FEFF}{\"_id\":\"d\",\"text\":\"x\"}\r\n \t\r\n{\"_id\":\"e\",\"title\":null}")
    #expect(set.entries.map(\.id) == ["d", "e"])
    #expect(set.queries.map(\.id) == ["1"])
    #expect(set.warnings == ["documents without text, which cannot be found: e"])
  }

  static let judgements: [(text: String, gains: [String: Double])] = [
    ("1\td\t1", ["d": 1]), ("query-id\tcorpus-id\tscore\n1\td\t1\n", ["d": 1]),
    ("1 0 d 2\n1 0 e 1", ["d": 2, "e": 1]), ("1\t0\td\t2\n1\tQ0\te\t-2", ["d": 2]),
    ("\n\nq d s\n1 d 1\n", ["d": 1]), ("1\ta b.md\t0.5\n", ["a b.md": 0.5]),
    ("1\td\t1\n1\td\t1.0\n", ["d": 1]),
  ]

  @Test(arguments: judgements)
  func judgementsHaveThreeColumnsOrFour(text: String, gains: [String: Double]) throws {
    #expect(try set(qrels: text).queries.map(\.gains) == [gains])
  }

  @Test func idsMayBeNumbers() throws {
    let set = try set(
      queries: #"{"_id":7,"text":"a"}"#, qrels: "7\t12\t1", corpus: #"{"_id":12,"text":"b"}"#)
    #expect(set.queries.map(\.id) == ["7"])
    #expect(set.entries.map(\.id) == ["12"])
  }

  @Test func queriesWithoutRelevantDocumentsAreLeftOut() throws {
    let set = try set(
      queries: (1...4).map { "{\"_id\":\"\($0)\",\"text\":\"\($0 == 3 ? " " : "a")\"}" }
        .joined(separator: "\n"),
      qrels: "1\td\t0\n2\td\t-1\n3\td\t1\n8\td\t1\n9\td\t1\n")
    #expect(set.queries.map(\.id) == ["3"])
    #expect(set.queriesWithoutRelevant == 2)
    #expect(
      set.warnings == [
        "queries without text, which find nothing: 3",
        "queries that were judged and are not in queries.jsonl, so not counted: 8, 9",
      ])
  }

  @Test func judgementsThatStandTwiceCountOnce() throws {
    let set = try set(qrels: "1\td\t2\n1\td\t2\n")
    #expect(set.queries.map(\.gains) == [["d": 2]])
    #expect(set.warnings == ["judgements that stand twice and count once: 1"])
  }

  @Test func aLineMayBeHuge() throws {
    let text = String(repeating: "가나다 heron ", count: 400_000)
    let set = try set(corpus: "{\"_id\":\"d\",\"text\":\"\(text)\"}")
    #expect(set.entries.map(\.text) == [text])
  }

  static let doubled = [
    (queries: "a", corpus: "d\ne\n\nd", named: "corpus.jsonl, lines 1 and 4 have the same _id d"),
    (queries: "a\na", corpus: "d", named: "queries.jsonl, lines 1 and 2 have the same _id a"),
  ]

  @Test(arguments: doubled)
  func anIDStandsOnce(queries: String, corpus: String, named: String) throws {
    func lines(_ ids: String) -> String {
      ids.split(separator: "\n", omittingEmptySubsequences: false)
        .map { $0.isEmpty ? "" : "{\"_id\":\"\($0)\",\"text\":\"x\"}" }.joined(separator: "\n")
    }
    let error = #expect(throws: HarkError.self) {
      try set(queries: lines(queries), corpus: lines(corpus))
    }
    #expect(error?.message.contains(named) == true, "\(error?.message ?? "")")
  }

  static let broken: [(queries: String, qrels: String, named: String)] = [
    ("{\"_id\":\"1\"}", "1\td\t1", "queries.jsonl, line 1"),
    ("{\"_id\":\"1\",\"text\":\"a\"}\nno object", "1\td\t1", "queries.jsonl, line 2"),
    ("{\"_id\":\"1\",\"text\":\"a\"}", "1\td\t1\n1\te", "test.tsv, line 2"),
    ("{\"_id\":\"1\",\"text\":\"a\"}", "1\td\t1\n1\te\tinf", "test.tsv, line 2"),
    ("{\"_id\":\"1\",\"text\":\"a\"}", "2\td\t1", "no query"),
    ("{\"_id\":\"1\",\"text\":\"a\"}", "1\td\t0", "no query"),
    ("{\"_id\":\"1\",\"text\":\"a\"}", "1\td", "test.tsv, line 1"),
    ("{\"_id\":\"1\",\"text\":\"a\"}", "1\td\t1\n1\td\t0", "test.tsv, lines 1 and 2 judge d"),
    ("{\"_id\":\"1\",\"text\":\"a\"}", "1\td\tnan", "test.tsv, line 1"),
    ("{\"_id\":\"1\",\"text\":\"a\"}", "1\td\t1e300", "test.tsv, line 1"),
    ("{\"_id\":\"1\",\"text\":\"a\"}", "h\th\th\n1\td\tx", "test.tsv, line 2"),
    ("{\"_id\":1.5,\"text\":\"a\"}", "1\td\t1", "queries.jsonl, line 1"),
    ("{\"_id\":\"\",\"text\":\"a\"}", "1\td\t1", "queries.jsonl, line 1"),
  ]

  @Test(arguments: broken)
  func whatIsBrokenIsNamed(queries: String, qrels: String, named: String) throws {
    let error = #expect(throws: HarkError.self) { try set(queries: queries, qrels: qrels) }
    #expect(error?.code == .evaluationInvalid)
    #expect(error?.message.contains(named) == true)
  }
}
