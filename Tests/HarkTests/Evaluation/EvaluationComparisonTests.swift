import Foundation
import TestKit
import Testing

@testable import Hark

@Suite struct EvaluationComparisonTests {
  /// A set of one query for each gain of its single document `d`.
  static func set(_ gains: [Double], name: String = "set", split: String = "test") -> JudgedSet {
    JudgedSet(
      name: name, split: split, entries: [],
      queries: gains.enumerated().map { .init(id: "q\($0)", text: "?", gains: ["d": $1]) },
      queriesWithoutRelevant: 0, warnings: [])
  }

  /// A report in which the document of each query has a rank.
  static func report(
    _ set: JudgedSet, ranks: [Int], against earlier: EvaluationRun? = nil
  ) -> EvaluationReport {
    let queries = zip(set.queries, ranks).map { query, rank in
      QueryEvaluation(
        query, ranking: (1...20).map { $0 == rank ? "d" : "x\($0)" }, tookMilliseconds: 2)
    }
    return EvaluationReport(
      of: set, mode: .text, queries: queries, documents: 20, against: earlier)
  }

  private let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func run(_ report: EvaluationReport) throws -> EvaluationRun {
    let data = try JSONEncoder().encode(report)
    return try EvaluationRun(contentsOf: folder.write("run.json", data))
  }

  @Test func aRunIsReadAsItWasWritten() throws {
    let set = Self.set([1, 2, 1])
    let report = Self.report(set, ranks: [1, 2, 15])
    let run = try run(report)
    #expect(run.queries == report.queries)
    try run.check(isOf: set)
    let same = Self.report(set, ranks: [1, 2, 15], against: run)
    let difference = try #require(same.comparison).differences[.ndcgAt10]
    #expect(difference.difference == 0)
    #expect(difference.probability == 1)
    #expect(difference.better.isEmpty && difference.worse.isEmpty)
  }

  /// Reciprocal ranks 1/2, 1/2, 1, 1/4 become 1, 1, 1, 1/5: changes of 1/2, 1/2, 0 and -1/20. All
  /// eight ways to share out three signs: only the sums of 0.95 and 1.05 are as great.
  @Test func changesAreWorkedOut() throws {
    let set = Self.set([1, 1, 1, 1])
    let run = try run(Self.report(set, ranks: [2, 2, 1, 4]))
    let report = Self.report(set, ranks: [1, 1, 1, 5], against: run)
    let change = try #require(report.comparison).differences[.mrrAt10]
    #expect(abs(change.earlier - 0.5625) < 1e-12)
    #expect(abs(change.difference - 0.2375) < 1e-12)
    #expect(change.probability == 0.5)
    #expect(change.better == ["q0", "q1"])
    #expect(change.worse == ["q3"])
    #expect(change.interval.lowerBound < 0.2375 && change.interval.upperBound > 0.2375)
    #expect(try #require(report.comparison).mode == .text)
  }

  static let others: [(JudgedSet, String)] = [
    (set([1, 1], name: "other"), "is of set, split test, not of other, split test"),
    (set([1, 1], split: "dev"), "not of set, split dev"),
    (set([1, 1, 1]), "lacks q2"),
    (set([1]), "stand twice: q1"),
  ]

  @Test(arguments: others)
  func aRunOfOtherQueriesIsRefused(set: JudgedSet, named: String) throws {
    let run = try run(Self.report(Self.set([1, 1]), ranks: [1, 2]))
    let error = #expect(throws: HarkError.self) { try run.check(isOf: set) }
    #expect(error?.code == .evaluationInvalid)
    #expect(error?.message.contains(named) == true, "\(error?.message ?? "")")
  }

  @Test func aRunOfOtherJudgementsIsRefused() throws {
    let run = try run(Self.report(Self.set([1, 1]), ranks: [1, 2]))
    var set = Self.set([1])
    set = JudgedSet(
      name: set.name, split: set.split, entries: [],
      queries: set.queries + [.init(id: "q1", text: "?", gains: ["d": 1, "e": 1])],
      queriesWithoutRelevant: 0, warnings: [])
    let error = #expect(throws: HarkError.self) { try run.check(isOf: set) }
    #expect(error?.message.contains("q1 had other relevant documents") == true)
  }

  @Test(arguments: ["", "{}", "[1]", "{\"dataset\":\"set\",\"mode\":\"text\",\"queries\":3}"])
  func whatIsNoRunIsRefused(contents: String) throws {
    let path = try folder.write("run.json", contents)
    let error = #expect(throws: HarkError.self) { try EvaluationRun(contentsOf: path) }
    #expect(error?.code == .evaluationInvalid)
    #expect(error?.message.hasPrefix(path) == true)
    #expect(throws: HarkError.self) { try EvaluationRun(contentsOf: path + "none") }
  }

  @Test func meansAndWarningsAreOfAllQueries() {
    let report = Self.report(Self.set([1, 1]), ranks: [1, 4])
    #expect(report.means[.mrrAt10] == 0.625)
    #expect(report.means[.successAt1] == 0.5)
    #expect(report.intervals[.mrrAt10] == 0.25...1)
    #expect(report.millisecondsPerQuery == 2)
  }

  @Test func aCorpusThatDoesNotFitIsTold() {
    let set = JudgedSet(
      name: "set", split: "test",
      entries: [.init(id: "a", title: "", text: "a"), .init(id: "b", title: "", text: "b")],
      queries: [
        .init(id: "1", text: "?", gains: ["a": 1, "gone": 1]),
        .init(id: "2", text: "?", gains: ["gone": 1]),
        .init(id: "3", text: "?", gains: ["b": 1]),
      ], queriesWithoutRelevant: 0, warnings: [])
    var corpus = EvaluationCorpus()
    corpus.documents = ["a"]
    corpus.failures = [IngestFailure(filePath: "b", code: "no-text", message: "")]
    #expect(
      corpus.warnings(on: set, isOfFiles: false) == [
        "queries whose relevant documents are not in the corpus, so that none can be found: 2"
      ])
    corpus.documents = ["a", "b", "strange"]
    corpus.failures = []
    #expect(corpus.warnings(on: set, isOfFiles: false).count == 2)
    #expect(corpus.warnings(on: set, isOfFiles: true).count == 1)
    corpus.root = "/documents/"
    #expect(corpus.id(of: "/documents/x/y.md") == "x/y.md")
  }
}
