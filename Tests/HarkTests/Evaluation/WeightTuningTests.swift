import Foundation
import Testing

@testable import Hark

@Suite struct WeightTuningTests {
  /// Queries that have one relevant document `d` each.
  private static func queries(_ count: Int) -> [JudgedSet.Query] {
    (0..<count).map { .init(id: "q\($0)", text: "?", gains: ["d": 1]) }
  }

  /// The measures of queries whose document has a rank.
  private static func evaluated(
    _ queries: [JudgedSet.Query], rank: (JudgedSet.Query) -> Int
  ) -> [QueryEvaluation] {
    queries.map { query in
      let place = rank(query)
      return QueryEvaluation(
        query, ranking: (1...20).map { $0 == place ? "d" : "x\($0)" }, tookMilliseconds: 1)
    }
  }

  /// A tuning where the document has rank 2 with each weight but one.
  private static func tuning(
    _ count: Int, best: Double, first: Int, second: Int
  ) async throws -> WeightTuning {
    let queries = queries(count)
    let chosen = Set(WeightTuning.halves(of: queries).first.map(\.id))
    return try await WeightTuning(
      of: queries, evaluated: evaluated(queries) { _ in 2 }
    ) { half, weight throws(HarkError) in
      evaluated(half) { weight != best ? 2 : chosen.contains($0.id) ? first : second }
    }
  }

  /// Worked out apart from Swift, by SplitMix64 and the shuffle of Fisher and Yates.
  @Test(arguments: [
    (8, ["q0", "q3", "q7", "q1"], ["q2", "q6", "q5", "q4"]),
    (9, ["q0", "q1", "q4", "q3"], ["q7", "q2", "q6", "q8", "q5"]),
  ])
  func halvesDependOnTheIDsAlone(count: Int, first: [String], second: [String]) {
    let queries = Self.queries(count)
    for order in [queries, queries.reversed(), Array(queries[3...] + queries[..<3])] {
      let halves = WeightTuning.halves(of: order)
      #expect(halves.first.map(\.id) == first)
      #expect(halves.second.map(\.id) == second)
    }
  }

  @Test(
    arguments: [
      ([0: 0.4, 0.5: 0.5, 1: 0.6], 1.0), ([0: 0.5, 0.5: 0.5, 1: 0.5], 0.5),
      ([0.1: 0.6, 0.4: 0.6, 0.5: 0.5, 1: 0.6], 0.4), ([0.3: 0.6, 0.5: 0.5, 0.7: 0.6], 0.3),
      ([0.2: 0.6, 0.5: 0.6 - 1e-12], 0.5), ([0.2: 0.6, 0.5: 0.5999], 0.2), ([:], 0.5),
    ] as [([Double: Double], Double)])
  func theBestWeightIsChosen(means: [Double: Double], best: Double) {
    let trials = means.sorted { $0.key < $1.key }
      .map { WeightTuning.Trial(vectorWeight: $0.key, ndcgAt10: $0.value) }
    #expect(WeightTuning.best(of: trials, near: 0.5) == best)
  }

  @Test func oneHalfChoosesAndTheOtherTells() async throws {
    let queries = Self.queries(9)
    let (fitting, trying) = WeightTuning.halves(of: queries)
    var calls: [(ids: [String], weight: Double)] = []
    let tuning = try await WeightTuning(
      of: queries.reversed(), evaluated: Self.evaluated(queries) { _ in 3 }
    ) { half, weight throws(HarkError) in
      calls.append((half.map(\.id), weight))
      return Self.evaluated(half) { _ in weight == 0.2 ? 1 : 4 }
    }
    let others = [0, 0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9, 1]
    #expect(calls.map(\.weight) == others + [0.2])
    #expect(calls.map(\.ids) == others.map { _ in fitting.map(\.id) } + [trying.map(\.id)])
    #expect(tuning.trials.map(\.vectorWeight) == WeightTuning.weights)
    for trial in tuning.trials {
      let expected = trial.vectorWeight == 0.2 ? 1 : trial.vectorWeight == 0.5 ? 0.5 : 1 / log2(5)
      #expect(abs(trial.ndcgAt10 - expected) < 1e-12)
    }
    #expect(tuning.defaultWeight == 0.5)
    #expect(tuning.fittedWeight == 0.2)
    #expect(tuning.fittedOn == fitting.map(\.id))
    #expect(tuning.triedOn == trying.map(\.id))
    #expect(tuning.means[.ndcgAt10] == 1)
    #expect(tuning.differences[.ndcgAt10].earlier == 0.5)
    #expect(tuning.differences[.ndcgAt10].better.count == 5)
  }

