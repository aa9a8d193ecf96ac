import Foundation
import Machine
import TestKit
import Testing

@testable import VectorIndex

@Suite struct SegmentDamageTests {
  let folder: TemporaryFolder
  static let sample = Sample.clustered(1_200, 8)
  /// With so little a search of the sample follows its graph.
  static let effort = 20
  var sample: Sample { SegmentDamageTests.sample }

  init() throws { folder = try TemporaryFolder() }

  /// A sound segment file.
  private func sound(_ kind: IndexKind, _ profile: IndexProfile = .fast) throws -> SoundFile {
    try SoundFile(
      sample.set(.cosine), Shape(kind: kind, profile: profile).quickly, in: folder)
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

  @Test(arguments: Shape.kinds)
  func everyByteOfHeaderAndFooterIsGuarded(_ kind: IndexKind) throws {
    let sound = try sound(kind)
    let footer = sound.bytes.count - SegmentFormat.footerLength..<sound.bytes.count
    try sound.withChangedBytes(Array(0..<SegmentFormat.headerLength) + Array(footer)) {
      path, offset in
      let error = #expect(throws: IndexError.self, "byte \(offset)") {
        try Segment(opening: path)
      }
      #expect(error?.message.contains(path) == true)
      #expect(error?.message.contains("hark index rebuild") == true)
    }
  }

  @Test(arguments: [(IndexKind.graph, 331), (.cells, 1_201)])
  func payloadIsGuardedByVerification(_ kind: IndexKind, _ step: Int) throws {
    // Every section and every gap between two of them is met.
    let sound = try sound(kind)
    let length = sound.bytes.count
    let ends = sound.header.sections.flatMap {
      [$0.offset, $0.end - 1, min($0.end, length - 33)]
    }
    let sampled = stride(from: SegmentFormat.headerLength, to: length - 32, by: step)
    let query = sample.query(0)
    try sound.withChangedBytes(ends + Array(sampled)) { path, offset in
      expectRefused(path, "byte \(offset)")
      // A search may find what is wrong or not; it returns either way.
      _ = try? Segment(opening: path).search(query, k: 10, effort: Self.effort)
    }
  }

