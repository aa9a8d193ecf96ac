import Machine

/// An immutable index file of vectors under keys: mapped into memory and searched there.
///
/// A segment is built once, published whole, and never changed. Any number of threads and
/// processes may search it at the same time. The file may be removed or replaced while it is
/// open; only truncation from outside would end the process.
///
/// ```swift
/// try Segment.build(
///   keys: [1, 2, 3], vectors: vectors, dimension: 384, metric: .cosine,
///   identity: SegmentIdentity(), to: "vectors.hark")
/// let segment = try Segment(opening: "vectors.hark")
/// let nearest = try segment.search(query, k: 10)
/// ```
public final class Segment: Sendable {
  /// What the file's header says.
  public let info: SegmentInfo

  let file: MappedFile
  let header: SegmentHeader
  let kernels: Kernels
  /// The sections, by their tags; empty ones of those that belong to the other kind.
  let sections: [SegmentHeader.Section]
  let scratch = ScratchPool()
  let rowSets = RowSetCache()
  /// How often the segment was searched, as far as that matters.
  let warmth = Warmth()
  /// The rotation of one-bit codes; nil in a graph.
  let rotation: BitRotation?

  /// Opens a segment file.
  ///
  /// The header and the layout are checked at once, the sections when they are walked; see
  /// ``verify()``.
  ///
  /// - Parameter path: the file, as ``build(_:options:identity:to:progress:)`` made it.
  /// - Throws: `segment-unavailable`, `segment-unrecognized`, `segment-too-new` or
  ///   `segment-damaged`.
  /// - Complexity: O(1) in the number of vectors.
  public convenience init(opening path: String) throws(IndexError) {
    try self.init(opening: path, kernels: .shared)
  }

  /// Opens a segment file, to be searched with certain kernels.
  init(opening path: String, kernels: Kernels) throws(IndexError) {
    let file: MappedFile
    do { file = try MappedFile(path, advice: .random) } catch {
      throw .unavailable(error, path: path)
    }
    header = try SegmentHeader(reading: file.bytes, path: path)
    info = header.info(path: path)
    let header = header
    sections = SegmentFormat.Tag.allCases.map { tag in
      header.section(tag)
        ?? SegmentHeader.Section(tag: tag.name, offset: 0, length: 0, checksum: 0)
    }
    rotation = header.kind == .cells ? BitRotation(width: header.bitWidth) : nil
    self.file = file
    self.kernels = kernels
  }

  /// How many vectors there are.
  public var count: Int { header.count }
}

extension SegmentHeader {
  /// The header in public words.
  func info(path: String) -> SegmentInfo {
    SegmentInfo(
      path: path, formatVersion: version.text, identity: identity, kind: kind, count: count,
      dimension: dimension, metric: metric, profile: profile, degree: degree,
      constructionEffort: constructionEffort, seed: seed, byteCount: fileLength,
      levels: levelCounts, cells: cells.count)
  }
}

