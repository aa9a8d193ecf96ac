import TestKit
import Testing

@testable import VectorIndex

@Suite struct ExactSearchTests {
  @Test(arguments: Metric.allCases) func scoresAreWhatTheMetricSays(_ metric: Metric) throws {
    let sample = Sample.random(300, 19)
    let found = try ExactSearch.search(
      sample.query(0), keys: sample.keys, vectors: sample.vectors, dimension: 19, metric: metric,
      k: 300)
    #expect(Set(found.map(\.key)) == Set(sample.keys))
    #expect(zip(found, found.dropFirst()).allSatisfy { $0.score >= $1.score })
    func dot(_ a: [Float], _ b: [Float]) -> Double {
      zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let query = sample.query(0)
    for neighbor in found {
      let row = Int((neighbor.key - 3) / 7)
      let vector = Array(sample.vectors[row * 19..<(row + 1) * 19])
      let expected =
        switch metric {
        case .cosine: dot(query, vector) / (dot(query, query) * dot(vector, vector)).squareRoot()
        case .innerProduct: dot(query, vector)
        case .euclidean: 2 * dot(query, vector) - dot(query, query) - dot(vector, vector)
        }
      #expect((Double(neighbor.score) - expected).magnitude < 1e-4)
    }
  }

  static let samples = [
    Sample.random(2_500, 33), .clustered(4_500, 7), .duplicated(2_100, 16, share: 0.9),
    .random(3, 2),
  ]

  @Test(arguments: samples, Metric.allCases)
  func aBatchEqualsItsQueriesToTheBit(_ sample: Sample, _ metric: Metric) throws {
    let set = try sample.set(metric)
    for k in [1, 10, 100] {
      let batch = try ExactSearch.search(batch: sample.queries, in: set, k: k)
      #expect(batch.count == sample.queryCount)
      for (i, found) in batch.enumerated() {
        #expect(found == (try ExactSearch.search(sample.query(i), in: set, k: k)))
      }
    }
  }

  @Test(arguments: IndexProfile.allCases, Metric.allCases)
  func aBatchInASegmentEqualsItsQueriesToTheBit(
    _ profile: IndexProfile, _ metric: Metric
  ) throws {
    let sample = Sample.clustered(3_100, 29)
    let folder = try TemporaryFolder()
    let path = folder.file("sample.hark")
    var options = IndexOptions()
    options.profile = profile
    options.constructionEffort = 20
    try Segment.build(
      try sample.set(metric), options: options, identity: SegmentIdentity(), to: path)
    let segment = try Segment(opening: path)
    let alone = try (0..<sample.queryCount).map {
      try ExactSearch.search(sample.query($0), in: segment, k: 12)
    }
    for threads in [1, 2, 7] {
      let batch = try ExactSearch.search(
        batch: sample.queries, in: segment, k: 12, threads: threads)
      #expect(batch == alone)
    }
    #expect(try ExactSearch.search(batch: [], in: segment, k: 12).isEmpty)
    let none = try ExactSearch.search(batch: sample.queries, in: segment, k: 0)
    #expect(none == Array(repeating: [], count: sample.queryCount))
    let error = #expect(throws: IndexError.self) {
      try ExactSearch.search(batch: Array(repeating: .nan, count: 58), in: segment, k: 1)
    }
    #expect(error?.code == .vectorNotFinite)
    #expect(throws: IndexError.self) {
      try ExactSearch.search(batch: [1, 2, 3], in: segment, k: 1)
    }
  }

  @Test func tiesGoToTheLowerKey() throws {
    let found = try ExactSearch.search(
      [1, 0], keys: [9, 2, 5, 7], vectors: [2, 0, 1, 0, 1, 0, 3, 1], dimension: 2,
      metric: .cosine, k: 3)
    #expect(found.map(\.key) == [2, 5, 9])
    // An exact match scores zero, not minus zero.
    let exact = try ExactSearch.search(
      [1, 0], keys: [1, 2], vectors: [1, 0, 1, -0.0], dimension: 2, metric: .euclidean, k: 2)
    #expect(exact.map(\.score.sign) == [.plus, .plus])
    #expect(exact.map(\.key) == [1, 2])
  }

  @Test func setsGrowInAnyOrder() throws {
    let sample = Sample.random(60, 5)
    var set = try VectorSet(dimension: 5, metric: .cosine)
    for range in [20..<40, 40..<60, 0..<20] {
      try set.append(
        keys: Array(sample.keys[range]),
        vectors: Array(sample.vectors[range.lowerBound * 5..<range.upperBound * 5]))
    }
    #expect(set.keys == sample.keys)
    let whole = try sample.set(.cosine)
    #expect(set.rows == whole.rows)
    let before = set.keys
    #expect(throws: IndexError.self) {
      try set.append(keys: [1_000, sample.keys[4]], vectors: Array(repeating: 1, count: 10))
    }
    #expect(throws: IndexError.self) {
      try set.append(
        keys: [1_000, 1_001], vectors: Array(repeating: 1, count: 5) + [0, 0, 0, 0, 0])
    }
    #expect(set.keys == before && set.rows == whole.rows)
  }

  @Test func lengthsDoNotMatterForCosine() throws {
    for scale in [0x1p-140, 1e-20, 1, 1e18, 3e37] as [Float] {
      let found = try ExactSearch.search(
        [3 * scale, 4 * scale], keys: [1], vectors: [4 * scale, 3 * scale], dimension: 2,
        metric: .cosine, k: 1)
      #expect((found[0].score - 0.96).magnitude < 1e-4)
    }
  }

  @Test func rankedOrderIsTotal() {
    let scores: [Float] = [
      -.infinity, -2, -1, -0x1p-140, -0.0, 0, 0x1p-140, 1, 2, .infinity,
    ]
    for (a, b) in zip(scores, scores.dropFirst()) where a != b {
      #expect(Ranked(score: a, id: 0) < Ranked(score: b, id: 9))
    }
    #expect(Ranked(score: 0, id: 3) == Ranked(score: -0.0, id: 3))
    #expect(Ranked(score: 1, id: 4) < Ranked(score: 1, id: 3))
    #expect(scores.allSatisfy { Ranked(score: $0, id: 77).score == $0 })
    let last = UInt32(VectorSet.countLimit)
    #expect(Ranked(score: 1, id: last).id == last)
    #expect(Ranked(word: Ranked(score: 1, id: 5).word & ~Ranked.openBit).id == 5)
  }
}
