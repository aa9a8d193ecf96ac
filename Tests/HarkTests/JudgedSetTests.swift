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

  static let broken: [(queries: String, qrels: String, named: String)] = [
    ("{\"_id\":\"1\"}", "1\td\t1", "queries.jsonl, line 1"),
    ("{\"_id\":\"1\",\"text\":\"a\"}\nno object", "1\td\t1", "queries.jsonl, line 2"),
    ("{\"_id\":\"1\",\"text\":\"a\"}", "1\td\t1\n1\te", "test.tsv, line 2"),
    ("{\"_id\":\"1\",\"text\":\"a\"}", "1\td\t1\n1\te\tinf", "test.tsv, line 2"),
    ("{\"_id\":\"1\",\"text\":\"a\"}", "2\td\t1", "no query"),
  ]

  @Test(arguments: broken)
  func whatIsBrokenIsNamed(queries: String, qrels: String, named: String) throws {
    let error = #expect(throws: HarkError.self) { try set(queries: queries, qrels: qrels) }
    #expect(error?.code == .evaluationInvalid)
    #expect(error?.message.contains(named) == true)
  }
}
