import Foundation
import Machine
import TestKit
import Testing

@testable import VectorIndex

@Suite struct SegmentRecallTests {
  struct Case: CustomTestStringConvertible {
    var sample: Sample
    var metric: Metric
    var shape: Shape
    /// The least share of the true ten nearest that a search with the default effort may find.
    var floor: Double

    var testDescription: String { "\(sample.testDescription), \(metric), \(shape.testDescription)" }
  }

  /// Both profiles of the shapes that have a floor.
  private static func cases(
    _ sample: Sample, _ metrics: [Metric], graph: Double? = nil, cells: Double
  ) -> [Case] {
    metrics.flatMap { metric in
      Shape.all.compactMap { shape in
        guard let floor = shape.kind == .cells ? cells : graph else { return nil }
        let rounded = shape.profile == .fast ? floor : floor - 0.02
        return Case(sample: sample, metric: metric, shape: shape, floor: rounded)
      }
    }
  }

  static let cases = [
    cases(.random(3_000, 32), Metric.allCases, graph: 0.98, cells: 0.98),
    cases(.clustered(3_000, 24), Metric.allCases, graph: 0.999, cells: 0.985),
    cases(
      .duplicated(3_000, 16, share: 0.3), Metric.allCases, graph: 0.99, cells: 0.985),
    cases(.duplicated(2_000, 5, share: 0.9), [.euclidean], graph: 0.99, cells: 0.99),
    cases(.random(3_000, 1), [.euclidean], cells: 0.97),
    cases(.random(3_000, 3), [.cosine], cells: 0.975),
    cases(.random(2_000, 64), [.innerProduct], cells: 0.955),
    cases(.random(2_000, 65), [.euclidean], cells: 0.99),
    cases(.clustered(1_100, 784), [.cosine], cells: 0.97),
    // Far from the origin, where only differences are small.
    cases(
      .clustered(3_000, 24).scaled(by: 1, offset: 1_000), [.innerProduct, .euclidean],
      cells: 0.985),
    // So short that squares are no longer what they should be, and so long that scores all but
    // overflow.
    cases(.clustered(3_000, 24).scaled(by: 1e-20), [.cosine], cells: 0.995),
    cases(.clustered(3_000, 24).scaled(by: 1e-15), [.innerProduct, .euclidean], cells: 0.985),
    cases(.clustered(3_000, 24).scaled(by: 1.6e17), [.innerProduct, .euclidean], cells: 0.985),
  ].flatMap(\.self)