  @Test(arguments: Shape.kinds) func truncation(_ kind: IndexKind) throws {
    let file = try sound(kind)
    let sound = file.bytes
    let boundaries =
      file.header.sections.flatMap { [$0.offset, $0.end] } + [
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
    var kind = IndexKind.graph
    var edit: @Sendable (inout PageFields) -> Void
  }

  static let table = SegmentHeader.Offset.sectionTable
  static let forgeries: [Forgery] =
    [
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
      Forgery(testDescription: "no vectors") {
        $0.store(UInt64(0), at: SegmentHeader.Offset.count)
      },
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
      Forgery(testDescription: "no levels") {
        $0.store(UInt32(0), at: SegmentHeader.Offset.levels)
      },
      Forgery(testDescription: "levels") { $0.store(UInt32.max, at: SegmentHeader.Offset.levels) },
      Forgery(testDescription: "one level more") {
        $0.store(
          $0.load(UInt32.self, at: SegmentHeader.Offset.levels) + 1, at: SegmentHeader.Offset.levels
        )
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
      Forgery(testDescription: "cells in a graph") {
        $0.store(UInt32(1), at: SegmentHeader.Offset.cells)
      },
      Forgery(testDescription: "reach in a graph") {
        $0.store(Float(1).bitPattern, at: SegmentHeader.Offset.cellReach)
      },
      forgery("graph of cells") { $0.store(UInt8(1), at: SegmentHeader.Offset.kind) },
      forgery("automatic kind") { $0.store(UInt8(0), at: SegmentHeader.Offset.kind) },
      forgery("levels of cells") { $0.store(UInt32(1), at: SegmentHeader.Offset.levels) },
      forgery("no cells") { $0.store(UInt32(0), at: SegmentHeader.Offset.cells) },
      forgery("a cell less") {
        let cells = $0.load(UInt32.self, at: SegmentHeader.Offset.cells)
        $0.store(cells - 1, at: SegmentHeader.Offset.cells)
      },
      forgery("more cells than vectors") {
        $0.store(UInt32(1_201), at: SegmentHeader.Offset.cells)
      },
      forgery("greatest count of cells") {
        $0.store(UInt32.max, at: SegmentHeader.Offset.cells)
      },
      forgery("no blocks") { $0.store(UInt32(0), at: SegmentHeader.Offset.cellBlocks) },
      forgery("a block more") {
        let blocks = $0.load(UInt32.self, at: SegmentHeader.Offset.cellBlocks)
        $0.store(blocks + 1, at: SegmentHeader.Offset.cellBlocks)
      },
      forgery("greatest count of blocks") {
        $0.store(UInt32.max, at: SegmentHeader.Offset.cellBlocks)
      },
      forgery("cells without vectors") {
        $0.store(UInt64(0), at: SegmentHeader.Offset.count)
        $0.store(UInt64(0), at: SegmentHeader.Offset.cells)
      },
      // A rotation of so many numbers is not to be had.
      forgery("cells without vectors, of a great dimension") {
        $0.store(UInt64(0), at: SegmentHeader.Offset.count)
        $0.store(UInt64(0), at: SegmentHeader.Offset.cells)
        $0.store(UInt32(0), at: SegmentHeader.Offset.cellReach)
        $0.store(UInt32(65_536), at: SegmentHeader.Offset.dimension)
        $0.store(UInt32(65_536), at: SegmentHeader.Offset.stride)
        for place in 0..<16 {
          $0.store(UInt64(0), at: table + place * SegmentHeader.Offset.sectionEntry + 24)
        }
        let center = table + 3 * SegmentHeader.Offset.sectionEntry
        $0.store(UInt64(65_536 * 4), at: center + 24)
      },
    ]
    + [Float.nan, -.infinity, .infinity, -1, CellReach.limit.nextUp].map { reach in
      forgery("reach of \(reach)") {
        $0.store(reach.bitPattern, at: SegmentHeader.Offset.cellReach)
      }
    }

  private static func forgery(
    _ name: String, edit: @escaping @Sendable (inout PageFields) -> Void
  ) -> Forgery {
    Forgery(testDescription: name, kind: .cells, edit: edit)
  }

  @Test(arguments: forgeries) func forgedHeaders(_ forgery: Forgery) throws {
    let sound = try sound(forgery.kind)
    var page = PageFields(bytes: Array(sound.bytes.prefix(SegmentFormat.headerLength)))
    forgery.edit(&page)
    let rest = sound.bytes.dropFirst(page.bytes.count)
    let path = try folder.write("forged.hark", SoundFile.sealed(page, rest))
    let error = #expect(throws: IndexError.self) { try Segment(opening: path) }
    #expect(error?.code == forgery.code)
    #expect(error?.message.contains("hark index rebuild") == true)
  }

  @Test(arguments: Shape.kinds)
  func aNewerMinorVersionWithAnUnknownSectionIsRead(_ kind: IndexKind) throws {
    let file = try sound(kind)
    let sound = file.bytes
    var newer = file.header
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
      "newer.hark", SoundFile.sealed(PageFields(bytes: newer.encoded()), rest))
    let segment = try Segment(opening: path)
    try segment.verify()
    #expect(segment.info.formatVersion == "2.7")
    #expect(
      try segment.search(sample.query(0), k: 5, effort: Self.effort)
        == Segment(opening: file.path).search(sample.query(0), k: 5, effort: Self.effort))
  }

