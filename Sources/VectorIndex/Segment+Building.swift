import Machine

extension Segment {
  /// Builds a segment file of vectors.
  ///
  /// - Parameters:
  ///   - keys: a key for each vector, in any order, without duplicates.
  ///   - vectors: the vectors one after another: `keys.count` × `dimension` numbers.
  ///   - dimension: how many numbers a vector has.
  ///   - metric: how near two vectors are.
  ///   - options: how the graph is built.
  ///   - identity: to which store the segment belongs.
  ///   - path: where the file shall appear; see ``build(_:options:identity:to:progress:)``.
  ///   - progress: is told how many vectors are linked, on the calling thread.
  /// - Returns: what the file's header says.
  /// - Throws: as ``VectorSet/init(keys:vectors:dimension:metric:)`` and
  ///   ``build(_:options:identity:to:progress:)``.
  /// - Complexity: O(n log n · degree · dimension) expected.
  @discardableResult
  public static func build(
    keys: [Int64], vectors: [Float], dimension: Int, metric: Metric,
    options: IndexOptions = IndexOptions(), identity: SegmentIdentity, to path: String,
    progress: ((Int) -> Void)? = nil
  ) throws(IndexError) -> SegmentInfo {
    let set = try VectorSet(keys: keys, vectors: vectors, dimension: dimension, metric: metric)
    return try build(set, options: options, identity: identity, to: path, progress: progress)
  }

  /// Builds a segment file of a set of vectors.
  ///
  /// The file is the same, byte for byte, for the same set, options and identity, whatever the
  /// number of threads. It appears whole under `path`, durable, or not at all: a crash leaves the
  /// old file or the new one.
  ///
  /// - Parameters:
  ///   - vectors: the vectors; none makes a segment that finds nothing.
  ///   - options: how the graph is built.
  ///   - identity: to which store the segment belongs.
  ///   - path: where the file shall appear; its folder must exist.
  ///   - progress: is told how many vectors are linked, on the calling thread.
  /// - Returns: what the file's header says.
  /// - Throws: `option-invalid`, `segment-write-failed` or `disk-full`.
  /// - Complexity: O(n log n · degree · dimension) expected. The memory is that of the set and
  ///   of the links, 8 · degree bytes a vector.
  @discardableResult
  public static func build(
    _ vectors: VectorSet, options: IndexOptions = IndexOptions(), identity: SegmentIdentity,
    to path: String, progress: ((Int) -> Void)? = nil
  ) throws(IndexError) -> SegmentInfo {
    try options.check()
    let builder = GraphBuilder(vectors, options: options)
    builder.build(progress: progress)
    let header = SegmentHeader(
      identity: identity, count: vectors.count, dimension: vectors.dimension,
      metric: vectors.metric, degree: options.degree,
      constructionEffort: options.constructionEffort, seed: options.seed,
      entry: builder.order.first ?? 0, levelCounts: builder.storage.levelCounts)
    do {
      return try AtomicFile.publish(path) { (writer) throws(MachineError) in
        try write(header, builder, to: &writer).info(path: path)
      }
    } catch {
      throw .unwritable(error, path: path)
    }
  }

  /// Writes a whole file; returns its header with the sections filled in.
  private static func write(
    _ header: SegmentHeader, _ builder: GraphBuilder, to writer: inout FileWriter
  ) throws(MachineError) -> SegmentHeader {
    var header = header
    var checksums: [UInt32] = []
    try writer.write([UInt8](repeating: 0, count: SegmentFormat.headerLength))
    for tag in SegmentFormat.Tag.allCases {
      try writer.align(to: SegmentFormat.pageLength)
      let offset = writer.position
      let checksum: UInt32
      if tag == .checks {
        checksum = SegmentFormat.checksum(of: checksums)
        try writer.write(checksums)
      } else {
        let blocks = try write(tag, builder, to: &writer)
        checksum = SegmentFormat.checksum(of: blocks)
        checksums += blocks
      }
      header.sections.append(
        SegmentHeader.Section(
          tag: tag.name, offset: offset, length: writer.position - offset,
          checksum: checksum))
    }
    header.fileLength = writer.position + SegmentFormat.footerLength
    let page = header.encoded()
    try writer.write(SegmentHeader.footer(for: PageFields(bytes: page)))
    unsafe try writer.overwrite(page.span.bytes, at: 0)
    return header
  }

  /// Writes a section; returns the checksums of its blocks.
  private static func write(
    _ tag: SegmentFormat.Tag, _ builder: GraphBuilder, to writer: inout FileWriter
  ) throws(MachineError) -> [UInt32] {
    let storage = builder.storage
    let bytes: RawSpan
    switch tag {
    case .keys: bytes = unsafe builder.vectors.keys.span.bytes
    case .vectors: bytes = unsafe builder.vectors.rows.span.bytes
    case .links: bytes = unsafe storage.links(0).bytes
    case .uprows:
      let upper = storage.levelCounts.count > 1 ? storage.levelCounts[1] : 0
      bytes = unsafe builder.order.span.extracting(first: upper).bytes
    case .uplinks: bytes = unsafe storage.links(1, andAbove: true).bytes
    case .checks: bytes = RawSpan()
    }
    try writer.write(bytes)
    return SegmentFormat.blockChecksums(bytes)
  }
}
