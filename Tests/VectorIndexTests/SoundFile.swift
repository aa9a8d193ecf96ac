import Foundation
import TestKit
import Testing

@testable import VectorIndex

/// A sound segment file, of which damaged ones are made.
struct SoundFile {
  let path: String
  let bytes: Data
  let header: SegmentHeader
  private let folder: TemporaryFolder

  /// Builds a file in a folder.
  init(_ set: VectorSet, _ options: IndexOptions, in folder: TemporaryFolder) throws {
    self.folder = folder
    path = folder.file("sound.hark")
    try Segment.build(
      set, options: options,
      identity: SegmentIdentity(store: UUID(), generation: 3, sequence: 9), to: path)
    bytes = try Data(contentsOf: URL(filePath: path))
    header = try Segment(opening: path).header
  }

  func section(_ tag: SegmentFormat.Tag) -> SegmentHeader.Section? { header.section(tag) }

  /// Changes the byte at each offset in turn.
  func withChangedBytes(_ offsets: some Sequence<Int>, _ body: (String, Int) throws -> Void) throws
  {
    let path = try folder.write("changed.hark", bytes)
    let file = try FileHandle(forUpdating: URL(filePath: path))
    defer { try? file.close() }
    for offset in offsets {
      for byte in [bytes[offset] ^ 0x01, bytes[offset] ^ 0xFF] {
        try file.seek(toOffset: UInt64(offset))
        try file.write(contentsOf: [byte])
        try body(path, offset)
      }
      try file.seek(toOffset: UInt64(offset))
      try file.write(contentsOf: [bytes[offset]])
    }
    try Segment(opening: path).verify()
  }

  /// A file with new checksums in its header and a footer that goes with it.
  static func sealed(_ page: PageFields, _ rest: Data) -> Data {
    var page = page
    page.store(
      page.checksum(0..<SegmentHeader.Offset.checksum), at: SegmentHeader.Offset.checksum)
    return page.bytes + rest.dropLast(SegmentFormat.footerLength)
      + SegmentHeader.footer(for: page)
  }

  /// A file with other bytes in a place, and whose checksums are all made anew.
  func resealed(with changed: [UInt8], at offset: Int) -> Data {
    var file = bytes
    file.replaceSubrange(offset..<offset + changed.count, with: changed)
    var header = header
    var checks: [UInt32] = []
    for (place, section) in header.sections.enumerated() where section.tag != "checks" {
      let bytes = Array(file[section.offset..<section.end])
      let blocks = unsafe SegmentFormat.blockChecksums(bytes.span.bytes)
      header.sections[place].checksum = SegmentFormat.checksum(of: blocks)
      checks += blocks
    }
    let last = header.sections.count - 1
    header.sections[last].checksum = SegmentFormat.checksum(of: checks)
    let bytes = checks.flatMap { check in
      (0..<4).map { UInt8(truncatingIfNeeded: check >> (8 * $0)) }
    }
    file.replaceSubrange(header.sections[last].offset..<header.sections[last].end, with: bytes)
    return SoundFile.sealed(
      PageFields(bytes: header.encoded()), file.dropFirst(SegmentFormat.headerLength))
  }
}
