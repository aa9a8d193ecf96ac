import Foundation
import TestKit
import Testing

@testable import VectorIndex

@Suite struct SegmentDamageTests {
  let folder: TemporaryFolder
  let sample = Sample.clustered(1_200, 8)
  /// A sound segment file.
  let path: String
  let sound: Data
  let header: SegmentHeader

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("sound.hark")
    try Segment.build(
      try sample.set(.cosine), options: IndexOptions(degree: 4, constructionEffort: 30),
      identity: SegmentIdentity(store: UUID(), generation: 3, sequence: 9), to: path)
    sound = try Data(contentsOf: URL(filePath: path))
    header = try Segment(opening: path).header
  }

  /// Opens and verifies a file; the error has to name the file, and the remedy.
  @discardableResult
  func expectRefused(
    _ path: String, _ what: String, location: SourceLocation = #_sourceLocation
  ) -> IndexError? {
    let error = #expect(throws: IndexError.self, "\(what)", sourceLocation: location) {
      try Segment(opening: path).verify()
    }
    guard let error else { return nil }
    #expect(error.path == path && error.message.contains(path), sourceLocation: location)
    #expect(error.section != nil, "\(what)", sourceLocation: location)
    #expect(error.message.contains("hark index rebuild"), sourceLocation: location)
    return error
  }

  /// Changes the byte at each offset in turn.
  func withChangedBytes(_ offsets: some Sequence<Int>, _ body: (String, Int) throws -> Void) throws
  {
    let path = try folder.write("changed.hark", sound)
    let file = try FileHandle(forUpdating: URL(filePath: path))
    defer { try? file.close() }
    for offset in offsets {
      for byte in [sound[offset] ^ 0x01, sound[offset] ^ 0xFF] {
        try file.seek(toOffset: UInt64(offset))
        try file.write(contentsOf: [byte])
        try body(path, offset)
      }
      try file.seek(toOffset: UInt64(offset))
      try file.write(contentsOf: [sound[offset]])
    }
    try Segment(opening: path).verify()
  }

  @Test func everyByteOfHeaderAndFooterIsGuarded() throws {
    let footer = sound.count - SegmentFormat.footerLength..<sound.count
    try withChangedBytes(Array(0..<SegmentFormat.headerLength) + Array(footer)) { path, offset in
      let error = #expect(throws: IndexError.self, "byte \(offset)") {
        try Segment(opening: path)
      }
      #expect(error?.message.contains(path) == true)
      #expect(error?.message.contains("hark index rebuild") == true)
    }
  }

  @Test func payloadIsGuardedByVerification() throws {
    // Every section and every gap between two of them is met.
    let ends = header.sections.flatMap { [$0.offset, $0.end - 1, min($0.end, sound.count - 33)] }
    let sampled = stride(from: SegmentFormat.headerLength, to: sound.count - 32, by: 331)
    let query = sample.query(0)
    try withChangedBytes(ends + Array(sampled)) { path, offset in
      expectRefused(path, "byte \(offset)")
      // A search may find what is wrong or not; it returns either way.
      _ = try? Segment(opening: path).search(query, k: 10)
    }
  }

  @Test func truncation() throws {
    let boundaries =
      header.sections.flatMap { [$0.offset, $0.end] } + [
        SegmentFormat.headerLength, SegmentFormat.headerLength + SegmentFormat.footerLength,
        sound.count - SegmentFormat.footerLength,
      ]
    let lengths = Set(
      boundaries.flatMap { [$0 - 1, $0, $0 + 1] } + [0, 1, 7, 8, 9, sound.count - 1])
    for length in lengths where length < sound.count {
      let path = try folder.write("cut.hark", sound.prefix(length))
      let error = #expect(throws: IndexError.self, "\(length)") { try Segment(opening: path) }
      #expect(error?.code == (length < 8 ? .segmentUnrecognized : .segmentDamaged))
    }
    let longer = try folder.write("longer.hark", sound + [0])
    #expect(expectRefused(longer, "longer")?.section == "footer")
  }

  @Test func otherFiles() throws {
    let text = try folder.write("text.hark", String(repeating: "not an index\n", count: 1_000))
    #expect(expectRefused(text, "text")?.code == .segmentUnrecognized)
    for missing in [folder.file("missing.hark"), folder.path] {
      let error = #expect(throws: IndexError.self) { try Segment(opening: missing) }
      #expect(error?.code == .segmentUnavailable)
      #expect(error?.message.contains(missing) == true)
    }
  }

  /// A header whose checksums are right and whose words are not.
  struct Forgery: CustomTestStringConvertible {
    var testDescription: String
    var code = IndexError.Code.segmentDamaged
    var edit: @Sendable (inout PageFields) -> Void
  }

  static let table = SegmentHeader.Offset.sectionTable
  static let forgeries: [Forgery] = [
    Forgery(testDescription: "newer reader", code: .segmentTooNew) {
      $0.store(UInt16(3), at: SegmentHeader.Offset.oldestReader)
    },
    Forgery(testDescription: "older reader", code: .segmentTooOld) {
      $0.store(UInt16(1), at: SegmentHeader.Offset.oldestReader)
    },
    Forgery(testDescription: "newer minor reader", code: .segmentTooNew) {
      $0.store(UInt16(9), at: SegmentHeader.Offset.oldestReader + 2)
    },
    Forgery(testDescription: "unknown critical section", code: .segmentTooNew) {
      $0.store(UInt8(ascii: "z"), at: table)
    },
    Forgery(testDescription: "newer section", code: .segmentTooNew) {
      $0.store(UInt16(2), at: table + 8)
    },
    Forgery(testDescription: "keys not critical") { $0.store(UInt16(0), at: table + 10) },
    Forgery(testDescription: "byte order") {
      $0.store(SegmentFormat.endianness.byteSwapped, at: SegmentHeader.Offset.endianness)
    },
    Forgery(testDescription: "count + 1") {
      $0.store(UInt64(1_201), at: SegmentHeader.Offset.count)
    },
    Forgery(testDescription: "greatest count") {
      $0.store(UInt64.max, at: SegmentHeader.Offset.count)
    },
    Forgery(testDescription: "count that overflows") {
      $0.store(UInt64(1) << 61, at: SegmentHeader.Offset.count)
    },
    Forgery(testDescription: "no vectors") { $0.store(UInt64(0), at: SegmentHeader.Offset.count) },
    Forgery(testDescription: "dimension 0") {
      $0.store(UInt32(0), at: SegmentHeader.Offset.dimension)
    },
    Forgery(testDescription: "greatest dimension") {
      $0.store(UInt32.max, at: SegmentHeader.Offset.dimension)
    },
    Forgery(testDescription: "stride") { $0.store(UInt32(8), at: SegmentHeader.Offset.stride) },
    Forgery(testDescription: "metric") { $0.store(UInt8(9), at: SegmentHeader.Offset.metric) },
    Forgery(testDescription: "normalised") {
      $0.store(UInt8(0), at: SegmentHeader.Offset.normalized)
    },
    Forgery(testDescription: "kind") { $0.store(UInt8(2), at: SegmentHeader.Offset.kind) },
    Forgery(testDescription: "degree 0") {
      $0.store(UInt64(0), at: SegmentHeader.Offset.degree)
    },
    Forgery(testDescription: "degree 5") { $0.store(UInt32(5), at: SegmentHeader.Offset.degree) },
    Forgery(testDescription: "no levels") { $0.store(UInt32(0), at: SegmentHeader.Offset.levels) },
    Forgery(testDescription: "levels") { $0.store(UInt32.max, at: SegmentHeader.Offset.levels) },
    Forgery(testDescription: "one level more") {
      $0.store(
        $0.load(UInt32.self, at: SegmentHeader.Offset.levels) + 1, at: SegmentHeader.Offset.levels)
    },
    Forgery(testDescription: "level 1 above level 0") {
      $0.store(UInt32.max, at: SegmentHeader.Offset.levelCounts + 4)
    },
    Forgery(testDescription: "entry") {
      $0.store(UInt32(1_200), at: SegmentHeader.Offset.entry)
    },
    Forgery(testDescription: "no sections") {
      $0.store(UInt32(0), at: SegmentHeader.Offset.sections)
    },
    Forgery(testDescription: "too many sections") {
      $0.store(UInt32.max, at: SegmentHeader.Offset.sections)
    },
    Forgery(testDescription: "offset 0") { $0.store(UInt64(0), at: table + 16) },
    Forgery(testDescription: "offset off the page") { $0.store(UInt64(4_104), at: table + 16) },
    Forgery(testDescription: "greatest offset") { $0.store(UInt64.max, at: table + 16) },
    Forgery(testDescription: "offset that overflows") {
      $0.store(UInt64(Int64.max) & ~4_095, at: table + 16)
    },
    Forgery(testDescription: "length that overflows") {
      $0.store(UInt64(Int64.max) - 4_096, at: table + 24)
    },
    Forgery(testDescription: "length") { $0.store(UInt64(16), at: table + 24) },
    Forgery(testDescription: "two sections in one place") {
      let offset = $0.load(UInt64.self, at: table + 16)
      $0.store(offset, at: table + SegmentHeader.Offset.sectionEntry + 16)
    },
    Forgery(testDescription: "alignment") { $0.store(UInt32(1), at: table + 12) },
  ]

  @Test(arguments: forgeries) func forgedHeaders(_ forgery: Forgery) throws {
    var page = PageFields(bytes: Array(sound.prefix(SegmentFormat.headerLength)))
    forgery.edit(&page)
    let path = try folder.write("forged.hark", sealed(page, sound.dropFirst(page.bytes.count)))
    let error = #expect(throws: IndexError.self) { try Segment(opening: path) }
    #expect(error?.code == forgery.code)
    #expect(error?.message.contains("hark index rebuild") == true)
  }

  /// A file with new checksums in its header and a footer that goes with it.
  func sealed(_ page: PageFields, _ rest: Data) -> Data {
    var page = page
    page.store(
      page.checksum(0..<SegmentHeader.Offset.checksum), at: SegmentHeader.Offset.checksum)
    return page.bytes + rest.dropLast(SegmentFormat.footerLength)
      + SegmentHeader.footer(for: page)
  }

  @Test func aNewerMinorVersionWithAnUnknownSectionIsRead() throws {
    var newer = header
    newer.version.minor = 7
    let end = sound.count - SegmentFormat.footerLength
    let page = SegmentFormat.pageLength
    let offset = (end + page - 1) / page * page
    newer.sections.append(
      SegmentHeader.Section(
        tag: "later", version: 3, isCritical: false, offset: offset, length: 0, checksum: 0))
    newer.fileLength = offset + SegmentFormat.footerLength
    let padding = Data(count: offset - end + SegmentFormat.footerLength)
    let rest = sound[SegmentFormat.headerLength..<end] + padding
    let path = try folder.write(
      "newer.hark", sealed(PageFields(bytes: newer.encoded()), rest))
    let segment = try Segment(opening: path)
    try segment.verify()
    #expect(segment.info.formatVersion == "2.7")
    #expect(
      try segment.search(sample.query(0), k: 5)
        == Segment(opening: self.path).search(sample.query(0), k: 5))
  }

  /// Whole sections of garbage, which opening does not read: searches return or tell, and never
  /// read outside of the file.
  @Test(arguments: IndexProfile.allCases, SegmentFormat.Tag.all(of: .graph))
  func garbage(_ profile: IndexProfile, _ tag: SegmentFormat.Tag) throws {
    let path = folder.file("\(profile).hark")
    try Segment.build(
      try sample.set(.cosine),
      options: IndexOptions(profile: profile, degree: 4, constructionEffort: 30),
      identity: SegmentIdentity(), to: path)
    let sound = try Data(contentsOf: URL(filePath: path))
    let section = try #require(try Segment(opening: path).header.section(tag))
    guard section.length > 0 else { return }
    var generator = SeededGenerator(state: 5)
    let third = KeySet(stride(from: 0, to: 100_000, by: 3))
    for round in 0..<6 {
      var bytes = sound
      for offset in section.offset..<section.end {
        bytes[offset] = round == 0 ? 0xFF : UInt8.random(in: 0...255, using: &generator)
        // Numbers that are small enough to lead to many wrong places within the graph.
        if round > 3, offset % 4 > 0 { bytes[offset] = offset % 4 == 1 ? 4 : 0 }
      }
      let path = try folder.write("garbage.hark", bytes)
      expectRefused(path, "\(tag), round \(round)")
      let segment = try Segment(opening: path)
      for i in 0..<10 {
        do { _ = try segment.search(sample.query(i), k: 10) } catch {
          #expect(error.code == .segmentDamaged)
        }
        _ = try? segment.search(sample.query(i), k: 10, allowing: third)
        _ = try? ExactSearch.search(sample.query(i), in: segment, k: 10)
      }
      _ = try? segment.vectors()
    }
  }

  /// A search that meets damage names the section that holds it.
  @Test(arguments: [SegmentFormat.Tag.links, .uprows, .uplinks])
  func searchesNameTheDamagedSection(_ tag: SegmentFormat.Tag) throws {
    let section = try #require(header.section(tag))
    var bytes = sound
    // Above every number of a node or row, and not the mark of an unused place.
    for offset in section.offset..<section.end { bytes[offset] = 0xFE }
    let segment = try Segment(opening: try folder.write("beyond.hark", bytes))
    let error = #expect(throws: IndexError.self) {
      try segment.search(sample.query(0), k: 10)
    }
    #expect(error?.code == .segmentDamaged && error?.section == tag.name)
    // An exact search reads neither links nor upper rows.
    let found = try ExactSearch.search(sample.query(0), in: segment, k: 10)
    #expect(
      try found == ExactSearch.search(sample.query(0), in: Segment(opening: path), k: 10))
  }

  /// A vector that holds what no vector can is no result, whichever way it is searched.
  @Test(arguments: [Float.nan, .infinity], [12, 1_200])
  func searchesRefuseNumbersThatCannotBe(_ number: Float, _ count: Int) throws {
    let sample = Sample.clustered(count, 8)
    let path = folder.file("numbers.hark")
    try Segment.build(try sample.set(.innerProduct), identity: SegmentIdentity(), to: path)
    let section = try #require(try Segment(opening: path).header.section(.vectors))
    var bytes = try Data(contentsOf: URL(filePath: path))
    for row in 0..<count {
      let pattern = number.bitPattern
      for i in 0..<4 {
        bytes[section.offset + 64 * row + i] = UInt8(truncatingIfNeeded: pattern >> (8 * i))
      }
    }
    let segment = try Segment(opening: try folder.write("damaged.hark", bytes))
    let query: [Float] = [1, 1, 1, 1, 1, 1, 1, 1]
    let errors = [
      #expect(throws: IndexError.self) { try segment.search(query, k: 3) },
      #expect(throws: IndexError.self) { try ExactSearch.search(query, in: segment, k: 3) },
    ]
    for error in errors {
      #expect(error?.code == .segmentDamaged && error?.section == "vectors")
    }
  }

  /// Damage that checksums do not show, as of a faulty writer.
  @Test func verificationLooksAtTheStructure() throws {
    let links = try #require(header.section(.links))
    let keys = try #require(header.section(.keys))
    let vectors = try #require(header.section(.vectors))
    let upper = try #require(header.section(.uprows))
    let edits: [(SegmentFormat.Tag, Int, [UInt8])] = [
      (.keys, keys.offset + 8, Array(sound[keys.offset..<keys.offset + 8])),
      (.vectors, vectors.offset + 3, [0x7F]),
      (.vectors, vectors.offset + 60, [1]),
      (.links, links.offset, [0, 0, 0, 0]),
      (.links, links.offset, [0xB0, 0x04, 0, 0]),
      (.links, links.offset + 4, Array(sound[links.offset..<links.offset + 4])),
      (.links, links.offset, [UInt8](repeating: 0xFF, count: links.length)),
      (.uprows, upper.offset, [0xFF, 0xFF]),
      (.uprows, upper.offset + 4, Array(sound[upper.offset..<upper.offset + 4])),
    ]
    for (tag, offset, bytes) in edits {
      var changed = sound
      changed.replaceSubrange(offset..<offset + bytes.count, with: bytes)
      let path = try folder.write("faulty.hark", resealed(changed))
      #expect(expectRefused(path, "\(tag) at \(offset)")?.section == tag.name)
    }
  }

  /// A file whose checksums are all made anew.
  func resealed(_ file: Data) -> Data {
    var file = file
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
    return sealed(PageFields(bytes: header.encoded()), file.dropFirst(SegmentFormat.headerLength))
  }
}
