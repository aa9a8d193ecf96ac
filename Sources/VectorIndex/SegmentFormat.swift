import Machine

/// The constants of the segment file; docs/index-format.md describes it.
enum SegmentFormat {
  /// A byte above 127, “HARK”, and line ends that a text transfer would spoil.
  static let magic: [UInt8] = [0x89] + Array("HARK".utf8) + [0x0D, 0x0A, 0x1A]
  static let footerMagic: [UInt8] = Array("HARKEND\n".utf8)
  /// The format that is written, and the newest that is read.
  static let version = Version(major: 1, minor: 0)
  /// Reads as 0x0403_0201 in a file of the other byte order.
  static let endianness: UInt32 = 0x0102_0304

  static let headerLength = 4_096
  static let footerLength = 32
  /// Sections begin at a multiple of it.
  static let pageLength = 4_096
  /// So many bytes of a section have a checksum of their own.
  static let blockLength = 65_536
  static let sectionLimit = 32

  /// What the header says the points of the graph are: the vectors themselves.
  static let kindGraph: UInt8 = 1
  /// What the header says the vectors are stored as.
  static let codeFloat32: UInt8 = 1

  struct Version: Equatable {
    var major: UInt16
    var minor: UInt16

    var text: String { "\(major).\(minor)" }
  }

  /// The sections of version 1, in the order of the file.
  enum Tag: Int, CaseIterable {
    /// The keys, ascending: Int64.
    case keys
    /// The rows of the vectors: padded float32.
    case vectors
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
  }

  /// How many blocks a section of that length has.
  static func blocks(_ length: Int) -> Int {
    length / blockLength + (length % blockLength == 0 ? 0 : 1)
  }

  /// The checksums of the blocks of a section.
  static func blockChecksums(_ bytes: RawSpan) -> [UInt32] {
    (0..<blocks(bytes.byteCount)).map { block in
      let start = block * blockLength
      let end = min(start + blockLength, bytes.byteCount)
      return CRC32C(bytes.extracting(start..<end)).value
    }
  }

  /// The checksum of checksums, each taken as four bytes, least first.
  static func checksum(of checksums: some Sequence<UInt32>) -> UInt32 {
    let words = checksums.map(\.littleEndian)
    return unsafe CRC32C(words.span.bytes).value
  }
}
