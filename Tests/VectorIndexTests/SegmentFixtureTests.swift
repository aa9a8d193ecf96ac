import Foundation
import TestKit
import Testing

@testable import VectorIndex

/// Files as earlier versions wrote them, which stay readable.
@Suite struct SegmentFixtureTests {
  /// Row i holds ((7 i + 3 j) mod 11) − 5 + j / 2 in its place j.
  @Test(arguments: [("format-2.0-fast", Float(0)), ("format-2.0-compact", 0.05)])
  func earlierFilesAreRead(_ name: String, _ tolerance: Float) throws {
    let folder = TestData.packageRoot.appending(path: "Tests/VectorIndexTests/Fixtures")
    let segment = try Segment(opening: folder.appending(path: "\(name).hark").path)
    try segment.verify()
    #expect(segment.info.formatVersion == "2.0" && segment.keys == Array(0..<30))
    for key in 0..<30 {
      let row = try #require(segment.row(of: Int64(key)))
      for (j, number) in segment.vector(at: row).enumerated() {
        let expected = Float((7 * key + 3 * j) % 11 - 5) + Float(j) / 2
        #expect((number - expected).magnitude <= tolerance)
      }
    }
    let found = try segment.search([1, -2, 0.5, 3, 1], k: 4)
    #expect(found.map(\.key) == [3, 14, 25, 9])
  }
}
