import Foundation
import Machine
import TestKit
import Testing

@testable import VectorIndex

@Suite struct FilteredSearchTests {
  /// Which keys a query may find.
  enum Choice: CaseIterable {
    /// A share at random.
    case random
    /// The nearest of all.
    case nearest
    /// The farthest of all, which no walk meets first.
    case farthest
    /// Keys that follow each other, and so, in a clustered sample, a few clusters.
    case range
  }

  /// The share of the allowed keys, `nearest` keys first.
  private static func allowed(
    _ choice: Choice, share: Double, of keys: [Int64], nearest: [Int64],
    using generator: inout SeededGenerator
  ) -> KeySet {
    let count = Int((share * Double(keys.count)).rounded())
    switch choice {
    case .random: return KeySet(keys.shuffled(using: &generator).prefix(count))
    case .nearest: return KeySet(nearest.prefix(count))
    case .farthest: return KeySet(nearest.suffix(count))
    case .range:
      let start = Int.random(in: 0...keys.count - count, using: &generator)
      return KeySet(keys[start..<start + count])
    }
  }

  struct Case: CustomTestStringConvertible {
    var sample: Sample
    var shape: Shape
    var effort = Segment.defaultEffort
    /// The least mean recall.
    var floor = 0.95
    /// The least mean recall where the nearest are not allowed, if that is another.
    var farthestFloor: Double?

    var testDescription: String {
      "\(sample.testDescription), \(shape.testDescription), \(effort)"
    }
  }

  static let cases: [Case] = {
    let (random, clustered) = (Sample.random(4_000, 24), Sample.clustered(4_000, 24))
    let (more, moreClustered) = (Sample.random(8_000, 24), Sample.clustered(8_000, 24))
    return [random, clustered].flatMap { sample in
      IndexProfile.allCases.map { Case(sample: sample, shape: Shape(kind: .graph, profile: $0)) }
    } + [
      Case(sample: more, shape: Shape(kind: .cells, profile: .fast)),
      Case(
        sample: more, shape: Shape(kind: .cells, profile: .compact), effort: 16, floor: 0.78,
        farthestFloor: 0.72),
      Case(sample: moreClustered, shape: Shape(kind: .cells, profile: .compact)),
      Case(
        sample: moreClustered, shape: Shape(kind: .cells, profile: .fast), effort: 16,
        floor: 0.92),
    ]
  }()

  @Test(arguments: cases) func againstTheOracle(_ test: Case) throws {
    let sample = test.sample
    let set = try sample.set(.cosine)
    let segment = try Segment(set, test.shape.options)
    var generator = SeededGenerator(state: 11)
    let queries = 12
    let orders = try (0..<queries).map {
      try ExactSearch.search(sample.query($0), in: segment, k: set.count).map(\.key)
    }
    for choice in Choice.allCases {
      for share in [0, 0.000_25, 0.001, 0.01, 0.1, 0.5, 0.9, 0.999] {
        var sum = 0.0
        for i in 0..<queries {
          let query = sample.query(i)
          let all = orders[i]
          let allowed = Self.allowed(
            choice, share: share, of: set.keys, nearest: all, using: &generator)
          let excluded = KeySet(allowed.filter { $0 % 5 == 0 })
          for excluding in [nil, excluded] {
            let live = allowed.subtracting(excluding ?? [])
            let found = try segment.search(
              query, k: 10, effort: test.effort, allowing: allowed, excluding: excluding)
            #expect(found.count == min(10, live.count))
            #expect(found.allSatisfy { live.contains($0.key) })
            #expect(found == found.sorted { ($0.score, $1.key) > ($1.score, $0.key) })
            let truth = try ExactSearch.search(
              query, in: segment, k: 10, allowing: allowed, excluding: excluding)
            #expect(truth.map(\.key) == Array(all.lazy.filter(live.contains).prefix(10)))
            sum += truth.isEmpty ? 0.5 : recall(found, truth) / 2
          }
        }
        let mean = sum / Double(queries)
        let floor = choice == .farthest ? test.farthestFloor ?? test.floor : test.floor
        #expect(mean >= floor, "\(choice), \(share): recall@10 is \(mean)")
      }
    }
  }