extension Segment {
  /// The whole file.
  var bytes: RawSpan {
    @_lifetime(borrow self)
    get {
      let range = unsafe UnsafeRawBufferPointer(rebasing: file.mapping[...])
      let span = unsafe RawSpan(_unsafeBytes: range)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// The elements of a section, whose place the header's checks found right.
  @_lifetime(borrow self)
  func elements<Element: BitwiseCopyable>(
    _ tag: SegmentFormat.Tag, of type: Element.Type
  ) -> Span<Element> {
    let section = sections[tag.rawValue]
    let range = unsafe UnsafeRawBufferPointer(
      rebasing: file.mapping[section.offset..<section.end])
    // Sections begin at page boundaries, so elements are aligned.
    let span = unsafe Span(_unsafeElements: range.bindMemory(to: Element.self))
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  /// The codes that guide a walk.
  var codes: CodesView {
    @_lifetime(borrow self)
    get {
      CodesView(
        codes: elements(.codes, of: UInt8.self), factors: elements(.factors, of: Float.self),
        center: elements(.center, of: Float.self), stride: header.codeStride)
    }
  }

  /// What exact searches read.
  var view: RowsView {
    @_lifetime(borrow self)
    get {
      RowsView(
        keys: elements(.keys, of: Int64.self), ranks: elements(.ranks, of: UInt32.self),
        vectors: elements(.vectors, of: Float.self), codes: codes,
        residuals: elements(.residual, of: UInt8.self), dimension: header.dimension,
        metric: header.metric)
    }
  }

  /// The cells.
  var cells: CellsView {
    @_lifetime(borrow self)
    get {
      CellsView(
        cells: elements(.cells, of: Cell.self),
        hubs: CodesView(
          codes: elements(.hubs, of: UInt8.self), factors: elements(.hubfacts, of: Float.self),
          center: elements(.center, of: Float.self), stride: header.codeStride),
        hubBits: elements(.hubbits, of: UInt8.self), members: elements(.members, of: UInt32.self),
        bits: elements(.bits, of: UInt8.self), width: header.bitWidth, shape: header.cells)
    }
  }

  /// A level of the graph.
  @_lifetime(borrow self)
  func level(_ number: Int) -> GraphLevel {
    let count = header.levelCounts[number]
    if number == 0 {
      return GraphLevel(
        links: elements(.links, of: UInt32.self), degree: 2 * header.degree, count: count,
        rows: Span())
    }
    let start = header.levelCounts[1..<number].reduce(0, +) * header.degree
    return GraphLevel(
      links: elements(.uplinks, of: UInt32.self).extracting(
        start..<start + count * header.degree),
      degree: header.degree, count: count,
      rows: elements(.uprows, of: UInt32.self).extracting(first: count))
  }
}

extension Segment {
  /// All keys, ascending. O(n).
  public var keys: [Int64] {
    let keys = elements(.keys, of: Int64.self)
    return keys.indices.map { keys[$0] }
  }

  /// The row number of a key, or nil where the segment does not hold it. O(log n).
  public func row(of key: Int64) -> Int? {
    guard let rank = elements(.keys, of: Int64.self).row(of: key) else { return nil }
    let row = Int(elements(.rows, of: UInt32.self)[rank])
    return row < count ? row : nil
  }

  /// The vector in a row, as it is searched: for ``Metric/cosine`` of length 1, and rounded in the
  /// compact profile.
  ///
  /// - Precondition: `row` is less than ``count``.
  public func vector(at row: Int) -> [Float] {
    precondition(0..<count ~= row, "There is no such row.")
    var numbers = [Float](repeating: 0, count: header.stride)
    view.read(row, into: &numbers)
    return Array(numbers.prefix(header.dimension))
  }

  /// The vectors of the segment as a set, to be merged with others into a new segment.
  ///
  /// - Parameter excluding: keys whose vectors are not wanted; none if nil.
  /// - Throws: `segment-damaged` where a vector or key cannot be one that was indexed.
  /// - Complexity: O(n · dimension).
  public func vectors(excluding: KeySet? = nil) throws(IndexError) -> VectorSet {
    let keys = keys.filter { !(excluding?.contains($0) ?? false) }
    var numbers: [Float] = []
    numbers.reserveCapacity(keys.count * header.dimension)
    for key in keys {
      guard let row = row(of: key) else {
        throw .damaged(
          info.path, section: SegmentFormat.Tag.rows.name, "the key \(key) has no row")
      }
      numbers.append(contentsOf: vector(at: row))
    }
    do {
      return try VectorSet(
        keys: keys, vectors: numbers, dimension: header.dimension, metric: header.metric)
    } catch {
      let section: SegmentFormat.Tag = error.code == .keyDuplicate ? .keys : .vectors
      throw .damaged(info.path, section: section.name, error.message)
    }
  }
}
