import Machine

/// The constants of the segment file; docs/index.md describes it.
enum SegmentFormat {
  /// A byte above 127, “HARK”, and line ends that a text transfer would spoil.
  static let magic: [UInt8] = [0x89] + Array("HARK".utf8) + [0x0D, 0x0A, 0x1A]
  static let footerMagic: [UInt8] = Array("HARKEND\n".utf8)
  /// The format that is written, and the newest that is read.
  static let version = Version(major: 2, minor: 1)
  /// Reads as 0x0403_0201 in a file of the other byte order.
  static let endianness: UInt32 = 0x0102_0304

  static let headerLength = 4_096
  static let footerLength = 32
  /// Sections begin at a multiple of it.
  static let pageLength = 4_096
  /// So many bytes of a section have a checksum of their own.
  static let blockLength = 65_536
  static let sectionLimit = 32

  /// The kinds as numbers, by their places.
  static let kinds: [IndexKind?] = [nil, .graph, .cells]
  /// The profiles as numbers, by their places.
  static let profiles: [IndexProfile?] = [nil, .fast, .compact]

  struct Version: Equatable {
    var major: UInt16
    var minor: UInt16

    var text: String { "\(major).\(minor)" }
  }

  /// The sections of version 2, in the order of the file.
  enum Tag: Int, CaseIterable {
    /// The keys, ascending: Int64.
    case keys
    /// The row of each key: UInt32, in the order of the keys.
    case rows
    /// The place of each row's key among the keys: UInt32.
    case ranks
    /// The mean of all vectors: padded float32.
    case center
    /// The scale and the offset of each row: two float32.
    case factors
    /// The codes of each row: padded bytes.
    case codes
    /// What the codes leave of each row: two bits a number; empty where the vectors are there.
    case residual
    /// The rows of the vectors: padded float32; empty in the compact profile.
    case vectors
    /// What the search has to know of each cell: ``Cell``.
    case cells
    /// The codes of the cells' centres: padded bytes.
    case hubs
    /// The scale and the offset of each cell's centre: two float32.
    case hubfacts
    /// The one-bit codes of the cells' centres, in blocks.
    case hubbits
    /// The row of each place in the blocks of the cells' members: UInt32.
    case members
    /// The one-bit codes of the cells' members, in blocks.
    case bits
    /// The links of level 0: UInt32, a fixed number of places a row.
    case links
    /// The rows of the nodes above level 0: UInt32, nodes of higher levels first.
    case uprows
    /// The links above level 0: UInt32, level after level.
    case uplinks
    /// The checksums of the blocks of all sections before it: UInt32.
    case checks

    /// The name in the section table.
    var name: String { "\(self)" }

    /// The sections of a segment of that kind, in the order of the file.
    static func all(of kind: IndexKind) -> [Tag] {
      let others: Set<Tag> =
        kind == .cells
        ? [.links, .uprows, .uplinks] : [.cells, .hubs, .hubfacts, .hubbits, .members, .bits]
      return allCases.filter { !others.contains($0) }
    }
  }

  /// How many blocks a section of that length has.
  static func blocks(_ length: Int) -> Int {
    length / blockLength + (length % blockLength == 0 ? 0 : 1)
  }

  /// The checksums of the blocks of a section.
  static func blockChecksums(_ bytes: RawSpan) -> [UInt32] {
    var blocks = BlockChecksums()
    blocks.append(bytes)
    return blocks.finish()
  }

  /// The checksum of checksums, each taken as four bytes, least first.
  static func checksum(of checksums: some Sequence<UInt32>) -> UInt32 {
    let words = checksums.map(\.littleEndian)
    return unsafe CRC32C(words.span.bytes).value
  }
}

/// The checksums of a section's blocks, as its bytes come.
struct BlockChecksums {
  private var checksums: [UInt32] = []
  private var current = CRC32C()
  private var filled = 0

  mutating func append(_ bytes: RawSpan) {
    var start = 0
    while start < bytes.byteCount {
      let end = min(start + SegmentFormat.blockLength - filled, bytes.byteCount)
      current.update(bytes.extracting(start..<end))
      filled += end - start
      start = end
      if filled == SegmentFormat.blockLength { close() }
    }
  }

  /// The checksums of all blocks, the last of which may be shorter.
  mutating func finish() -> [UInt32] {
    if filled > 0 { close() }
    return checksums
  }

  private mutating func close() {
    checksums.append(current.value)
    current = CRC32C()
    filled = 0
  }
}
