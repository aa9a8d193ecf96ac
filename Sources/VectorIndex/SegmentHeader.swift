package import FoundationEssentials
import Machine

/// The first page of a segment file.
struct SegmentHeader: Equatable {
  var version = SegmentFormat.version
  /// The oldest version whose readers understand the file.
  var oldestReader: SegmentFormat.Version {
    SegmentFormat.Version(major: 2, minor: kind == .cells ? 1 : 0)
  }
  var identity: SegmentIdentity
  var kind: IndexKind
  var count: Int
  var dimension: Int
  var metric: Metric
  var profile: IndexProfile
  var degree: Int
  var constructionEffort: Int
  var seed: UInt64
  /// The row where level 0 is entered; zero where there are no vectors.
  var entry: UInt32
  var levelCounts: [Int]
  /// How the cells lie; none in a graph.
  var cells = CellShape()
  var fileLength = 0
  var sections: [Section] = []

  /// A range of the file.
  struct Section: Equatable {
    /// At most 8 ASCII letters.
    var tag: String
    var version: UInt16 = 1
    /// Whether a reader that does not know it must not use the file.
    var isCritical = true
    var offset: Int
    var length: Int
    var alignment = SegmentFormat.pageLength
    /// The checksum of the checksums of its blocks; that of its bytes for the section `checks`.
    var checksum: UInt32

    var end: Int { offset + length }
  }

  /// The distance of two rows, in numbers.
  var stride: Int { VectorSet.stride(dimension: dimension) }

  /// The distance of two rows of codes, in bytes.
  var codeStride: Int { Kernels.codeStride(dimension: dimension) }

  /// The number of bits of a one-bit code.
  var bitWidth: Int { BitCodes.width(dimension: dimension) }

  /// The length of a block of one-bit codes.
  var bitBlockLength: Int { BitCodes.blockLength(width: bitWidth) }

  /// How many nodes there are above level 0.
  var upperCount: Int { levelCounts.count > 1 ? levelCounts[1] : 0 }

  /// How many bytes a section has, given the counts; nil where that overflows.
  func length(of tag: SegmentFormat.Tag) -> Int? {
    switch tag {
    case .keys: product(count, 8)
    case .rows, .ranks: product(count, 4)
    case .center: product(stride, 4)
    case .factors: product(count, 8)
    case .codes: product(count, codeStride)
    case .residual:
      profile == .compact
        ? product(count, CodeResiduals.stride(codeStride: codeStride)) : 0
    case .vectors: profile == .fast ? product(count, stride, 4) : 0
    case .cells: product(cells.count, MemoryLayout<Cell>.stride)
    case .hubs: product(cells.count, codeStride)
    case .hubfacts: product(cells.count, 8)
    case .hubbits: product(BitCodes.blocks(cells.count), bitBlockLength)
    case .members: product(cells.blocks, 4 * BitCodes.blockRows)
    case .bits: product(cells.blocks, bitBlockLength)
    case .links: product(count, 2 * degree, 4)
    case .uprows: product(upperCount, 4)
    case .uplinks: product(levelCounts.dropFirst().reduce(0, +), degree, 4)
    case .checks:
      product(
        sections.reduce(0) {
          $1.tag == tag.name ? $0 : $0 + SegmentFormat.blocks($1.length)
        }, 4)
    }
  }

  private func product(_ factors: Int...) -> Int? {
    var result = 1
    for factor in factors {
      let (next, overflow) = result.multipliedReportingOverflow(by: factor)
      if overflow { return nil }
      result = next
    }
    return result
  }

  /// The section of that name.
  func section(_ tag: SegmentFormat.Tag) -> Section? {
    sections.first { $0.tag == tag.name }
  }
}

extension SegmentHeader {
  /// Where the fields lie; docs/index.md has the same table.
  enum Offset {
    static let version = 8
    static let oldestReader = 12
    static let endianness = 16
    static let headerLength = 20
    static let store = 24
    static let generation = 40
    static let sequence = 48
    static let count = 56
    static let dimension = 64
    static let stride = 68
    static let metric = 72
    static let normalized = 73
    static let kind = 74
    static let profile = 75
    static let degree = 76
    static let baseDegree = 80
    static let levels = 84
    static let entry = 88
    static let constructionEffort = 92
    static let seed = 96
    static let fileLength = 104
    static let sections = 112
    static let blockLength = 116
    static let levelCounts = 128
    static let cells = 2_048
    static let cellBlocks = 2_052
    static let cellReach = 2_056
    static let sectionTable = 256
    static let sectionEntry = 48
    static let checksum = 4_092
  }

  /// The metrics as numbers, by their places.
  static let metrics: [Metric?] = [nil, .cosine, .innerProduct, .euclidean]