  /// Excluding some keys is the same as allowing all others.
  @Test(arguments: Shape.kinds) func excludingIsTheComplement(_ kind: IndexKind) throws {
    let sample = Sample.duplicated(3_000, 16, share: 0.3)
    let set = try sample.set(.euclidean)
    let segment = try Segment(set, IndexOptions(kind: kind))
    let all = KeySet(set.keys)
    for modulus in [2, 3, 50, 4_000] as [Int64] {
      let some = KeySet(set.keys.filter { $0 % modulus == 0 })
      for i in 0..<10 {
        let query = sample.query(i)
        let found = try segment.search(query, k: 10, excluding: some)
        #expect(try segment.search(query, k: 10, allowing: all.subtracting(some)) == found)
        let exact = try ExactSearch.search(query, in: set, k: 10, excluding: some)
        #expect(
          try ExactSearch.search(query, in: set, k: 10, allowing: all.subtracting(some)) == exact)
      }
    }
    // Keys that the segment does not hold change nothing.
    let foreign: KeySet = [.min, -1, 1_000_000, .max]
    let found = try segment.search(sample.query(0), k: 10)
    #expect(try segment.search(sample.query(0), k: 10, excluding: foreign) == found)
    #expect(try segment.search(sample.query(0), k: 10, allowing: all.union(foreign)) == found)
    #expect(try segment.search(sample.query(0), k: 10, allowing: foreign).isEmpty)
    #expect(try segment.search(sample.query(0), k: 10, allowing: all, excluding: all).isEmpty)
  }

  /// Where a search is to keep very many, it looks at all codes instead.
  @Test(arguments: Shape.all) func muchEffortLooksAtAll(_ shape: Shape) throws {
    let sample = Sample.random(1_500, 40)
    let segment = try sample.segment(.euclidean, shape.options)
    for i in 0..<sample.queryCount {
      let truth = try ExactSearch.search(sample.query(i), in: segment, k: 10)
      for effort in [20, 150] {
        var scratch = SearchScratch()
        try VectorSet.prepare(
          sample.query(i), dimension: 40, metric: .euclidean, into: &scratch.query)
        let found = segment.near(k: 10, effort: effort, nil, &scratch)
        let kept = shape.kind == .graph ? scratch.walk.count : scratch.sweep.count
        #expect((kept == 0) == (effort == 150))
        if effort == 150 { #expect(found == truth) }
      }
    }
  }

  /// So it does where a search is to find very many.
  @Test(arguments: Shape.kinds) func manyNearestLookAtAll(_ kind: IndexKind) throws {
    let sample = Sample.random(6_000, 24)
    let segment = try sample.segment(.euclidean, IndexOptions(kind: kind))
    for k in [60, 600] {
      var scratch = SearchScratch()
      try VectorSet.prepare(
        sample.query(0), dimension: 24, metric: .euclidean, into: &scratch.query)
      let found = segment.near(k: k, effort: 1, nil, &scratch)
      let kept = kind == .graph ? scratch.walk.count : scratch.sweep.count
      #expect(found.count == k && (kept == 0) == (k == 600))
    }
  }

  /// A look at all codes finds the nearest for queries, too, that are unlike the vectors: with one great
  /// number, so that its codes tell little of the others.
  @Test(arguments: Metric.allCases) func sweepsForOddQueries(_ metric: Metric) throws {
    let sample = Sample.random(1_500, 512)
    let segment = try sample.segment(metric, IndexOptions(kind: .cells))
    for i in 0..<40 {
      let query = (0..<512).map { $0 == 7 * i ? Float(1) : 0 }
      var scratch = SearchScratch()
      try VectorSet.prepare(query, dimension: 512, metric: metric, into: &scratch.query)
      let found = segment.sweep(k: 10, RowSet(count: segment.count), &scratch)
      #expect(try found == ExactSearch.search(query, in: segment, k: 10))
    }
  }

  /// More sets than a segment keeps rows of, used in turns by several threads.
  @Test(arguments: Shape.kinds) func manySetsInTurn(_ kind: IndexKind) async throws {
    let sample = Sample.clustered(3_000, 24)
    let set = try sample.set(.cosine)
    let segment = try Segment(set, IndexOptions(kind: kind))
    let sets = (0..<20).map { turn in KeySet(set.keys.filter { $0 % 20 == turn }) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<4 {
        group.addTask {
          for round in 0..<200 {
            let allowed = sets[(round * (task + 1)) % 20]
            let found = try segment.search(sample.query(round % 40), k: 5, allowing: allowed)
            #expect(found.count == 5 && found.allSatisfy { allowed.contains($0.key) })
          }
        }
      }
      try await group.waitForAll()
    }
  }
}
