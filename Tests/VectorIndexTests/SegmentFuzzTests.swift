import Foundation
import Glibc
import TestKit
import Testing

@testable import VectorIndex

/// Whatever becomes of a small file: an error or a result, never a trap, a hang or a read outside.
@Suite(.timeLimit(.minutes(30))) struct SegmentFuzzTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("a.hark")
  }

  /// Builds a small file, and gives its bytes.
  private func build(_ profile: IndexProfile) throws -> Data {
    try Segment.build(
      Sample.random(24, 3).set(.euclidean),
      options: IndexOptions(profile: profile, degree: 2, constructionEffort: 8, threads: 1),
      identity: SegmentIdentity(), to: path)
    return try Data(contentsOf: URL(filePath: path))
  }

  /// Opens the file and does all that can be done with it.
  ///
  /// - Returns: whether it is said to be sound.
  private func use() -> Bool {
    guard let segment = try? Segment(opening: path) else { return false }
    let query: [Float] = [0.5, -1, 2]
    _ = try? segment.search(query, k: 5)
    let even = KeySet(stride(from: 0, to: 200, by: 2))
    _ = try? segment.search(query, k: 5, allowing: even)
    if segment.info.dimension == 3, segment.count > 0 {
      var scratch = SearchScratch()
      try? VectorSet.prepare(
        query, dimension: 3, metric: segment.info.metric, into: &scratch.query)
      _ = segment.walk(k: 5, effort: 10, &scratch)
      if let rows = try? segment.rows(allowing: even, excluding: nil) {
        _ = segment.walk(k: 5, effort: 10, &scratch)
        _ = segment.look(k: 5, effort: 10, rows, &scratch)
        _ = segment.sweep(k: 5, rows, &scratch)
      }
    }
    _ = try? segment.vectors()
    _ = segment.row(of: 10)
    return (try? segment.verify()) != nil
  }

  @Test(arguments: IndexProfile.allCases) func everyLength(_ profile: IndexProfile) throws {
    let length = try build(profile).count
    #expect(use())
    for shorter in (0..<length).reversed() {
      #expect(unsafe truncate(path, off_t(shorter)) == 0)
      #expect(throws: IndexError.self, "\(shorter)") { try Segment(opening: path) }
    }
  }

  @Test(arguments: IndexProfile.allCases) func everyByte(_ profile: IndexProfile) throws {
    let bytes = try build(profile)
    let sections = try Segment(opening: path).header.sections
    let file = try FileHandle(forUpdating: URL(filePath: path))
    defer { try? file.close() }
    for offset in bytes.indices {
      // Of the padding between sections, a byte in each line.
      let isPadding = !sections.contains { $0.offset..<$0.end ~= offset } && offset > 256
      if isPadding, offset % 64 != 0 { continue }
      try file.seek(toOffset: UInt64(offset))
      try file.write(contentsOf: [bytes[offset] ^ (offset % 2 == 0 ? 0xFF : 0x01)])
      #expect(!use(), "byte \(offset)")
      try file.seek(toOffset: UInt64(offset))
      try file.write(contentsOf: [bytes[offset]])
    }
    #expect(use())
  }

  @Test(arguments: IndexProfile.allCases) func fuzz(_ profile: IndexProfile) throws {
    try fuzz(profile, rounds: 500, seed: 1)
  }

  @Test(
    .enabled(if: ProcessInfo.processInfo.environment["HARK_SOAK"] == "1"),
    arguments: IndexProfile.allCases)
  func fuzzSoak(_ profile: IndexProfile) throws {
    try fuzz(profile, rounds: 200_000, seed: UInt64(Date().timeIntervalSince1970))
  }

  /// Changes numbers here and there, most of them in the header, whose checksums are made anew so
  /// that its checks are reached.
  private func fuzz(_ profile: IndexProfile, rounds: Int, seed: UInt64) throws {
    let sound = try build(profile)
    var generator = SeededGenerator(state: seed)
    for _ in 0..<rounds {
      var bytes = sound
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let isHeader = Bool.random(using: &generator)
        let offset =
          isHeader
          ? Int.random(in: 8..<800, using: &generator)
          : Int.random(in: 0..<bytes.count - 8, using: &generator)
        let number: UInt64 =
          switch Int.random(in: 0..<4, using: &generator) {
          case 0: UInt64.random(in: 0...UInt64.max, using: &generator)
          case 1: UInt64.random(in: 0...40, using: &generator)
          case 2: .max
          default: UInt64(1) << UInt64.random(in: 0..<64, using: &generator)
          }
        for i in 0..<[1, 2, 4, 8][Int.random(in: 0..<4, using: &generator)] {
          bytes[offset + i] = UInt8(truncatingIfNeeded: number >> (8 * UInt64(i)))
        }
      }
      var page = PageFields(bytes: Array(bytes.prefix(SegmentFormat.headerLength)))
      page.store(
        page.checksum(0..<SegmentHeader.Offset.checksum), at: SegmentHeader.Offset.checksum)
      let end = bytes.count - SegmentFormat.footerLength
      let file = page.bytes + bytes[SegmentFormat.headerLength..<end]
      try (Data(file) + SegmentHeader.footer(for: page)).write(to: URL(filePath: path))
      _ = use()
    }
  }
}
