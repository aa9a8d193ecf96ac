import Foundation
import TestKit
import Testing

@testable import VectorIndex

/// A small store of segments, a tail and masks, driven at random and held against a plain list.
@Suite struct OperationSequenceTests {
  private struct Store {
    let folder: TemporaryFolder
    let metric: Metric
    let dimension: Int
    let options: IndexOptions
    var segments: [Segment] = []
    var tail: VectorSet
    var masks: Set<Int64> = []
    /// What was inserted and not deleted, as it was given.
    var live: [Int64: [Float]] = [:]
    var nextKey: Int64 = 1
    var sealCount = 0

    init(
      _ folder: TemporaryFolder, using generator: inout SeededGenerator, metric: Metric? = nil,
      dimension: Int? = nil, options: IndexOptions? = nil
    ) throws {
      self.folder = folder
      self.metric = metric ?? Metric.allCases.randomElement(using: &generator) ?? .cosine
      self.dimension = dimension ?? Int.random(in: 1...20, using: &generator)
      self.options =
        options
        ?? IndexOptions(
          kind: Shape.kinds.randomElement(using: &generator) ?? .auto,
          profile: IndexProfile.allCases.randomElement(using: &generator) ?? .fast, degree: 3,
          constructionEffort: 10, threads: 1)
      tail = try VectorSet(dimension: self.dimension, metric: self.metric)
    }

    mutating func insert(_ count: Int, using generator: inout SeededGenerator) throws {
      for _ in 0..<count {
        // Some vectors are copies of others.
        let copied = Int.random(in: 0..<4, using: &generator) == 0
        let vector =
          (copied ? live.values.first : nil) ?? (0..<dimension).map { _ in generator.normal() }
        try tail.append(keys: [nextKey], vectors: vector)
        live[nextKey] = vector
        nextKey += 1
      }
    }

    mutating func delete(_ count: Int, using generator: inout SeededGenerator) {
      for key in live.keys.sorted().shuffled(using: &generator).prefix(count) {
        live[key] = nil
        masks.insert(key)
      }
    }

    /// Makes a segment of the tail, and of some older ones with it.
    mutating func seal(merging number: Int) throws {
      let masks = masks
      var keys: [Int64] = []
      var vectors: [Float] = []
      for segment in segments.suffix(number) {
        let set = try segment.vectors(excluding: KeySet(masks))
        keys += set.keys
        for row in 0..<set.count { vectors += set.vector(at: row) }
      }
      for key in tail.keys where !masks.contains(key) {
        keys.append(key)
        vectors += tail.vector(at: tail.row(of: key) ?? 0)
      }
      segments.removeLast(min(number, segments.count))
      tail = try VectorSet(dimension: dimension, metric: metric)
      sealCount += 1
      let path = folder.file("\(sealCount).hark")
      try Segment.build(
        keys: keys, vectors: vectors, dimension: dimension, metric: metric,
        options: options, identity: SegmentIdentity(), to: path)
      segments.append(try Segment(opening: path))
      try segments.last?.verify()
    }

    /// What a search finds that keeps everything.
    private func searchWhole(
      _ segment: Segment, k: Int, excluding masks: KeySet, _ scratch: inout SearchScratch
    ) throws -> [Neighbor]? {
      guard k > 0 else { return [] }
      guard let live = try segment.rows(allowing: nil, excluding: masks) else {
        return segment.searchWhole(k: k, &scratch)
      }
      let swept = segment.sweep(k: k, live, &scratch)
      let whole = segment.searchWhole(k: k, allowed: live, &scratch)
      #expect(swept == whole)
      return whole
    }

    /// All that is found in the segments, by a search that keeps everything, and in the tail.
    func search(_ query: [Float], k: Int) throws -> [Neighbor] {
      let masks = KeySet(masks)
      var found = try ExactSearch.search(query, in: tail, k: k, excluding: masks)
      for segment in segments where segment.count > 0 {
        var scratch = SearchScratch()
        try VectorSet.prepare(query, dimension: dimension, metric: metric, into: &scratch.query)
        let whole = try searchWhole(segment, k: k, excluding: masks, &scratch)
        let scanned = try segment.search(query, k: k, excluding: masks)
        #expect(whole == scanned && scratch.damage == nil)
        found += scanned
      }
      found.sort { ($0.score, $1.key) > ($1.score, $0.key) }
      return Array(found.prefix(k))
    }
  }

  @Test(arguments: 0..<10) func aThousandSequences(_ tenth: Int) throws {
    for sequence in 0..<100 {
      var generator = SeededGenerator(state: UInt64(tenth * 100 + sequence))
      let folder = try TemporaryFolder()
      var store = try Store(folder, using: &generator)
      for _ in 0..<Int.random(in: 4...12, using: &generator) {
        switch Int.random(in: 0..<6, using: &generator) {
        case 0...2:
          try store.insert(Int.random(in: 1...25, using: &generator), using: &generator)
        case 3: store.delete(Int.random(in: 1...10, using: &generator), using: &generator)
        case 4: try store.seal(merging: Int.random(in: 0...2, using: &generator))
        default: break
        }
        try check(store, "sequence \(tenth * 100 + sequence)", using: &generator)
      }
    }
  }

