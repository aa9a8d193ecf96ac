import Foundation
import Machine
import TestKit
import Testing

@testable import VectorIndex

@Suite struct SegmentBuildingTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(arguments: Shape.kinds)
  func theFileDependsOnNeitherThreadsNorOrder(_ kind: IndexKind) throws {
    let sample = Sample.clustered(2_500, 12)
    var files: [Data] = []
    for threads in 1...3 {
      let path = folder.file("\(threads).hark")
      try Segment.build(
        try sample.set(.euclidean), options: IndexOptions(kind: kind, threads: threads),
        identity: SegmentIdentity(), to: path)
      files.append(try Data(contentsOf: URL(filePath: path)))
    }
    let rows = (0..<sample.count).reversed()
    try Segment.build(
      keys: rows.map { sample.keys[$0] },
      vectors: rows.flatMap { sample.vectors[$0 * 12..<($0 + 1) * 12] }, dimension: 12,
      metric: .euclidean, options: IndexOptions(kind: kind), identity: SegmentIdentity(),
      to: folder.file("reversed.hark"))
    files.append(try Data(contentsOf: URL(filePath: folder.file("reversed.hark"))))
    #expect(files.allSatisfy { $0 == files[0] })
  }

  @Test(arguments: Kernels.available) func everyKernelTableGivesTheSame(_ name: String) throws {
    let sample = Sample.random(1_500, 45)
    let set = try sample.set(.cosine)
    let options = IndexOptions(degree: 8, constructionEffort: 40)
    let path = folder.file("sample.hark")
    try Segment.build(set, options: options, identity: SegmentIdentity(), to: path)

    let builder = try GraphBuilder(
      set, options: options, kernels: try #require(Kernels(named: name)))
    builder.build(progress: nil)
    let segment = try Segment(
      opening: path, kernels: try #require(Kernels(named: name)))
    let other = try Segment(opening: path, kernels: try #require(Kernels(named: "scalar")))
    let links = segment.elements(.links, of: UInt32.self)
    let order = RowOrder(builder.storage, entry: builder.order.first)
    let expected = order.sources.flatMap { row in
      let links = builder.storage.neighbors(0, row).map { order.rows[Int($0)] }
      return links + Array(repeating: GraphLevel.none, count: 16 - links.count)
    }
    #expect(links.indices.map { links[$0] } == expected)
    for i in 0..<sample.queryCount {
      let found = try segment.search(sample.query(i), k: 10, effort: 32)
      #expect(found == (try other.search(sample.query(i), k: 10, effort: 32)))
    }
  }

  @Test(arguments: Kernels.available, Metric.allCases)
  func everyKernelTableGivesTheSameCells(_ name: String, _ metric: Metric) throws {
    let sample = Sample.clustered(1_500, 45)
    let set = try sample.set(metric)
    let options = IndexOptions(kind: .cells)
    let path = folder.file("sample.hark")
    try Segment.build(set, options: options, identity: SegmentIdentity(), to: path)
    let kernels = try #require(Kernels(named: name))
    let builder = try CellBuilder(set, options: options, kernels: kernels, progress: nil)
    let segment = try Segment(opening: path, kernels: kernels)
    for tag in [SegmentFormat.Tag.cells, .hubs, .hubfacts, .hubbits, .members, .bits] {
      let expected = segment.elements(tag, of: UInt8.self)
      var found: [UInt8] = []
      try builder.write(tag) { unsafe $0.withUnsafeBytes { unsafe found += $0 } }
      #expect(expected.indices.map { expected[$0] } == found, "\(tag)")
    }
    #expect(segment.header.cells == builder.shape)
    let other = try Segment(opening: path, kernels: try #require(Kernels(named: "scalar")))
    let odd = KeySet(sample.keys.filter { $0 % 2 == 1 })
    for i in 0..<sample.queryCount {
      for allowing in [nil, odd] {
        let found = try segment.search(sample.query(i), k: 10, allowing: allowing)
        #expect(found == (try other.search(sample.query(i), k: 10, allowing: allowing)))
      }
    }
  }

  @Test func cellsForAnyNumber() throws {
    #expect([1, 63, 64, 5_000, 1_000_000].map(CellBuilder.cellCount) == [1, 1, 1, 288, 9_984])
    let expected: [(Int, Int, [IndexKind])] = [
      (0, 8, [.graph, .graph, .graph]), (1, 8, [.graph, .graph, .cells]),
      (4_999, 384, [.graph, .graph, .cells]), (5_000, 384, [.cells, .graph, .cells]),
      (60_000, 31, [.graph, .graph, .cells]), (60_000, 32, [.cells, .graph, .cells]),
      (1, BitCodes.widthLimit + 1, [.graph, .graph, .graph]),
    ]
    for (count, dimension, kinds) in expected {
      let set = try VectorSet(
        keys: Array(0..<Int64(count)), vectors: Array(repeating: 1, count: count * dimension),
        dimension: dimension, metric: .cosine)
      let found = [IndexKind.auto, .graph, .cells].map { IndexOptions(kind: $0).kind(of: set) }
      #expect(found == kinds, "\(count) × \(dimension)")
    }
  }

  @Test(arguments: Shape.kinds) func infoTellsWhatWasBuilt(_ kind: IndexKind) throws {
    let identity = SegmentIdentity(store: UUID(), generation: 7, sequence: -5)
    let path = folder.file("sample.hark")
    var progress: [Int] = []
    let built = try Segment.build(
      Sample.random(2_000, 20).set(.innerProduct),
      options: IndexOptions(kind: kind, degree: 5, constructionEffort: 33, seed: 11),
      identity: identity, to: path, progress: { progress.append($0) })
    let info = try Segment(opening: path).info
    #expect(info == built)
    #expect(info.identity == identity)
    #expect(info.formatVersion == "2.1")
    #expect((info.count, info.dimension, info.metric) == (2_000, 20, .innerProduct))
    #expect((info.degree, info.constructionEffort, info.seed) == (5, 33, 11))
    #expect(info.kind == kind)
    if kind == .graph {
      #expect(info.levels.count > 2 && info.levels[0] == 2_000 && info.cells == 0)
    } else {
      #expect(info.levels.isEmpty && info.cells == CellBuilder.cellCount(2_000))
    }
    let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
    #expect(info.byteCount == size)
    #expect(progress.last == 2_000 && progress == progress.sorted())
  }

  @Test(arguments: Metric.allCases, Shape.kinds)
  func fewVectors(_ metric: Metric, _ kind: IndexKind) throws {
    for count in [0, 1, 2, 3, 17, 31, 32, 33, 63, 64, 65, 1_024, 1_025] {
      let sample = Sample.random(count, 3)
      let path = folder.file("\(count).hark")
      try Segment.build(
        keys: sample.keys, vectors: sample.vectors, dimension: 3, metric: metric,
        options: IndexOptions(kind: kind, degree: 6, constructionEffort: 40),
        identity: SegmentIdentity(), to: path)
      let segment = try Segment(opening: path)
      try segment.verify()
      #expect(segment.keys == sample.keys)
      #expect(segment.info.kind == (count == 0 ? .graph : kind))
      for k in [-1, 0, 1, count, count + 5] {
        let found = try segment.search([1, 2, 3], k: k)
        #expect(found.count == min(max(0, k), count))
        let exact = try ExactSearch.search([1, 2, 3], in: segment, k: k)
        if count <= Segment.scanLimit || k >= count { #expect(found == exact) }
        // Few vectors are scanned, yet their graph or cells have to be whole all the same.
        if k > 0, count > 0 {
          var scratch = SearchScratch()
          try VectorSet.prepare([1, 2, 3], dimension: 3, metric: metric, into: &scratch.query)
          #expect(segment.searchWhole(k: k, &scratch) == exact)
          #expect(scratch.damage == nil)
        }
      }
      #expect(throws: IndexError.self) { try segment.search([1, 2], k: 1) }
    }
  }

  @Test(arguments: Shape.all) func equalVectors(_ shape: Shape) throws {
    let count = 2_000
    let path = folder.file("equal.hark")
    try Segment.build(
      keys: Array(0..<Int64(count)), vectors: Array(repeating: 0.5, count: count * 4),
      dimension: 4, metric: .euclidean, options: shape.options, identity: SegmentIdentity(),
      to: path)
    let segment = try Segment(opening: path)
    try segment.verify()
    let found = try segment.search([0.5, 0.5, 0.5, 0.5], k: 20)
    #expect(found.count == 20 && found.allSatisfy { $0.score == 0 })
    let even = KeySet((0..<Int64(count)).filter { $0 % 2 == 0 })
    #expect(try segment.search([9, 0, 0, 0], k: 300, allowing: even).count == 300)
    #expect(try segment.search([0, 0, 0, 0], k: 5, effort: count).map(\.key) == [0, 1, 2, 3, 4])
  }

  @Test(arguments: Shape.kinds)
  func aMergedSegmentHoldsTheSameBits(_ kind: IndexKind) throws {
    let sample = Sample.random(1_200, 30)
    let options = IndexOptions(kind: kind)
    let first = folder.file("first.hark")
    let second = folder.file("second.hark")
    try Segment.build(
      try sample.set(.cosine), options: options, identity: SegmentIdentity(), to: first)
    let set = try Segment(opening: first).vectors()
    try Segment.build(set, options: options, identity: SegmentIdentity(), to: second)
    #expect(
      try Data(contentsOf: URL(filePath: first)) == Data(contentsOf: URL(filePath: second)))

    let odd = try Segment(opening: first).vectors(
      excluding: KeySet(set.keys.filter { $0 % 2 == 0 }))
    #expect(odd.keys == sample.keys.filter { $0 % 2 == 1 })
    let row = try #require(odd.row(of: odd.keys[10]))
    let segment = try Segment(opening: first)
    #expect(odd.vector(at: row) == segment.vector(at: try #require(segment.row(of: odd.keys[10]))))
    #expect(segment.row(of: 4) == nil)
  }

  struct Refusal: CustomTestStringConvertible {
    var testDescription: String
    var vectors: [Float] = [1, 2, 3, 4]
    var keys: [Int64] = [10, 20]
    var dimension = 2
    var metric = Metric.cosine
    var options = IndexOptions()
    var code: IndexError.Code
    var key: Int64?
  }

  @Test(arguments: [
    Refusal(
      testDescription: "NaN", vectors: [1, 2, .nan, 4], code: .vectorNotFinite, key: 20),
    Refusal(
      testDescription: "infinity", vectors: [-.infinity, 2, 3, 4], metric: .euclidean,
      code: .vectorNotFinite, key: 10),
    Refusal(testDescription: "zero", vectors: [1, 2, 0, -0.0], code: .vectorZero, key: 20),
    Refusal(
      testDescription: "overflow", vectors: [1, 2, 1e19, 4], metric: .innerProduct,
      code: .vectorTooLarge, key: 20),
    Refusal(testDescription: "duplicate", keys: [20, 20], code: .keyDuplicate, key: 20),
    Refusal(
      testDescription: "duplicate apart", vectors: [1, 2, 3, 4, 5, 6], keys: [3, 1, 3],
      code: .keyDuplicate, key: 3),
    Refusal(testDescription: "too few numbers", vectors: [1, 2, 3], code: .dimensionMismatch),
    Refusal(testDescription: "dimension 0", vectors: [], dimension: 0, code: .optionInvalid),
    Refusal(
      testDescription: "dimension 65,537", vectors: [], keys: [], dimension: 65_537,
      code: .optionInvalid),
    Refusal(testDescription: "degree", options: IndexOptions(degree: 1), code: .optionInvalid),
    Refusal(
      testDescription: "effort", options: IndexOptions(constructionEffort: 0),
      code: .optionInvalid),
    Refusal(testDescription: "threads", options: IndexOptions(threads: 0), code: .optionInvalid),
  ]) func refusals(_ test: Refusal) throws {
    let error = try #require(throws: IndexError.self) {
      try Segment.build(
        keys: test.keys, vectors: test.vectors, dimension: test.dimension, metric: test.metric,
        options: test.options, identity: SegmentIdentity(), to: folder.file("refused.hark"))
    }
    #expect(error.code == test.code)
    #expect(error.key == test.key)
    if let key = test.key { #expect(error.message.contains("\(key)")) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test func aFolderThatIsMissing() throws {
    let error = try #require(throws: IndexError.self) {
      try Segment.build(
        Sample.random(3, 2).set(.cosine), identity: SegmentIdentity(),
        to: folder.file("missing/a.hark"))
    }
    #expect(error.code == .segmentWriteFailed)
    #expect((error.cause as? MachineError)?.errno == ENOENT)
  }

  @Test(arguments: [([Float.nan, 1], IndexError.Code.vectorNotFinite), ([0, 0], .vectorZero)])
  func queriesThatCannotBe(_ query: [Float], _ code: IndexError.Code) throws {
    let path = folder.file("a.hark")
    try Segment.build(Sample.random(3, 2).set(.cosine), identity: SegmentIdentity(), to: path)
    let error = try #require(throws: IndexError.self) {
      try Segment(opening: path).search(query, k: 1)
    }
    #expect(error.code == code)
    #expect(error.message.contains("The query"))
  }

  /// A crash at any step of publishing leaves the old file or the new one, and at most a stray.
  @Test(arguments: Shape.all) func aCrashAtEachStep(_ shape: Shape) throws {
    let path = folder.file("a.hark")
    var options = shape.quickly
    options.threads = 1
    func build(_ count: Int) throws {
      try Segment.build(
        Sample.random(count, 500).set(.cosine), options: options, identity: SegmentIdentity(),
        to: path)
    }
    try build(40)
    let old = try Data(contentsOf: URL(filePath: path))
    var outcomes: Set<Int> = []
    var step = 0
    while true {
      let faults = FileFaults(after: step)
      var isPublished = true
      do { try FileFaults.$current.withValue(faults) { try build(700) } } catch {
        isPublished = false
        #expect((error as? IndexError)?.code == .segmentWriteFailed, "step \(step)")
      }
      let segment = try Segment(opening: path)
      try segment.verify()
      outcomes.insert(segment.count)
      #expect([40, 700].contains(segment.count), "step \(step)")
      if isPublished { #expect(segment.count == 700) }
      for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
        #expect(name == "a.hark" || name.contains(AtomicFile.temporaryMark))
      }
      if isPublished, !faults.isSpent { break }
      try old.write(to: URL(filePath: path))
      step += 1
    }
    #expect(step >= 6 && outcomes == [40, 700])
  }
}