  @Test(arguments: cases) func againstTheOracle(_ test: Case) throws {
    let set = try test.sample.set(test.metric)
    let segment = try Segment(set, test.shape.options)
    try segment.verify()

    let truth = try ExactSearch.search(batch: test.sample.queries, in: set, k: 10)
    var sum = 0.0
    for (i, truth) in truth.enumerated() {
      let query = test.sample.query(i)
      let found = try segment.search(query, k: 10)
      #expect(found.count == 10)
      #expect(found == found.sorted { ($0.score, $1.key) > ($1.score, $0.key) })
      // Whatever the profile made of the scores, the share is that of the true nearest.
      let scores = Dictionary(
        uniqueKeysWithValues: try ExactSearch.search(query, in: set, k: set.count)
          .map { ($0.key, $0.score) })
      sum += recall(found.map { Neighbor(key: $0.key, score: scores[$0.key] ?? .nan) }, truth)
      let all = try segment.search(query, k: 10, effort: set.count)
      #expect(all == (try ExactSearch.search(query, in: segment, k: 10)))
      if i < 8 {
        // Who keeps everything finds everything: every vector can be reached, and the scores have
        // the same bits.
        var scratch = SearchScratch()
        try VectorSet.prepare(
          query, dimension: set.dimension, metric: set.metric, into: &scratch.query)
        #expect(all == segment.searchWhole(k: 10, &scratch))
      }
      if test.shape.profile == .fast { #expect(all == truth) }
    }
    let mean = (10 * sum).rounded() / Double(10 * truth.count)
    #expect(mean >= test.floor, "recall@10 is \(mean)")
  }

  /// One vector that is far longer than all others spoils nothing for them.
  @Test(arguments: Shape.all, [Metric.innerProduct, .euclidean])
  func oneFarVector(_ shape: Shape, _ metric: Metric) throws {
    var sample = Sample.clustered(6_000, 24)
    for i in 24 * 1_234..<24 * 1_235 { sample.vectors[i] *= 1e6 }
    let set = try sample.set(metric)
    let segment = try Segment(set, shape.options)
    let truth = try ExactSearch.search(batch: sample.queries, in: set, k: 10)
    var sum = 0.0
    for (i, truth) in truth.enumerated() {
      sum += recall(try segment.search(sample.query(i), k: 10), truth)
    }
    let mean = sum / Double(truth.count)
    #expect(mean >= (shape.profile == .fast ? 0.93 : 0.91), "recall@10 is \(mean)")
  }

  /// With efforts as small as these, searches still leave the nodes or cells that they begin from.
  @Test(
    arguments: [Sample.random(3_000, 32), .clustered(3_000, 24)],
    [(IndexKind.graph, 0.1), (.cells, 0.075)])
  func smallEffortsLeadFar(_ sample: Sample, _ shape: (IndexKind, Double)) throws {
    let (kind, share) = shape
    let set = try sample.set(.cosine)
    let segment = try Segment(set, IndexOptions(kind: kind))
    let truth = try ExactSearch.search(batch: sample.queries, in: set, k: 1)
    for effort in 1...4 {
      var sum = 0.0
      for (i, truth) in truth.enumerated() {
        sum += recall(try segment.search(sample.query(i), k: 1, effort: effort), truth)
      }
      let mean = sum / Double(truth.count)
      #expect(mean >= 0.1 + share * Double(effort), "recall@1 is \(mean) with \(effort)")
    }
  }

  /// However many are asked for, so many are found, each but once.
  @Test(arguments: Shape.all) func anyNumber(_ shape: Shape) throws {
    let sample = Sample.clustered(2_500, 24)
    let set = try sample.set(.euclidean)
    let segment = try Segment(set, shape.options)
    for k in [1, 10, 100, 1_000, 2_499, 2_500, 2_501, .max] {
      for i in 0..<8 {
        let found = try segment.search(sample.query(i), k: k)
        let truth = try ExactSearch.search(sample.query(i), in: segment, k: k)
        #expect(found.count == truth.count)
        #expect(Set(found.map(\.key)).count == found.count)
        #expect(found == found.sorted { ($0.score, $1.key) > ($1.score, $0.key) })
        if k >= sample.count { #expect(found == truth) }
        if k == 1_000 {
          // So many are found by a look at all codes; a walk or all cells find as many.
          var scratch = SearchScratch()
          try VectorSet.prepare(
            sample.query(i), dimension: 24, metric: .euclidean, into: &scratch.query)
          #expect(segment.searchWhole(k: k, &scratch) == truth)
        }
        if k == 10 {
          #expect(try segment.search(sample.query(i), k: 10, effort: .max) == truth)
          let half = KeySet(sample.keys.filter { $0 % 2 == 0 })
          let allowed = try segment.search(
            sample.query(i), k: .max, effort: .max, allowing: half)
          #expect(allowed.count == half.count && allowed.allSatisfy { half.contains($0.key) })
        }
        let share = recall(found, truth)
        #expect(share >= 0.9, "recall@\(k) is \(share)")
      }
    }
  }

  /// Of equal vectors those with the lowest keys are found, even of more than a search keeps: they
  /// lie in the same cell, ordered by their keys.
  @Test(arguments: IndexProfile.allCases, Metric.allCases)
  func equalVectorsInCellsGoByTheirKeys(_ profile: IndexProfile, _ metric: Metric) throws {
    let sample = Sample.random(3_000, 20)
    var vectors = sample.vectors
    let copied = [20, 901, 2_402, 2_993]
    // The copies of one lie anywhere, those of the others in between.
    for row in 0..<sample.count where row % 10 < 4 {
      let source = copied[row % 10]
      vectors.replaceSubrange(
        row * 20..<(row + 1) * 20, with: sample.vectors[source * 20..<(source + 1) * 20])
    }
    let set = try VectorSet(
      keys: sample.keys, vectors: vectors, dimension: 20, metric: metric)
    let segment = try Segment(set, IndexOptions(kind: .cells, profile: profile))
    for (group, source) in copied.enumerated() {
      let query = Array(sample.vectors[source * 20..<(source + 1) * 20])
      for k in [1, 10, 60] {
        let found = try segment.search(query, k: k)
        let truth = try ExactSearch.search(query, in: segment, k: k)
        #expect(found == truth, "\(k) copies of \(source)")
        // By the inner product a longer vector may be nearer to one than itself.
        guard metric != .innerProduct else { continue }
        #expect(found.map(\.key) == (0..<k).map { sample.keys[10 * $0 + group] })
      }
    }
  }

  @Test func theSmallestConstructionEffort() throws {
    let sample = Sample.clustered(2_000, 24)
    let folder = try TemporaryFolder()
    let set = try sample.set(.euclidean)
    var files: [Data] = []
    for threads in 1...2 {
      let path = folder.file("\(threads).hark")
      try Segment.build(
        set, options: IndexOptions(constructionEffort: 1, threads: threads),
        identity: SegmentIdentity(), to: path)
      files.append(try Data(contentsOf: URL(filePath: path)))
    }
    #expect(files[0] == files[1])
    let segment = try Segment(opening: folder.file("1.hark"))
    try segment.verify()
    let truth = try ExactSearch.search(batch: sample.queries, in: set, k: 10)
    var sum = 0.0
    for (i, truth) in truth.enumerated() {
      sum += recall(try segment.search(sample.query(i), k: 10), truth)
    }
    let mean = sum / Double(truth.count)
    #expect(mean >= 0.5, "recall@10 is \(mean)")
  }

  @Test(arguments: Shape.kinds)
  func filteredSearchFindsAllThatIsAllowed(_ kind: IndexKind) throws {
    let sample = Sample.clustered(3_000, 24)
    let set = try sample.set(.euclidean)
    let segment = try Segment(set, IndexOptions(kind: kind))
    for modulus in [2, 100, 1_000, 3_001] as [Int64] {
      let allowing = KeySet(set.keys.filter { ($0 - 3) / 7 % modulus == 1 })
      var sum = 0.0
      for i in 0..<sample.queryCount {
        let truth = try ExactSearch.search(sample.query(i), in: set, k: 10, allowing: allowing)
        let found = try segment.search(sample.query(i), k: 10, allowing: allowing)
        #expect(found.count == truth.count)
        #expect(found.allSatisfy { allowing.contains($0.key) })
        sum += recall(found, truth)
      }
      #expect(sum / Double(sample.queryCount) >= 0.97)
    }
  }

  static let docs384 = TestData.folder("vectors")

  /// Vectors of real text: the first 10,000 of docs384, and 200 of its queries.
  @Test(
    .enabled(if: docs384 != nil), arguments: [(IndexKind.graph, 0.97), (.cells, 0.98)])
  func realText(_ kind: IndexKind, _ floor: Double) throws {
    let folder = try #require(Self.docs384)
    let base = try NumPyFile(folder.appending(path: "docs384_base.npy").path)
    let queries = try NumPyFile(folder.appending(path: "docs384_query.npy").path)
      .floats(rows: 0..<200)
    let set = try VectorSet(
      keys: Array(0..<10_000), vectors: try base.floats(rows: 0..<10_000), dimension: 384,
      metric: .cosine)
    let segment = try Segment(set, IndexOptions(kind: kind))
    let truth = try ExactSearch.search(batch: queries, in: set, k: 10)
    var sum = 0.0
    for (i, truth) in truth.enumerated() {
      let query = Array(queries[i * 384..<(i + 1) * 384])
      sum += recall(try segment.search(query, k: 10), truth)
    }
    let mean = sum / Double(truth.count)
    #expect(mean >= floor, "recall@10 is \(mean)")
  }
}
