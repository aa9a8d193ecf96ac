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
  private func build(_ shape: Shape) throws -> Data {
    var options = shape.quickly
    (options.degree, options.constructionEffort, options.threads) = (2, 8, 1)
    // So few vectors have one cell; with these there are as many as can be read in one go.
    try Segment.build(
      Sample.random(shape.kind == .cells ? 70 : 24, 3).set(.euclidean), options: options,
      identity: SegmentIdentity(), to: path)
    return try Data(contentsOf: URL(filePath: path))
  }

  /// Searches through a few of the cells, and through all.
  private static let narrow = CellSweep.Request(
    k: 5, limit: 8, probes: 4, share: 0.5, patience: 8, reach: 1, slack: 0.6)
  private static let wide = CellSweep.Request(
    k: 20, limit: 20, probes: 64, share: 0.5, patience: 64, reach: 16, slack: 2)

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
      let rows = try? segment.rows(allowing: even, excluding: nil)
      if segment.info.kind == .cells {
        for (request, allowed) in [(Self.narrow, nil), (Self.narrow, rows), (Self.wide, nil)] {
          _ = segment.searchCells(request, k: 5, allowed: allowed, &scratch)
        }
      } else {
        _ = segment.walk(k: 5, effort: 10, &scratch)
        if let rows { _ = segment.look(k: 5, effort: 10, rows, &scratch) }
      }
      if let rows { _ = segment.sweep(k: 5, rows, &scratch) }
    }
    _ = try? segment.vectors()
    _ = segment.row(of: 10)
    return (try? segment.verify()) != nil
  }

  @Test(arguments: Shape.all) func everyLength(_ shape: Shape) throws {
    let length = try build(shape).count
    #expect(use())
    for shorter in (0..<length).reversed() where (shorter + 1) % 16 < 3 {
      #expect(unsafe truncate(path, off_t(shorter)) == 0)
      #expect(throws: IndexError.self, "\(shorter)") { try Segment(opening: path) }
    }
  }

  @Test(arguments: Shape.all) func everyByte(_ shape: Shape) throws {
    let bytes = try build(shape)
    let sections = try Segment(opening: path).header.sections
    let file = try FileHandle(forUpdating: URL(filePath: path))
    defer { try? file.close() }
    for offset in bytes.indices {
      // Of the padding between sections, a byte in each line.
      let isPadding = !sections.contains { $0.offset..<$0.end ~= offset } && offset > 256
      if isPadding, offset % 64 != 0 { continue }
      // Of sections of a few pages, some.
      let isLong = sections.contains { $0.offset..<$0.end ~= offset && $0.length > 1_024 }
      if isLong, shape.kind == .cells, offset % 13 != 0 { continue }
      try file.seek(toOffset: UInt64(offset))
      try file.write(contentsOf: [bytes[offset] ^ (offset % 2 == 0 ? 0xFF : 0x01)])
      #expect(!use(), "byte \(offset)")
      try file.seek(toOffset: UInt64(offset))
      try file.write(contentsOf: [bytes[offset]])
    }
    #expect(use())
  }

  @Test(arguments: Shape.all) func fuzz(_ shape: Shape) throws {
    try fuzz(shape, rounds: 500, seed: 1)
  }

  @Test(
    .enabled(if: ProcessInfo.processInfo.environment["HARK_SOAK"] == "1"),
    arguments: Shape.all)
  func fuzzSoak(_ shape: Shape) throws {
    try fuzz(shape, rounds: 200_000, seed: UInt64(Date().timeIntervalSince1970))
  }

  /// Changes numbers here and there, most of them in the header, whose checksums are made anew so
  /// that its checks are reached.
  private func fuzz(_ shape: Shape, rounds: Int, seed: UInt64) throws {
    let sound = try build(shape)
    var generator = SeededGenerator(state: seed)
    for _ in 0..<rounds {
      var bytes = sound
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let isHeader = Bool.random(using: &generator)
        let offset =
          isHeader
          // The fields and the section table, or what is said of cells.
          ? Int.random(in: 0..<8, using: &generator) == 0
            ? Int.random(in: 2_048..<2_060, using: &generator)
            : Int.random(in: 8..<1_100, using: &generator)
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