  /// The page as it is written.
  ///
  /// - Precondition: the header keeps the limits of the format.
  func encoded() -> [UInt8] {
    var page = PageFields(bytes: [UInt8](repeating: 0, count: SegmentFormat.headerLength))
    page.bytes.replaceSubrange(0..<8, with: SegmentFormat.magic)
    page.store(version.major, at: Offset.version)
    page.store(version.minor, at: Offset.version + 2)
    page.store(oldestReader.major, at: Offset.oldestReader)
    page.store(oldestReader.minor, at: Offset.oldestReader + 2)
    page.store(SegmentFormat.endianness, at: Offset.endianness)
    page.store(UInt32(SegmentFormat.headerLength), at: Offset.headerLength)
    page.store(identity.store, at: Offset.store)
    page.store(identity.generation, at: Offset.generation)
    page.store(identity.sequence, at: Offset.sequence)
    page.store(UInt64(count), at: Offset.count)
    page.store(UInt32(dimension), at: Offset.dimension)
    page.store(UInt32(stride), at: Offset.stride)
    page.store(UInt8(SegmentHeader.metrics.firstIndex(of: metric) ?? 0), at: Offset.metric)
    page.store(UInt8(metric.isNormalized ? 1 : 0), at: Offset.normalized)
    page.store(UInt8(SegmentFormat.kinds.firstIndex(of: kind) ?? 0), at: Offset.kind)
    page.store(
      UInt8(SegmentFormat.profiles.firstIndex(of: profile) ?? 0), at: Offset.profile)
    page.store(UInt32(degree), at: Offset.degree)
    page.store(UInt32(2 * degree), at: Offset.baseDegree)
    page.store(UInt32(levelCounts.count), at: Offset.levels)
    page.store(entry, at: Offset.entry)
    page.store(UInt32(constructionEffort), at: Offset.constructionEffort)
    page.store(seed, at: Offset.seed)
    page.store(UInt64(fileLength), at: Offset.fileLength)
    page.store(UInt32(sections.count), at: Offset.sections)
    page.store(UInt32(SegmentFormat.blockLength), at: Offset.blockLength)
    for (level, count) in levelCounts.enumerated() {
      page.store(UInt32(count), at: Offset.levelCounts + 4 * level)
    }
    page.store(UInt32(cells.count), at: Offset.cells)
    page.store(UInt32(cells.blocks), at: Offset.cellBlocks)
    page.store(cells.reach.bitPattern, at: Offset.cellReach)
    for (place, section) in sections.enumerated() {
      let start = Offset.sectionTable + Offset.sectionEntry * place
      page.bytes.replaceSubrange(start..<start + section.tag.utf8.count, with: section.tag.utf8)
      page.store(section.version, at: start + 8)
      page.store(UInt16(section.isCritical ? 1 : 0), at: start + 10)
      page.store(UInt32(section.alignment), at: start + 12)
      page.store(UInt64(section.offset), at: start + 16)
      page.store(UInt64(section.length), at: start + 24)
      page.store(section.checksum, at: start + 32)
    }
    page.store(page.checksum(0..<Offset.checksum), at: Offset.checksum)
    return page.bytes
  }

  /// The footer that goes with the page: magic, length, generation, the page's checksum, and the
  /// footer's own.
  static func footer(for page: PageFields) -> [UInt8] {
    var footer = PageFields(bytes: SegmentFormat.footerMagic + [UInt8](repeating: 0, count: 24))
    footer.store(page.load(UInt64.self, at: Offset.fileLength), at: 8)
    footer.store(page.load(UInt64.self, at: Offset.generation), at: 16)
    footer.store(page.load(UInt32.self, at: Offset.checksum), at: 24)
    footer.store(footer.checksum(0..<28), at: 28)
    return footer.bytes
  }
}

/// Bytes with little-endian integers at fixed places.
package struct PageFields {
  package var bytes: [UInt8]

  package init(bytes: [UInt8]) { self.bytes = bytes }

  package func load<Integer: FixedWidthInteger>(_: Integer.Type, at offset: Int) -> Integer {
    var result: Integer = 0
    for i in (0..<Integer.bitWidth / 8).reversed() {
      result = result << 8 | Integer(truncatingIfNeeded: bytes[offset + i])
    }
    return result
  }

  package mutating func store(_ integer: some FixedWidthInteger, at offset: Int) {
    for i in 0..<integer.bitWidth / 8 {
      bytes[offset + i] = UInt8(truncatingIfNeeded: integer >> (8 * i))
    }
  }

  /// The 16 bytes of a UUID, in the order in which it is written.
  package func uuid(at offset: Int) -> UUID {
    let b = Array(bytes[offset..<offset + 16])
    return UUID(
      uuid: (
        b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
        b[14], b[15]
      ))
  }

  package mutating func store(_ uuid: UUID, at offset: Int) {
    let u = uuid.uuid
    let b = [
      u.0, u.1, u.2, u.3, u.4, u.5, u.6, u.7, u.8, u.9, u.10, u.11, u.12, u.13, u.14, u.15,
    ]
    bytes.replaceSubrange(offset..<offset + 16, with: b)
  }

  /// The CRC-32C of a range.
  package func checksum(_ range: Range<Int>) -> UInt32 {
    unsafe CRC32C(bytes.span.extracting(range).bytes).value
  }
}
