import Foundation
import TestKit
import Testing

@testable import VectorIndex

/// Files as earlier versions wrote them, which stay readable.
@Suite struct SegmentFixtureTests {
  /// A file, the vectors that it was built of under the keys 0, 1, …, and what is found in it.
  struct Fixture: CustomTestStringConvertible {
    var name: String
    var version: String
    var kind: IndexKind
    var count: Int
    /// By how much a number may differ from that of the vector.
    var tolerance: Float
    /// The number of a row in a place.
    var number: @Sendable (Int, Int) -> Float
    /// The four vectors nearest to (1, −2, ½, 3, 1).
    var nearest: [Int64]

    var testDescription: String { name }
  }

  static let fixtures = [("fast", Float(0)), ("compact", 0.05)].flatMap { profile, tolerance in
    [
      Fixture(
        name: "format-2.0-\(profile)", version: "2.0", kind: .graph, count: 30,
        tolerance: tolerance, number: { Float((7 * $0 + 3 * $1) % 11 - 5) + Float($1) / 2 },
        nearest: [3, 14, 25, 9]),
      Fixture(
        name: "format-2.1-cells-\(profile)", version: "2.1", kind: .cells, count: 200,
        tolerance: tolerance,
        number: { Float((7 * $0 + 3 * $1 + $0 * $0 * ($1 + 1)) % 211 - 105) / 8 },
        nearest: [170, 165, 137, 46]),
    ]
  }

  @Test(arguments: fixtures) func earlierFilesAreRead(_ fixture: Fixture) throws {
    let folder = TestData.packageRoot.appending(path: "Tests/VectorIndexTests/Fixtures")
    let segment = try Segment(opening: folder.appending(path: "\(fixture.name).hark").path)
    try segment.verify()
    let info = segment.info
    #expect(info.formatVersion == fixture.version && info.kind == fixture.kind)
    #expect(segment.keys == Array(0..<Int64(fixture.count)))
    for key in 0..<fixture.count {
      let row = try #require(segment.row(of: Int64(key)))
      for (j, number) in segment.vector(at: row).enumerated() {
        #expect((number - fixture.number(key, j)).magnitude <= fixture.tolerance)
      }
    }
    let query: [Float] = [1, -2, 0.5, 3, 1]
    let found = try segment.search(query, k: 4)
    #expect(found.map(\.key) == fixture.nearest)
    // So few vectors are scanned: the graph or the cells are asked as well.
    var scratch = SearchScratch()
    try VectorSet.prepare(query, dimension: 5, metric: info.metric, into: &scratch.query)
    #expect(segment.searchWhole(k: 4, &scratch) == found)
  }
}