  private func check(
    _ store: Store, _ name: String, using generator: inout SeededGenerator
  ) throws {
    let query = (0..<store.dimension).map { _ in generator.normal() }
    let k = [0, 1, 3, 10, 1_000].randomElement(using: &generator) ?? 1
    let found = try store.search(query, k: k)
    #expect(found.count == min(k, store.live.count), "\(name)")
    #expect(Set(found.map(\.key)).isSubset(of: store.live.keys), "\(name)")
    guard store.options.profile == .fast else { return }
    let keys = store.live.keys.sorted()
    let truth = try ExactSearch.search(
      query, keys: keys, vectors: keys.flatMap { store.live[$0] ?? [] },
      dimension: store.dimension, metric: store.metric, k: k)
    #expect(found == truth, "\(name)")
  }

  /// After many rounds of replacing, searches find about as much as in an index built at once.
  @Test(arguments: Shape.kinds)
  func fiftyRoundsOfReplacingCostNoRecall(_ kind: IndexKind) throws {
    var generator = SeededGenerator(state: 77)
    let sample = Sample.clustered(8_000, 24)
    func vector(_ number: Int) -> [Float] { Array(sample.vectors[number * 24..<(number + 1) * 24]) }
    let folder = try TemporaryFolder()
    var store = try Store(
      folder, using: &generator, metric: .cosine, dimension: 24,
      options: IndexOptions(kind: kind))
    func insert(_ numbers: Range<Int>) throws {
      for number in numbers {
        let key = Int64(number) + 1
        try store.tail.append(keys: [key], vectors: vector(number))
        store.live[key] = vector(number)
      }
    }
    try insert(0..<3_000)
    try store.seal(merging: 0)
    for round in 0..<50 {
      try insert(3_000 + round * 100..<3_100 + round * 100)
      store.delete(100, using: &generator)
      if round % 10 == 9 { try store.seal(merging: round % 20 == 19 ? store.segments.count : 0) }
    }
    let keys = store.live.keys.sorted()
    let set = try VectorSet(
      keys: keys, vectors: keys.flatMap { store.live[$0] ?? [] }, dimension: 24, metric: .cosine)
    let fresh = try Segment(set, IndexOptions(kind: kind))
    let masks = KeySet(store.masks)
    var (worn, anew) = (0.0, 0.0)
    let truths = try ExactSearch.search(batch: sample.queries, in: set, k: 10)
    for (i, truth) in truths.enumerated() {
      let query = sample.query(i)
      var found = try ExactSearch.search(query, in: store.tail, k: 10, excluding: masks)
      for segment in store.segments {
        found += try segment.search(query, k: 10, excluding: masks)
      }
      found.sort { ($0.score, $1.key) > ($1.score, $0.key) }
      worn += recall(Array(found.prefix(10)), truth)
      anew += recall(try fresh.search(query, k: 10), truth)
    }
    #expect(worn / 40 >= anew / 40 - 0.005)
  }

  /// Vectors that wander off, the oldest of which are deleted: cells made anew of those of the last
  /// segment and of new ones find as much as cells of the same vectors alone, and enough.
  @Test func driftCostsCellsNoRecall() throws {
    let dimension = 24
    var generator = SeededGenerator(state: 5)
    let step = (0..<dimension).map { _ in 0.4 * generator.normal() }
    let options = IndexOptions(kind: .cells)
    var segment = try Segment(VectorSet(dimension: dimension, metric: .euclidean), options)
    var live: [Int64: [Float]] = [:]
    for round in 0..<20 {
      let oldest = KeySet(Int64(0)...Int64(300 * round))
      var set = try segment.vectors(excluding: oldest)
      for key in live.keys where oldest.contains(key) { live[key] = nil }
      func point() -> [Float] { step.map { Float(round) * $0 + generator.normal() } }
      for number in 0..<500 {
        let (key, vector) = (Int64(500 * round + number + 1), point())
        try set.append(keys: [key], vectors: vector)
        live[key] = vector
      }
      #expect(set.keys == live.keys.sorted())
      segment = try Segment(set, options)
      guard round % 5 == 4 else { continue }
      try segment.verify()
      let fresh = try Segment(
        VectorSet(
          keys: set.keys, vectors: set.keys.flatMap { live[$0] ?? [] }, dimension: dimension,
          metric: .euclidean), options)
      let queries = (0..<100).map { _ in point() }
      var (worn, anew) = (0.0, 0.0)
      for query in queries {
        let truth = try ExactSearch.search(query, in: set, k: 10)
        worn += recall(try segment.search(query, k: 10), truth) / 100
        anew += recall(try fresh.search(query, k: 10), truth) / 100
      }
      #expect(worn >= anew - 0.005 && worn >= 0.97, "\(worn), \(anew) in round \(round)")
    }
  }
}
