import Foundation
import Testing

@testable import Hark

/// Each example is worked by hand from the definitions of trec_eval.
@Suite struct RankingMeasureTests {
  struct Example: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let ranking: [String]
    let gains: [String: Double]
    let values: [RankingMeasure: Double]
  }

  /// Places without a name are filled with documents that nobody judged.
  private static func ranking(_ count: Int, _ named: [Int: String]) -> [String] {
    (1...count).map { named[$0] ?? "unjudged-\($0)" }
  }

  static let examples = [
    Example(
      testDescription: "grades, one relevant document not found",
      ranking: ["x", "b", "a", "y", "c"], gains: ["a": 3, "b": 2, "c": 1, "d": 1],
      values: [
        .ndcgAt10: (2 / log2(3) + 3.0 / 2 + 1 / log2(6))
          / (3 + 2 / log2(3) + 1.0 / 2 + 1 / log2(5)),
        .recallAt10: 3.0 / 4, .recallAt100: 3.0 / 4, .mrrAt10: 1.0 / 2,
        .averagePrecision: (1.0 / 2 + 2.0 / 3 + 3.0 / 5) / 4, .successAt1: 0, .successAt3: 1,
      ]),
    Example(
      testDescription: "the best ranking there could be",
      ranking: ["a", "b", "c"], gains: ["a": 3, "b": 2, "c": 1],
      values: [
        .ndcgAt10: 1, .recallAt10: 1, .recallAt100: 1, .mrrAt10: 1, .averagePrecision: 1,
        .successAt1: 1, .successAt3: 1,
      ]),
    Example(
      testDescription: "ranks at and behind the cut-offs",
      ranking: ranking(120, [10: "a", 11: "b", 100: "c", 101: "d"]),
      gains: ["a": 1, "b": 1, "c": 1, "d": 1],
      values: [
        .ndcgAt10: (1 / log2(11)) / (1 + 1 / log2(3) + 1.0 / 2 + 1 / log2(5)),
        .recallAt10: 1.0 / 4, .recallAt100: 3.0 / 4, .mrrAt10: 1.0 / 10,
        .averagePrecision: (1.0 / 10 + 2.0 / 11 + 3.0 / 100) / 4, .successAt1: 0, .successAt3: 0,
      ]),
    Example(
      testDescription: "the first relevant one behind the tenth",
      ranking: ranking(11, [11: "a"]), gains: ["a": 5],
      values: [
        .ndcgAt10: 0, .recallAt10: 0, .recallAt100: 1, .mrrAt10: 0, .averagePrecision: 1.0 / 11,
        .successAt1: 0, .successAt3: 0,
      ]),
    Example(
      testDescription: "more relevant documents than places",
      ranking: ranking(10, Dictionary((1...10).map { ($0, "r\($0)") }) { $1 }),
      gains: Dictionary((1...20).map { ("r\($0)", 1.0) }) { $1 },
      values: [
        .ndcgAt10: 1, .recallAt10: 1.0 / 2, .recallAt100: 1.0 / 2, .mrrAt10: 1,
        .averagePrecision: 1.0 / 2, .successAt1: 1, .successAt3: 1,
      ]),
    Example(
      testDescription: "nothing found", ranking: [], gains: ["a": 1],
      values: Dictionary(RankingMeasure.allCases.map { ($0, 0) }) { $1 }),
    Example(
      testDescription: "nothing relevant", ranking: ["a"], gains: [:],
      values: Dictionary(RankingMeasure.allCases.map { ($0, 0) }) { $1 }),
  ]

  @Test(arguments: examples)
  func measuresAreThoseOfTrecEval(example: Example) throws {
    for measure in RankingMeasure.allCases {
      let value = measure.value(of: example.ranking, gains: example.gains)
      #expect(abs(value - (try #require(example.values[measure]))) < 1e-12, "\(measure.rawValue)")
    }
  }

  @Test func theFirstRelevantDocumentHasARank() {
    let query = JudgedSet.Query(id: "q", text: "?", gains: ["a": 1])
    func rank(_ ranking: [String]) -> Int? {
      QueryEvaluation(query, ranking: ranking, tookMilliseconds: 1).firstRelevant
    }
    #expect(rank(["x", "a"]) == 2)
    #expect(rank([]) == nil)
    #expect(rank(Self.ranking(101, [101: "a"])) == nil)
  }
}
