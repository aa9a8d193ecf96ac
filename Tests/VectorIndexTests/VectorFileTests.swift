import Foundation
import Machine
import TestKit
import Testing

@testable import VectorIndex

@Suite struct VectorFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Rows as .fvecs has them: the dimension before each row.
  private func fvecs(_ rows: [[Float]], name: String = "a.fvecs") throws -> String {
    var bytes: [UInt8] = []
    func append(_ word: UInt32) {
      for i in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: word >> (8 * i))) }
    }
    for row in rows {
      append(UInt32(row.count))
      for number in row { append(number.bitPattern) }
    }
    return try folder.write(name, Data(bytes))
  }

  @Test func aSegmentOfAFileIsThatOfItsVectors() throws {
    let sample = Sample.random(1_300, 20)
    let rows = (0..<1_300).map { Array(sample.vectors[$0 * 20..<($0 + 1) * 20]) }
    let file = try VectorFile(fvecs(rows), metric: .cosine)
    #expect(file.keys == Array(0..<1_300) && file.dimension == 20)
    #expect(try file.vector(at: 7) == rows[7])
    let set = try VectorSet(
      keys: file.keys, vectors: sample.vectors, dimension: 20, metric: .cosine)
    for options in Shape.all.map(\.quickly) {
      for (name, source) in [("f", file), ("s", set)] as [(String, any VectorSource)] {
        try Segment.build(
          source, options: options, identity: SegmentIdentity(), to: folder.file(name))
      }
      #expect(
        try Data(contentsOf: URL(filePath: folder.file("f")))
          == Data(contentsOf: URL(filePath: folder.file("s"))))
    }
  }

  @Test func filesThatCannotBeRead() throws {
    let ragged = try fvecs([[1, 2], [3]], name: "ragged.fvecs")
    let cut = try folder.write("cut.fvecs", Data([2, 0, 0, 0, 1]))
    let empty = try folder.write("empty.fvecs", Data())
    let text = try folder.write("text.npy", "not an array")
    for path in [ragged, cut, empty, text, folder.file("missing.npy"), folder.path] {
      let error = try #require(throws: IndexError.self) {
        try VectorFile(path, metric: .euclidean)
      }
      #expect(error.code == .vectorsUnreadable && error.message.contains(path))
    }
  }

  @Test func aRowThatCannotBeIsNamed() throws {
    let path = try fvecs([[1, 2], [.nan, 1], [3, 4]])
    let error = try #require(throws: IndexError.self) {
      try Segment.build(
        VectorFile(path, metric: .euclidean), identity: SegmentIdentity(),
        to: folder.file("a.hark"))
    }
    #expect(error.code == .vectorNotFinite && error.key == 1)
    #expect(!FileManager.default.fileExists(atPath: folder.file("a.hark")))
  }

  /// The measurement on a small set, with a truth that it computes itself.
  @Test(arguments: IndexProfile.allCases) func measures(_ profile: IndexProfile) throws {
    let sample = Sample.clustered(2_000, 16)
    func rows(_ numbers: [Float]) -> [[Float]] {
      stride(from: 0, to: numbers.count, by: 16).map { Array(numbers[$0..<$0 + 16]) }
    }
    let base = try fvecs(rows(sample.vectors), name: "base.fvecs")
    let queries = try fvecs(rows(sample.queries), name: "queries.fvecs")
    let result = try IndexBenchmark.run(
      .init(
        base: base, queries: queries, metric: .euclidean, options: .init(profile: profile),
        recalls: [0.9], efforts: [100], searchThreads: 2),
      at: folder.file("bench.hark"))
    #expect(result.count == 2_000 && result.dimension == 16 && result.profile == profile.rawValue)
    #expect(result.points.map(\.target) == [0.9, 0.9, nil, nil])
    #expect(result.points.map(\.threads) == [1, 2, 1, 2])
    #expect(result.points.allSatisfy { $0.recall >= 0.9 && $0.queriesPerSecond > 0 })
    let filtered = try IndexBenchmark.run(
      .init(
        base: base, queries: queries, metric: .euclidean, recalls: [], efforts: [200],
        filter: 0.1, isCold: true),
      at: folder.file("bench.hark"))
    #expect(filtered.points.count == 1 && filtered.points[0].recall >= 0.9)
  }
}
