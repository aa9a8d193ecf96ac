import TestKit
import Testing

@testable import VectorIndex

@Suite struct SegmentConcurrencyTests {
  @Test(arguments: Shape.kinds) func manyTasksFindTheSame(_ kind: IndexKind) async throws {
    let sample = Sample.clustered(3_000, 24)
    let segment = try Segment(sample.set(.cosine), IndexOptions(kind: kind))
    let queries = (0..<sample.queryCount).map(sample.query)
    let third = KeySet(sample.keys.filter { $0 % 3 == 0 })
    @Sendable func search(_ place: Int) throws -> [Neighbor] {
      try segment.search(queries[place], k: 10, allowing: place % 2 == 0 ? nil : third)
    }
    let alone = try queries.indices.map(search)
    try await withThrowingTaskGroup(of: [[Neighbor]].self) { group in
      for task in 0..<16 {
        group.addTask { @concurrent in
          var found = alone
          for i in queries.indices {
            let place = (i + 3 * task) % queries.count
            found[place] = try search(place)
          }
          return found
        }
      }
      for try await found in group { #expect(found == alone) }
    }
  }

  @Test(arguments: Shape.kinds) func aRemovedFileStaysSearchable(_ kind: IndexKind) throws {
    let sample = Sample.random(2_000, 8)
    let folder = try TemporaryFolder()
    let path = folder.file("sample.hark")
    try Segment.build(
      try sample.set(.cosine), options: IndexOptions(kind: kind), identity: SegmentIdentity(),
      to: path)
    let segment = try Segment(opening: path)
    let before = try segment.search(sample.query(0), k: 10)
    // Another file takes the name, as when segments are merged.
    try Segment.build(
      try Sample.random(50, 8, seed: 9).set(.cosine), identity: SegmentIdentity(), to: path)
    #expect(try segment.search(sample.query(0), k: 10) == before)
    try segment.verify()
    #expect(try Segment(opening: path).count == 50)
  }

  @Test(arguments: [1, 2, 5], Shape.kinds)
  func batchesFindTheSame(_ threads: Int, _ kind: IndexKind) throws {
    let sample = Sample.clustered(3_000, 24)
    let segment = try Segment(sample.set(.cosine), IndexOptions(kind: kind))
    let alone = try (0..<sample.queryCount).map { try segment.search(sample.query($0), k: 7) }
    #expect(try segment.search(batch: sample.queries, k: 7, threads: threads) == alone)
    #expect(try segment.search(batch: [], k: 7, threads: threads).isEmpty)
    let odd = try segment.search(
      batch: sample.queries, k: 7, threads: threads,
      allowing: KeySet(sample.keys.filter { $0 % 2 == 1 }))
    #expect(odd.allSatisfy { $0.count == 7 && $0.allSatisfy { $0.key % 2 == 1 } })
    var bad = sample.queries
    bad[5 * 24] = .nan
    let error = #expect(throws: IndexError.self) {
      try segment.search(batch: bad, k: 7, threads: threads)
    }
    #expect(error?.code == .vectorNotFinite)
    #expect(throws: IndexError.self) { try segment.search(batch: [1, 2, 3], k: 7) }
  }
}
