import Foundation
import TestKit
import Testing

@testable import Hark

@Suite struct SyntheticCorpusTests {
  @Test func everyRankHasAWordOfItsOwn() {
    let ranks = 0..<50_000
    #expect(Set(ranks.map(SyntheticCorpus.english)).count == ranks.count)
    #expect(Set(ranks.map(SyntheticCorpus.korean)).count == ranks.count)
    #expect(SyntheticCorpus.english(0) == "the")
    for rank in ranks {
      let stem = SyntheticCorpus.korean(rank).unicodeScalars
      #expect(stem.count == 2 && stem.allSatisfy { (0xAC00...0xD7A3).contains($0.value) })
    }
  }

  /// Shares fall with the rank as 1 / (rank + 2.7).
  @Test func wordsAreAsRareAsTheirRank() {
    var corpus = SyntheticCorpus { _ in 1 }
    var counts: [Int: Double] = [:]
    for _ in 0..<400_000 { counts[corpus.rank(), default: 0] += 1 }
    #expect(counts.keys.allSatisfy { (0..<50_000).contains($0) })
    func share(_ ranks: ClosedRange<Int>, _ weight: (Int) -> Double) -> Double {
      ranks.reduce(0.0) { $0 + weight($1) }
    }
    func seen(_ ranks: ClosedRange<Int>) -> Double { share(ranks) { counts[$0 - 1, default: 0] } }
    func law(_ ranks: ClosedRange<Int>) -> Double { share(ranks) { 1 / (Double($0) + 2.7) } }
    let ratio = seen(1...10) / seen(101...110)
    let expected = law(1...10) / law(101...110)
    #expect(abs(ratio / expected - 1) < 0.1)
  }

  @Test func documentsAreTheSameInEveryRunAndNotTooLong() {
    func texts() -> [String] {
      var corpus = SyntheticCorpus { $0.split(separator: " ").count }
      return (0..<50).map { corpus.text(isKorean: $0 % 3 == 2) }
    }
    let made = texts()
    #expect(made == texts())
    #expect(Set(made).count == made.count)
    for text in made { #expect((100...190).contains(text.split(separator: " ").count)) }
  }

  @Test func aDocumentHasASentenceWhateverItsTokens() {
    var corpus = SyntheticCorpus { _ in 1_000 }
    #expect(corpus.text(isKorean: false).hasSuffix("."))
  }
}

@Suite struct SearchMeasurementTests {
  @Test func percentilesAreOfAllTimes() {
    let times = SearchMeasurement.Times((0..<200).shuffled().map { .milliseconds($0) })
    #expect(times.mean == 99.5)
    #expect(times.p50 == 100)
    #expect(times.p95 == 190)
    #expect(times.p99 == 198)
    let one = SearchMeasurement.Times([.microseconds(1_500)])
    #expect([one.mean, one.p50, one.p95, one.p99] == [1.5, 1.5, 1.5, 1.5])
  }

  @Test func stagesAreGatheredByTheirPlace() {
    let searches = [1, 3].map { scale in
      SearchTimes(
        hits: scale, total: .milliseconds(10 * scale),
        stages: [(.embed, .milliseconds(scale)), (.words, .milliseconds(2 * scale))])
    }
    let mode = SearchMeasurement.Mode(.hybrid, searches)
    #expect(mode.searches == 2)
    #expect(mode.hits == 2)
    #expect(mode.total.mean == 20)
    #expect(mode.stages.map(\.stage) == [.embed, .words])
    #expect(mode.stages.map(\.times.mean) == [2, 4])
  }
}

@Suite(.enabled(if: TestData.model != nil)) struct SearchBenchmarkTests {
  private let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func benchmark() -> SearchBenchmark {
    SearchBenchmark(
      store: folder.file("store"), model: TestData.model?.path, limit: 5, rounds: 2,
      warmUpRounds: 1)
  }

  @Test func aGeneratedStoreIsMeasuredAndKept() async throws {
    var benchmark = benchmark()
    benchmark.syntheticChunks = 150
    let made = try await benchmark.run()
    #expect(made.chunks == 150)
    #expect(made.documents == 150)
    #expect(made.isStubbed && made.isSynthetic && made.isSample)
    #expect(made.modes.map(\.mode) == [.hybrid, .vector, .text])
    #expect(
      made.modes.map { $0.stages.map(\.stage) } == [
        [.embed, .words, .vectors, .fusion, .fetching], [.embed, .vectors, .fusion, .fetching],
        [.words, .fusion, .fetching],
      ])
    #expect(made.modes.allSatisfy { $0.searches == 2 * made.queries })
    #expect(made.queries > 50)
    // Each query is the beginning of a passage, so words always find something.
    #expect((made.modes.last?.hits ?? 0) >= 1)
    for mode in made.modes {
      #expect(mode.total.p50 > 0)
      #expect(mode.stages.reduce(0) { $0 + $1.times.mean } <= mode.total.mean)
    }

    benchmark.syntheticChunks = nil
    benchmark.modes = [.text]
    benchmark.queries = .texts(["no such word", " ", ""])
    let again = try await benchmark.run()
    #expect(again.isStubbed && !again.isSynthetic && !again.isSample)
    #expect(again.queries == 1)
    #expect(again.modes.map(\.searches) == [2])

    benchmark.syntheticChunks = 5
    let error = await #expect(throws: HarkError.self) { try await benchmark.run() }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.contains("holds documents already") == true)
  }

  @Test func headingsAndPassagesAreSampled() async throws {
    let engine = try await Engine(store: folder.file("store"), model: TestData.model?.path)
    try await engine.upsert([
      SourceDocument(
        externalID: "a", content: .text("The manager approves trips.", heading: "Travel policy"))
    ])
    var benchmark = benchmark()
    benchmark.modes = [.hybrid]
    let measured = try await benchmark.run()
    #expect(!measured.isStubbed)
    #expect((1...2).contains(measured.queries))
    #expect(measured.modes.map(\.hits) == [1])
  }

  @Test func aStoreWithoutChunksIsAnError() async throws {
    _ = try await Engine(store: folder.file("store"), model: TestData.model?.path)
    let error = await #expect(throws: HarkError.self) { try await benchmark().run() }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.contains("has no chunks") == true)
  }

  @Test func wrongSettingsAreNamed() async throws {
    func refused(_ change: (inout SearchBenchmark) -> Void) async -> String? {
      var benchmark = benchmark()
      change(&benchmark)
      let error = await #expect(throws: HarkError.self) { try await benchmark.run() }
      #expect(error?.code == .invalidArgument)
      return error?.message
    }
    #expect(await refused { $0.limit = 0 }?.hasPrefix("limit is 0") == true)
    #expect(await refused { $0.rounds = 0 }?.hasPrefix("rounds are 0") == true)
    #expect(await refused { $0.warmUpRounds = -1 }?.hasPrefix("warm-up rounds are -1") == true)
    #expect(await refused { $0.modes = [] }?.hasPrefix("there are no modes") == true)
    #expect(await refused { $0.syntheticChunks = 0 }?.hasPrefix("0 chunks") == true)
    #expect(await refused { $0.syntheticChunks = 1_000_001 }?.contains("to 1000000") == true)
    #expect(!FileManager.default.fileExists(atPath: folder.file("store")))
  }
}
