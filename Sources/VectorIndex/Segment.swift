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
  /// The sections of version 1, by their tags.
  private let sections: [SegmentHeader.Section]
  let scratch = ScratchPool()

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
    sections = SegmentFormat.Tag.allCases.compactMap(header.section)
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
      path: path, formatVersion: version.text, identity: identity, count: count,
      dimension: dimension, metric: metric, degree: degree,
      constructionEffort: constructionEffort, seed: seed, byteCount: fileLength,
      levels: levelCounts)
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

  /// What exact searches read.
  var view: RowsView {
    @_lifetime(borrow self)
    get {
      RowsView(
        keys: elements(.keys, of: Int64.self), vectors: elements(.vectors, of: Float.self),
        stride: header.stride, dimension: header.dimension, metric: header.metric)
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
  public func row(of key: Int64) -> Int? { elements(.keys, of: Int64.self).row(of: key) }

  /// The vector in a row, as it is searched: for ``Metric/cosine`` of length 1.
  ///
  /// - Precondition: `row` is less than ``count``.
  public func vector(at row: Int) -> [Float] {
    precondition(0..<count ~= row, "There is no such row.")
    let numbers = elements(.vectors, of: Float.self)
    return (row * header.stride..<row * header.stride + header.dimension).map { numbers[$0] }
  }

  /// The vectors of the segment as a set, to be merged with others into a new segment.
  ///
  /// - Parameter allowing: whether a key's vector is wanted; every one if nil.
  /// - Throws: `segment-damaged` where a vector or key cannot be one that was indexed.
  /// - Complexity: O(n · dimension).
  public func vectors(allowing: ((Int64) -> Bool)? = nil) throws(IndexError) -> VectorSet {
    let keys = keys
    let rows = keys.indices.filter { allowing?(keys[$0]) ?? true }
    var numbers: [Float] = []
    numbers.reserveCapacity(rows.count * header.dimension)
    for row in rows { numbers.append(contentsOf: vector(at: row)) }
    do {
      return try VectorSet(
        keys: rows.map { keys[$0] }, vectors: numbers, dimension: header.dimension,
        metric: header.metric)
    } catch {
      let section: SegmentFormat.Tag = error.code == .keyDuplicate ? .keys : .vectors
      throw .damaged(info.path, section: section.name, error.message)
    }
  }
}