  /// With six queries in the second half, all better, p is 2 of 64; with five, 2 of 32.
  @Test(arguments: [
    (12, 1, 1, 0.3, 0.03125), (10, 1, 1, 0.5, 0.0625), (12, 1, 3, 0.5, 0.03125),
    (12, 1, 2, 0.5, 1),
  ])
  func onlyASignificantGainIsRecommended(
    count: Int, first: Int, second: Int, recommended: Double, probability: Double
  ) async throws {
    let tuning = try await Self.tuning(count, best: 0.3, first: first, second: second)
    #expect(tuning.fittedWeight == 0.3)
    #expect(tuning.differences[.ndcgAt10].probability == probability)
    #expect(tuning.recommendedWeight == recommended)
  }

  @Test func whereNoWeightIsBetterTheDefaultStays() async throws {
    let tuning = try await Self.tuning(12, best: 0.3, first: 2, second: 1)
    #expect(tuning.fittedWeight == 0.5)
    #expect(tuning.recommendedWeight == 0.5)
    #expect(tuning.differences[.ndcgAt10].difference == 0)
    #expect(tuning.differences[.ndcgAt10].probability == 1)
  }

  @Test func anErrorOfTheSearchEndsTheTuning() async {
    let queries = Self.queries(8)
    let error = await #expect(throws: HarkError.self) {
      try await WeightTuning(of: queries, evaluated: Self.evaluated(queries) { _ in 1 }) {
        _, _ throws(HarkError) in throw HarkError(.storeMissing, "gone")
      }
    }
    #expect(error?.code == .storeMissing)
  }

  @Test(arguments: [
    (7, SearchMode.hybrid, HarkError.Code.evaluationInvalid, "7 of at least 8"),
    (8, .text, .invalidArgument, "mode is text"), (8, .vector, .invalidArgument, "take hybrid"),
  ])
  func whatCannotBeTunedIsRefused(
    count: Int, mode: SearchMode, code: HarkError.Code, named: String
  ) throws {
    func set(_ count: Int) -> JudgedSet {
      JudgedSet(
        name: "set", split: "test", entries: [], queries: Self.queries(count),
        queriesWithoutRelevant: 3, warnings: [])
    }
    let error = #expect(throws: HarkError.self) { try WeightTuning.check(set(count), mode: mode) }
    #expect(error?.code == code)
    #expect(error?.message.contains(named) == true, "\(error?.message ?? "")")
    try WeightTuning.check(set(8), mode: .hybrid)
  }

  @Test func aTuningIsWrittenWithWhatFollows() async throws {
    let tuning = try await Self.tuning(12, best: 0.3, first: 1, second: 1)
    let object = try #require(
      try JSONSerialization.jsonObject(with: JSONEncoder().encode(tuning)) as? [String: Any])
    #expect(
      Set(object.keys) == [
        "default_weight", "fitted_weight", "recommended_weight", "trials", "fitted_on", "tried_on",
        "means", "differences",
      ])
    #expect(object["recommended_weight"] as? Double == 0.3)
    let trials = try #require(object["trials"] as? [[String: Double]])
    #expect(trials[3] == ["vector_weight": 0.3, "ndcg_at_10": 1])
    #expect((object["means"] as? [String: Double])?["ndcg_at_10"] == 1)
  }
}
