import Foundation
import TestKit
import Testing

@testable import Hark
@testable import HarkCommand

@Suite struct EvaluationRenderingTests {
  /// Ten queries whose one relevant document `d` has a rank.
  private func report(
    ranks: [Int], mode: SearchMode = .text, against earlier: EvaluationRun? = nil, left: Int = 0
  ) -> EvaluationReport {
    let set = JudgedSet(
      name: "sci\u{1B}fact", split: "test", entries: [],
      queries: ranks.indices.map { .init(id: "q\($0)", text: "질문 \($0)", gains: ["d": 2]) },
      queriesWithoutRelevant: left, warnings: [])
    let queries = zip(set.queries, ranks).map { query, rank in
      QueryEvaluation(
        query, ranking: (1...20).map { $0 == rank ? "d" : "x\($0)" }, tookMilliseconds: 12.34)
    }
    return EvaluationReport(
      of: set, mode: mode, queries: queries, documents: 5_183, against: earlier)
  }

  @Test func means() {
    #expect(
      EvaluationRendering(report: report(ranks: [1, 1], left: 1_200)).text == """
        sci\u{FFFD}fact: 2 queries, 5,183 documents, text, 12.3 ms a query
        1,200 more without relevant documents left out

                    mean    95 % interval
        nDCG@10     1.0000  1.0000 to 1.0000
        recall@10   1.0000  1.0000 to 1.0000
        recall@100  1.0000  1.0000 to 1.0000
        MRR@10      1.0000  1.0000 to 1.0000
        MAP         1.0000  1.0000 to 1.0000
        success@1   1.0000  1.0000 to 1.0000
        success@3   1.0000  1.0000 to 1.0000

        """)
  }

  @Test func eachQuery() {
    let text = EvaluationRendering(report: report(ranks: [2, 30]), showsQueries: true).text
    #expect(
      text.hasSuffix(
        """

        ID  nDCG@10  recall@10  recall@100  MRR@10     MAP  FIRST  RELEVANT  QUERY
        q0   0.6309     1.0000      1.0000  0.5000  0.5000      2         1  질문 0
        q1   0.0000     0.0000      0.0000  0.0000  0.0000      -         1  질문 1

        """))
  }

  @Test func comparison() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      "base.json", try JSONEncoder().encode(report(ranks: [2, 2, 1, 1], mode: .vector)))
    let earlier = try EvaluationRun(contentsOf: path)
    let text = EvaluationRendering(report: report(ranks: [1, 1, 1, 2], against: earlier)).text
    let lines = text.components(separatedBy: "\n")
    let start = try #require(lines.firstIndex { $0.hasPrefix("Against") })
    #expect(lines[start] == "Against \(path), vector:")
    #expect(lines[start + 2].hasPrefix("            earlier     now   change  95 % interval"))
    #expect(lines[start + 2].hasSuffix("       p  better  worse"))
    #expect(
      lines[start + 6].hasPrefix("MRR@10       0.7500  0.8750  +0.1250  -0.2500 to +0.5000"))
    #expect(lines[start + 6].hasSuffix("  1.0000       2      1"))
    #expect(
      lines.suffix(3) == ["Better by nDCG@10: q0, q1", "Worse by nDCG@10: q3", ""])
  }

  @Test func manyChangesAreCutShort() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      "base.json", try JSONEncoder().encode(report(ranks: Array(repeating: 2, count: 23))))
    let earlier = try EvaluationRun(contentsOf: path)
    let now = report(ranks: Array(repeating: 1, count: 23), against: earlier)
    #expect(EvaluationRendering(report: now).text.hasSuffix(" and 3 more; --json lists all\n"))
  }

  /// A tuning of queries with one relevant document each, which has rank 2 with all weights but one:
  /// with that it has rank 1 for the half that chooses, and another rank for the other half.
  private func tuning(_ count: Int, best: Double, others: Int) async throws -> WeightTuning {
    let queries = (0..<count).map { JudgedSet.Query(id: "q\($0)", text: "?", gains: ["d": 1]) }
    let chosen = Set(WeightTuning.halves(of: queries).first.map(\.id))
    func ranked(_ half: [JudgedSet.Query], _ weight: Double) -> [QueryEvaluation] {
      half.map { query in
        let rank = weight != best ? 2 : chosen.contains(query.id) ? 1 : others
        return QueryEvaluation(
          query, ranking: (1...20).map { $0 == rank ? "d" : "x\($0)" }, tookMilliseconds: 1)
      }
    }
    return try await WeightTuning(of: queries, evaluated: ranked(queries, 0.5)) {
      half, weight throws(HarkError) in ranked(half, weight)
    }
  }

  @Test func tuning() async throws {
    let text = TuningRendering(tuning: try await tuning(13, best: 0.3, others: 1)).text
    #expect(
      text == """
        Weights of meaning on a random half, 6 queries:

        weight  nDCG@10
           0.0   0.6309
           0.1   0.6309
           0.2   0.6309
           0.3   1.0000
           0.4   0.6309
           0.5   0.6309
           0.6   0.6309
           0.7   0.6309
           0.8   0.6309
           0.9   0.6309
           1.0   0.6309

        Best is 0.3, the default is 0.5. On the other half, 7 queries:

                       0.5     0.3   change  95 % interval            p  better  worse
        nDCG@10     0.6309  1.0000  +0.3691  +0.3691 to +0.3691  0.0156       7      0
        recall@10   1.0000  1.0000  +0.0000  +0.0000 to +0.0000  1.0000       0      0
        recall@100  1.0000  1.0000  +0.0000  +0.0000 to +0.0000  1.0000       0      0
        MRR@10      0.5000  1.0000  +0.5000  +0.5000 to +0.5000  0.0156       7      0
        MAP         0.5000  1.0000  +0.5000  +0.5000 to +0.5000  0.0156       7      0
        success@1   0.0000  1.0000  +1.0000  +1.0000 to +1.0000  0.0156       7      0
        success@3   1.0000  1.0000  +0.0000  +0.0000 to +0.0000  1.0000       0      0

        Search with --vector-weight 0.3: it gains 0.3691 nDCG@10 on the other half (p 0.0156).

        """)
    let whole = report(ranks: [1])
    #expect(!EvaluationRendering(report: whole).text.contains("Weights"))
  }

  @Test(arguments: [
    (
      10, 0.3, 1,
      "The gain of 0.3691 nDCG@10 on the other half may be chance (p 0.0625, not below 0.05): leave "
        + "the default, 0.5.\n"
    ),
    (12, 0.3, 2, "On the other half 0.3 is no better: leave the default, 0.5.\n"),
    (12, 0.9, 3, "On the other half 0.9 is no better: leave the default, 0.5.\n"),
    (12, 0.5, 1, "   1.0   0.6309\n\nNo weight is better than the default, 0.5: leave it.\n"),
  ])
  func whatToDo(count: Int, best: Double, others: Int, advice: String) async throws {
    let text = TuningRendering(tuning: try await tuning(count, best: best, others: others)).text
    #expect(text.hasSuffix("\n" + advice), "\(text)")
  }
}
