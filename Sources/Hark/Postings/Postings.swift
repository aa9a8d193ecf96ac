import Foundation
import Machine
import VectorIndex

/// The postings of some chunks: which chunks hold a term, how often and where.
///
/// They lie in an immutable file, the twin of a segment of vectors, that is built once, published
/// whole and mapped; or in memory, for chunks newer than the newest segment. They are made from the
/// catalog and can be made again from it.
struct Postings: Sendable {
  private let file: PostingsFile?
  private let tables: PostingsTables

  /// The file's path; nil for postings in memory.
  var path: String? { file?.path }

  /// Postings in memory.
  init(_ tables: PostingsTables) {
    file = nil
    self.tables = tables
  }

  /// Opens a file of postings. Its header is checked at once, its lists when they are read.
  ///
  /// - Throws: `segment-unavailable`, `segment-unrecognized`, `segment-too-new`, `segment-damaged`;
  ///   `segment-foreign` where it is another store's; `analysis-outdated` where another analysis made the terms.
  /// - Complexity: O(1) in the postings.
  init(opening path: String, store: UUID, analysis: UInt64) throws(HarkError) {
    let file = try PostingsFile(opening: path)
    guard file.header.store == store else {
      throw HarkError(
        .init(rawValue: "segment-foreign"),
        "\(path) is another store's: run `hark index rebuild`")
    }
    guard file.header.analysis == analysis else { throw .outdatedAnalysis(path) }
    self.file = file
    tables = PostingsTables()
  }

  /// Opens the postings of a segment and holds them against what the catalog says of it.
  ///
  /// - Parameter folder: the store's folder of segment files.
  /// - Throws: as ``init(opening:store:analysis:)``; `analysis-outdated` where none were made yet.
  init(
    of row: SegmentRow, in folder: String, store: UUID, analysis: UInt64
  ) throws(HarkError) {
    guard let name = row.postingsName else {
      throw .outdatedAnalysis("\(folder)/\(row.fileName)")
    }
    let path = "\(folder)/\(name)"
    try self.init(opening: path, store: store, analysis: analysis)
    let keys = view.keys
    guard keys.isEmpty || row.chunks.contains(keys[0]) && row.chunks.contains(keys[keys.count - 1])
    else { throw .damagedPostings(path, "it is of other chunks than the catalog says") }
  }

  /// Publishes postings as a file: whole and durable under `path`, or not at all.
  ///
  /// - Throws: `disk-full` or what else the file system says.
  static func publish(
    _ tables: PostingsTables, header: PostingsHeader, to path: String
  ) throws(HarkError) {
    var header = header
    header.rowCount = tables.keys.count
    header.termCount = tables.termEnds.count
    do {
      try AtomicFile.publish(path) { (writer) throws(MachineError) in
        try writer.write([UInt8](repeating: 0, count: PostingsHeader.pageLength))
        for section in PostingsHeader.Section.allCases {
          try writer.align(to: PostingsHeader.pageLength)
          let offset = writer.position
          let checksum =
            switch section {
            case .keys: try write(tables.keys, to: &writer)
            case .documents: try write(tables.documents, to: &writer)
            case .lengths: try write(tables.lengths, to: &writer)
            case .terms: try write(tables.terms, to: &writer)
            case .termEnds: try write(tables.termEnds, to: &writer)
            case .starts: try write(tables.starts, to: &writer)
            case .postings: try write(tables.postings, to: &writer)
            case .positionStarts: try write(tables.positionStarts, to: &writer)
            case .positions: try write(tables.positions, to: &writer)
            }
          header.sections.append((offset, writer.position - offset, checksum))
        }
        header.fileLength = writer.position
        unsafe try writer.overwrite(header.encoded().span.bytes, at: 0)
      }
    } catch {
      throw HarkError(machine: error)
    }
  }

  /// Writes an array; returns its checksum.
  private static func write<Element: BitwiseCopyable>(
    _ elements: [Element], to writer: inout FileWriter
  ) throws(MachineError) -> UInt32 {
    try writer.write(elements)
    return unsafe CRC32C(elements.span.bytes).value
  }

  /// Reads the whole file and holds it against its checksums.
  ///
  /// - Throws: `segment-damaged`, naming the section.
  func verify() throws(HarkError) { try file?.verify() }

  /// What searches read.
  var view: PostingsView {
    @_lifetime(borrow self)
    get {
      guard let file else { return tables.view }
      return unsafe _overrideLifetime(file.view, borrowing: self)
    }
  }
}

/// A mapped file of postings.
private final class PostingsFile: Sendable {
  let header: PostingsHeader
  private let file: MappedFile

  var path: String { file.path }

  /// - Throws: as ``Postings/init(opening:store:analysis:)``.
  init(opening path: String) throws(HarkError) {
    do { file = try MappedFile(path) } catch {
      throw HarkError(
        .init(rawValue: IndexError.Code.segmentUnavailable.rawValue),
        "the postings \(path) cannot be opened (\(error.message)): run `hark index rebuild`",
        cause: error)
    }
    header = try PostingsHeader(reading: file.bytes, path: path)
  }

  func verify() throws(HarkError) {
    for section in PostingsHeader.Section.allCases {
      let (offset, length, checksum) = header.sections[section.rawValue]
      let bytes = unsafe UnsafeRawBufferPointer(rebasing: file.mapping[offset..<offset + length])
      guard unsafe CRC32C(RawSpan(_unsafeBytes: bytes)).value == checksum else {
        throw .damagedPostings(path, "the checksum of its section `\(section)` does not match")
      }
    }
  }

  var view: PostingsView {
    @_lifetime(borrow self)
    get {
      PostingsView(
        keys: elements(.keys, of: Int64.self),
        documents: elements(.documents, of: Int64.self),
        lengths: elements(.lengths, of: UInt16.self),
        terms: elements(.terms, of: UInt8.self), termEnds: elements(.termEnds, of: UInt32.self),
        starts: elements(.starts, of: UInt32.self),
        postings: elements(.postings, of: UInt32.self),
        positionStarts: elements(.positionStarts, of: UInt64.self),
        positions: elements(.positions, of: UInt8.self))
    }
  }

  /// The elements of a section, whose place the header's checks found right.
  @_lifetime(borrow self)
  private func elements<Element: BitwiseCopyable>(
    _ section: PostingsHeader.Section, of type: Element.Type
  ) -> Span<Element> {
    let (offset, length, _) = header.sections[section.rawValue]
    let range = unsafe UnsafeRawBufferPointer(rebasing: file.mapping[offset..<offset + length])
    // Sections begin at page boundaries, so elements are aligned.
    let span = unsafe Span(_unsafeElements: range.bindMemory(to: Element.self))
    return unsafe _overrideLifetime(span, borrowing: self)
  }
}

extension HarkError {
  /// Postings of another analysis would be searched for terms that they do not have.
  static func outdatedAnalysis(_ path: String) -> HarkError {
    HarkError(
      .init(rawValue: "analysis-outdated"),
      "the full text in \(path) was made by another version of the text analysis, or with another "
        + "dictionary: run `hark index rebuild`")
  }
}
