import Foundation
import Machine
import TestKit
import Testing

@testable import VectorIndex

@Suite struct SegmentRecallTests {
  struct Case: CustomTestStringConvertible {
    var sample: Sample
    var metric: Metric
    /// The least share of the true ten nearest that a search with the default effort may find.
    var floor: Double

    var testDescription: String { "\(sample.testDescription), \(metric)" }
  }

  static let cases = [
    Case(sample: .random(3_000, 32), metric: .cosine, floor: 0.98),
    Case(sample: .random(3_000, 32), metric: .innerProduct, floor: 0.98),
    Case(sample: .random(3_000, 32), metric: .euclidean, floor: 0.98),
    Case(sample: .clustered(3_000, 24), metric: .cosine, floor: 0.999),
    Case(sample: .clustered(3_000, 24), metric: .innerProduct, floor: 0.999),
    Case(sample: .clustered(3_000, 24), metric: .euclidean, floor: 0.999),
    Case(sample: .duplicated(3_000, 16, share: 0.3), metric: .cosine, floor: 0.99),
    Case(sample: .duplicated(3_000, 16, share: 0.3), metric: .innerProduct, floor: 0.99),
    Case(sample: .duplicated(3_000, 16, share: 0.3), metric: .euclidean, floor: 0.99),
    Case(sample: .duplicated(2_000, 5, share: 0.9), metric: .euclidean, floor: 0.99),
  ]

  @Test(arguments: cases, IndexProfile.allCases)
  func againstTheOracle(_ test: Case, _ profile: IndexProfile) throws {
    let folder = try TemporaryFolder()
    let set = try test.sample.set(test.metric)
    let path = folder.file("sample.hark")
    try Segment.build(
      set, options: IndexOptions(profile: profile), identity: SegmentIdentity(), to: path)
    let segment = try Segment(opening: path)
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
      // Who keeps everything finds everything: every vector can be reached, and the scores have
      // the same bits.
      let all = try segment.search(query, k: 10, effort: set.count)
      #expect(all == (try ExactSearch.search(query, in: segment, k: 10)))
      if profile == .fast { #expect(all == truth) }
    }
    let mean = sum / Double(truth.count)
    #expect(mean >= test.floor - (profile == .fast ? 0 : 0.02), "recall@10 is \(mean)")
  }

  /// With efforts as small as these, searches still leave the nodes that they begin from.
  @Test(arguments: [Sample.random(3_000, 32), .clustered(3_000, 24)], [1, 2, 3, 4])
  func smallEffortsWalkToo(_ sample: Sample, _ effort: Int) throws {
    let folder = try TemporaryFolder()
    let set = try sample.set(.cosine)
    let path = folder.file("sample.hark")
    try Segment.build(set, identity: SegmentIdentity(), to: path)
    let segment = try Segment(opening: path)
    let truth = try ExactSearch.search(batch: sample.queries, in: set, k: 1)
    var sum = 0.0
    for (i, truth) in truth.enumerated() {
      sum += recall(try segment.search(sample.query(i), k: 1, effort: effort), truth)
    }
    let mean = sum / Double(truth.count)
    #expect(mean >= 0.1 + 0.1 * Double(effort), "recall@1 is \(mean)")
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

  @Test func filteredSearchFindsAllThatIsAllowed() throws {
    let sample = Sample.clustered(3_000, 24)
    let folder = try TemporaryFolder()
    let set = try sample.set(.euclidean)
    let path = folder.file("sample.hark")
    try Segment.build(set, identity: SegmentIdentity(), to: path)
    let segment = try Segment(opening: path)
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
  @Test(.enabled(if: docs384 != nil)) func realText() throws {
    let folder = try #require(Self.docs384)
    let base = try NumPyFile(folder.appending(path: "docs384_base.npy").path)
    let queries = try NumPyFile(folder.appending(path: "docs384_query.npy").path)
      .floats(rows: 0..<200)
    let set = try VectorSet(
      keys: Array(0..<10_000), vectors: try base.floats(rows: 0..<10_000), dimension: 384,
      metric: .cosine)
    let temporary = try TemporaryFolder()
    let path = temporary.file("docs.hark")
    try Segment.build(set, identity: SegmentIdentity(), to: path)
    let segment = try Segment(opening: path)
    let truth = try ExactSearch.search(batch: queries, in: set, k: 10)
    var sum = 0.0
    for (i, truth) in truth.enumerated() {
      let query = Array(queries[i * 384..<(i + 1) * 384])
      sum += recall(try segment.search(query, k: 10), truth)
    }
    #expect(sum / Double(truth.count) >= 0.97)
  }
}
