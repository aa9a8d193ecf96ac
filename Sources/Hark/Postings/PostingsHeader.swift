import Foundation
import Machine
import VectorIndex

/// The first page of a file of postings.
struct PostingsHeader: Equatable {
  /// The store whose chunks the postings are of.
  var store: UUID
  /// The store's generation when they were made.
  var generation: Int64
  /// Which analysis made the terms; see ``TextAnalysis/fingerprint``.
  var analysis: UInt64
  var rowCount = 0
  var termCount = 0
  var fileLength = 0
  /// The sections in the order of ``Section``: offset, length in bytes and CRC-32C.
  var sections: [(offset: Int, length: Int, checksum: UInt32)] = []

  /// The sections of a file, in its order; see ``PostingsTables``.
  enum Section: Int, CaseIterable {
    case keys, documents, lengths, terms, termEnds, starts, postings, positionStarts, positions

    /// The bytes of one element.
    var stride: Int {
      switch self {
      case .terms, .positions: 1
      case .lengths: 2
      case .termEnds, .starts, .postings: 4
      case .keys, .documents, .positionStarts: 8
      }
    }
  }

  /// A byte above 127, “HTRM”, and line ends that a text transfer would spoil.
  private static let magic: [UInt8] = [0x89] + Array("HTRM".utf8) + [0x0D, 0x0A, 0x1A]
  private static let version: UInt32 = 1
  private static let endianness: UInt32 = 0x0102_0304
  /// The length of the header, and the alignment of sections.
  static let pageLength = 4_096

  /// Where the fields lie; docs/index.md has the same table.
  private enum Offset {
    static let version = 8
    static let endianness = 12
    static let store = 16
    static let generation = 32
    static let analysis = 40
    static let rowCount = 48
    static let termCount = 56
    static let fileLength = 64
    static let sections = 256
    static let sectionEntry = 24
    static let checksum = 4_092
  }

  init(store: UUID, generation: Int64, analysis: UInt64) {
    self.store = store
    self.generation = generation
    self.analysis = analysis
  }

  /// Reads the header of a file, and checks that what it says fits together and into the file.
  ///
  /// - Throws: `segment-unrecognized`, `segment-too-new` or `segment-damaged`.
  init(reading file: RawSpan, path: String) throws(HarkError) {
    let head = (0..<min(file.byteCount, Self.pageLength)).map {
      unsafe file.unsafeLoad(fromByteOffset: $0, as: UInt8.self)
    }
    guard head.starts(with: Self.magic) else {
      throw .damagedPostings(
        path, "its first bytes are not those of postings", .segmentUnrecognized)
    }
    let page = PageFields(bytes: head)
    guard head.count == Self.pageLength,
      page.checksum(0..<Offset.checksum) == page.load(UInt32.self, at: Offset.checksum)
    else { throw .damagedPostings(path, "the checksum of its header does not match") }
    guard page.load(UInt32.self, at: Offset.version) == Self.version else {
      throw .damagedPostings(path, "it was written by a newer Hark", .segmentTooNew)
    }
    func count(_ offset: Int) -> Int { Int(clamping: page.load(UInt64.self, at: offset)) }
    self.init(
      store: page.uuid(at: Offset.store),
      generation: page.load(Int64.self, at: Offset.generation),
      analysis: page.load(UInt64.self, at: Offset.analysis))
    rowCount = count(Offset.rowCount)
    termCount = count(Offset.termCount)
    fileLength = count(Offset.fileLength)
    guard page.load(UInt32.self, at: Offset.endianness) == Self.endianness,
      fileLength == file.byteCount, rowCount <= Posting.rowLimit, termCount < 1 << 32
    else { throw .damagedPostings(path, "its length or its counts cannot be") }
    var free = Self.pageLength
    for section in Section.allCases {
      let start = Offset.sections + Offset.sectionEntry * section.rawValue
      let (offset, length) = (count(start), count(start + 8))
      guard offset >= free, offset.isMultiple(of: Self.pageLength), offset <= fileLength,
        length <= fileLength - offset, length.isMultiple(of: section.stride),
        elementCount(of: section).map({ $0 == length / section.stride }) ?? true
      else { throw .damagedPostings(path, "the section `\(section)` does not fit into it") }
      sections.append((offset, length, page.load(UInt32.self, at: start + 16)))
      free = offset + length
    }
  }

  /// How many elements a section has, where the counts tell.
  private func elementCount(of section: Section) -> Int? {
    switch section {
    case .keys, .documents: rowCount
    case .lengths: rowCount * PostingsTables.lengthsPerRow
    case .termEnds: termCount
    case .starts, .positionStarts: termCount + 1
    case .terms, .postings, .positions: nil
    }
  }

  /// The page as it is written.
  func encoded() -> [UInt8] {
    var page = PageFields(bytes: [UInt8](repeating: 0, count: Self.pageLength))
    page.bytes.replaceSubrange(0..<8, with: Self.magic)
    page.store(Self.version, at: Offset.version)
    page.store(Self.endianness, at: Offset.endianness)
    page.store(store, at: Offset.store)
    page.store(generation, at: Offset.generation)
    page.store(analysis, at: Offset.analysis)
    page.store(UInt64(rowCount), at: Offset.rowCount)
    page.store(UInt64(termCount), at: Offset.termCount)
    page.store(UInt64(fileLength), at: Offset.fileLength)
    for (place, section) in sections.enumerated() {
      let start = Offset.sections + Offset.sectionEntry * place
      page.store(UInt64(section.offset), at: start)
      page.store(UInt64(section.length), at: start + 8)
      page.store(section.checksum, at: start + 16)
    }
    page.store(page.checksum(0..<Offset.checksum), at: Offset.checksum)
    return page.bytes
  }

  static func == (left: PostingsHeader, right: PostingsHeader) -> Bool {
    left.encoded() == right.encoded()
  }
}

extension HarkError {
  /// A file of postings cannot be used.
  static func damagedPostings(
    _ path: String, _ reason: String, _ code: IndexError.Code = .segmentDamaged
  ) -> HarkError {
    HarkError(
      Code(rawValue: code.rawValue),
      "the postings \(path) cannot be used (\(reason)): run `hark index rebuild`")
  }
}