  /// Whole sections of garbage, which opening does not read: searches return or tell, and never
  /// read outside of the file.
  @Test(
    arguments: Shape.all.flatMap { shape in
      SegmentFormat.Tag.all(of: shape.kind).map { (shape, $0) }
    })
  func garbage(_ shape: Shape, _ tag: SegmentFormat.Tag) throws {
    let file = try sound(shape.kind, shape.profile)
    let sound = file.bytes
    let section = try #require(file.header.section(tag))
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
        for k in [1, 10, 45, 300] {
          do { _ = try segment.search(sample.query(i), k: k, effort: Self.effort) } catch {
            #expect(error.code == .segmentDamaged)
          }
        }
        _ = try? segment.search(sample.query(i), k: 10, allowing: third)
        _ = try? ExactSearch.search(sample.query(i), in: segment, k: 10)
      }
      _ = try? segment.vectors()
    }
  }

  /// A search that meets damage names the section that holds it.
  @Test(arguments: [
    (IndexKind.graph, SegmentFormat.Tag.links), (.graph, .uprows), (.graph, .uplinks),
    (.cells, .cells), (.cells, .members), (.cells, .ranks),
  ])
  func searchesNameTheDamagedSection(_ kind: IndexKind, _ tag: SegmentFormat.Tag) throws {
    let file = try sound(kind)
    let section = try #require(file.header.section(tag))
    var bytes = file.bytes
    // Above every number of a node, row or block, and not the mark of an unused place.
    for offset in section.offset..<section.end { bytes[offset] = 0xFE }
    let segment = try Segment(opening: try folder.write("beyond.hark", bytes))
    let error = #expect(throws: IndexError.self) {
      try segment.search(sample.query(0), k: 10, effort: Self.effort)
    }
    #expect(error?.code == .segmentDamaged && error?.section == tag.name)
    // An exact search reads neither links nor cells.
    guard tag != .ranks else { return }
    let found = try ExactSearch.search(sample.query(0), in: segment, k: 10)
    #expect(
      try found == ExactSearch.search(sample.query(0), in: Segment(opening: file.path), k: 10))
  }

  /// A vector that holds what no vector can is no result, whichever way it is searched.
  @Test(
    arguments: [Float.nan, .infinity], [(12, IndexKind.graph), (1_200, .graph), (1_200, .cells)])
  func searchesRefuseNumbersThatCannotBe(_ number: Float, _ test: (Int, IndexKind)) throws {
    let (count, kind) = test
    let sample = Sample.clustered(count, 8)
    let file = try SoundFile(sample.set(.innerProduct), IndexOptions(kind: kind), in: folder)
    let section = try #require(file.header.section(.vectors))
    var bytes = file.bytes
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
      #expect(throws: IndexError.self) { try segment.search(query, k: 3, effort: Self.effort) },
      #expect(throws: IndexError.self) { try ExactSearch.search(query, in: segment, k: 3) },
    ]
    for error in errors {
      #expect(error?.code == .segmentDamaged && error?.section == "vectors")
    }
  }

  /// Damage that checksums do not show, as of a faulty writer.
  @Test func verificationLooksAtTheGraph() throws {
    let file = try sound(.graph)
    let sound = file.bytes
    let links = try #require(file.header.section(.links))
    let keys = try #require(file.header.section(.keys))
    let vectors = try #require(file.header.section(.vectors))
    let upper = try #require(file.header.section(.uprows))
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
      let path = try folder.write("faulty.hark", file.resealed(with: bytes, at: offset))
      #expect(expectRefused(path, "\(tag) at \(offset)")?.section == tag.name)
    }
  }

  /// An edit of a section of cells.
  struct Edit: CustomTestStringConvertible {
    var tag: SegmentFormat.Tag
    /// Where in the section; from its end, if negative.
    var offset: Int
    var words: [UInt32]

    var testDescription: String {
      "\(tag) at \(offset): " + words.map { String($0, radix: 16) }.joined(separator: " ")
    }

    var bytes: [UInt8] {
      words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }
  }

  static let impossible = [Float.nan, .infinity, -.infinity, -1].map(\.bitPattern)
  static let blockLength = BitCodes.blockLength(width: 64)
  static let edits: [Edit] =
    [
      // A cell: its block, its members, its radius and its square.
      Edit(tag: .cells, offset: 0, words: [1]), Edit(tag: .cells, offset: 0, words: [.max]),
      Edit(tag: .cells, offset: 4, words: [0]), Edit(tag: .cells, offset: 4, words: [.max]),
      Edit(tag: .cells, offset: 4, words: [.max - 31]),
      Edit(tag: .cells, offset: 0, words: [.max, .max]),
      Edit(tag: .cells, offset: -16, words: [0]), Edit(tag: .cells, offset: -12, words: [2_400]),
      Edit(tag: .members, offset: 0, words: [1_200]),
      Edit(tag: .members, offset: 0, words: [.max]),
      Edit(tag: .members, offset: 0, words: [.max >> 1]),
      Edit(tag: .members, offset: -4, words: [3]),
      Edit(tag: .hubs, offset: 0, words: [0]), Edit(tag: .hubs, offset: 60, words: [0]),
    ]
    + impossible.flatMap { number in
      [
        Edit(tag: .cells, offset: 8, words: [number]),
        Edit(tag: .cells, offset: 12, words: [number]),
        Edit(tag: .hubfacts, offset: 0, words: [number]),
        Edit(tag: .bits, offset: blockLength - 256, words: [number]),
        Edit(tag: .hubbits, offset: blockLength - 256, words: [number]),
      ]
    }
    // Offsets may be negative.
    + impossible.dropLast().flatMap { number in
      [
        Edit(tag: .hubfacts, offset: 4, words: [number]),
        Edit(tag: .bits, offset: blockLength - 128, words: [number]),
        Edit(tag: .hubbits, offset: -4, words: [number]),
      ]
    }

  @Test(arguments: edits) func verificationLooksAtTheCells(_ edit: Edit) throws {
    let file = try sound(.cells)
    let section = try #require(file.header.section(edit.tag))
    let offset = edit.offset + (edit.offset < 0 ? section.end : section.offset)
    let path = try folder.write("faulty.hark", file.resealed(with: edit.bytes, at: offset))
    let error = expectRefused(path, edit.testDescription)
    // A cell with fewer members leaves some of them over.
    #expect([edit.tag.name, "members"].contains(error?.section))
  }

  /// Two rows change places, so that each is a member twice, but one of them twice of the same cell.
  @Test func verificationFindsARowTwiceInACell() throws {
    let file = try sound(.cells)
    let section = try #require(file.header.section(.members))
    var members = stride(from: section.offset, to: section.end, by: 4).map { at in
      (0..<4).reduce(UInt32(0)) { $0 | UInt32(file.bytes[at + $1]) << (8 * $1) }
    }
    let (first, second) = (members[0], members[1])
    let other = try #require(members.lastIndex(of: first))
    members[1] = first
    members[other] = second
    let edit = Edit(tag: .members, offset: 0, words: members)
    let path = try folder.write(
      "faulty.hark", file.resealed(with: edit.bytes, at: section.offset))
    #expect(expectRefused(path, "a row twice in a cell")?.message.contains("twice") == true)
  }

  /// Numbers at their extremes all over a section, in files that verification would refuse:
  /// searches return or tell, within the file and its time.
  @Test(
    arguments: [SegmentFormat.Tag.cells, .hubs, .hubfacts, .hubbits, .members, .bits, .factors],
    [
      0, .max, .max >> 1, 1, 1_199, 31, Float.nan.bitPattern, (-Float.nan).bitPattern,
      Float.infinity.bitPattern, (-Float.infinity).bitPattern,
      Float.greatestFiniteMagnitude.bitPattern, Float.leastNonzeroMagnitude.bitPattern,
    ] as [UInt32])
  func extremes(_ tag: SegmentFormat.Tag, _ word: UInt32) throws {
    let file = try SegmentDamageTests.cells.get()
    let section = try #require(file.section(tag))
    var whole = file.bytes
    let word = Edit(tag: tag, offset: 0, words: [word]).bytes
    let third = KeySet(stride(from: 0, to: 100_000, by: 3))
    // All of it, each second word, and the fields of cells one by one.
    for (first, step) in [(0, 4), (4, 8), (0, 16), (4, 16), (8, 16), (12, 16)] {
      whole.replaceSubrange(
        section.offset..<section.end, with: file.bytes[section.offset..<section.end])
      for offset in stride(from: section.offset + first, to: section.end - 3, by: step) {
        whole.replaceSubrange(offset..<offset + 4, with: word)
      }
      let segment = try Segment(opening: try folder.write("extreme.hark", whole))
      for i in 0..<4 {
        for k in [1, 10, 45, 500] {
          for allowing in [nil, third] {
            do {
              let found = try segment.search(sample.query(i), k: k, effort: 8, allowing: allowing)
              #expect(Set(found.map(\.key)).count == found.count && found.count <= k)
            } catch { #expect(error.code == .segmentDamaged) }
          }
        }
        var scratch = SearchScratch()
        try VectorSet.prepare(sample.query(i), dimension: 8, metric: .cosine, into: &scratch.query)
        _ = segment.searchWhole(k: 10, &scratch)
      }
      _ = try? segment.verify()
    }
  }

  /// A file of cells that all cases share.
  private static let cells = Result {
    let folder = try TemporaryFolder()
    return try SoundFile(sample.set(.cosine), IndexOptions(kind: .cells), in: folder)
  }

  /// A header with fewer cells than the codes of their centres have rows, which say that they are
  /// there: the places beyond the last cell are none.
  @Test func fewerCellsThanTheirCodes() throws {
    let file = try SegmentDamageTests.cells.get()
    var header = file.header
    header.cells.count -= 30
    for (place, section) in header.sections.enumerated() {
      guard let tag = SegmentFormat.Tag.allCases.first(where: { $0.name == section.tag }),
        let length = header.length(of: tag)
      else { continue }
      header.sections[place].length = length
    }
    let rest = file.bytes.dropFirst(SegmentFormat.headerLength)
    let path = try folder.write(
      "fewer.hark", SoundFile.sealed(PageFields(bytes: header.encoded()), rest))
    let segment = try Segment(opening: path)
    for i in 0..<sample.queryCount {
      for effort in [1, 20, 64] { _ = try? segment.search(sample.query(i), k: 10, effort: effort) }
    }
    expectRefused(path, "fewer cells")
  }
}
