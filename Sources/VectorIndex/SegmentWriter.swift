import Machine

/// Writes the file of a graph, section by section, its rows in the order of a walk.
struct SegmentWriter {
  private let builder: GraphBuilder
  private let source: any VectorSource
  private let order: WalkOrder
  private let identity: SegmentIdentity
  private let path: String

  /// Gets ready to write a finished graph over the vectors of a source to `path`.
  init(
    _ builder: GraphBuilder, _ source: any VectorSource, identity: SegmentIdentity, path: String
  ) {
    self.builder = builder
    self.source = source
    self.identity = identity
    self.path = path
    order = WalkOrder(builder.storage, entry: builder.order.first)
  }

  /// Writes the whole file; returns its header.
  ///
  /// - Throws: `segment-write-failed` or `disk-full`, and what the source throws.
  /// - Complexity: O(bytes).
  func write(to writer: inout FileWriter) throws(IndexError) -> SegmentHeader {
    let options = builder.options
    var header = SegmentHeader(
      identity: identity, count: builder.keys.count, dimension: source.dimension,
      metric: source.metric, profile: options.profile, degree: options.degree,
      constructionEffort: options.constructionEffort, seed: options.seed,
      entry: builder.order.first.map { order.rows[Int($0)] } ?? 0,
      levelCounts: builder.storage.levelCounts)
    let blank = [UInt8](repeating: 0, count: SegmentFormat.headerLength)
    var checksums: [UInt32] = []
    var blocks = BlockChecksums()
    unsafe try append(blank.span.bytes, to: &writer, &blocks)
    for tag in SegmentFormat.Tag.allCases {
      try align(&writer)
      let offset = writer.position
      blocks = BlockChecksums()
      if tag == .checks {
        unsafe try append(checksums.span.bytes, to: &writer, &blocks)
      } else {
        try write(tag, to: &writer, &blocks)
      }
      let found = blocks.finish()
      header.sections.append(
        SegmentHeader.Section(
          tag: tag.name, offset: offset, length: writer.position - offset,
          checksum: SegmentFormat.checksum(of: tag == .checks ? checksums : found)))
      checksums += found
    }
    header.fileLength = writer.position + SegmentFormat.footerLength
    let page = header.encoded()
    let footer = SegmentHeader.footer(for: PageFields(bytes: page))
    unsafe try append(footer.span.bytes, to: &writer, &blocks)
    do { unsafe try writer.overwrite(page.span.bytes, at: 0) } catch {
      throw .unwritable(error, path: path)
    }
    return header
  }

  private func align(_ writer: inout FileWriter) throws(IndexError) {
    do { try writer.align(to: SegmentFormat.pageLength) } catch {
      throw .unwritable(error, path: path)
    }
  }

  private func append(
    _ bytes: RawSpan, to writer: inout FileWriter, _ blocks: inout BlockChecksums
  ) throws(IndexError) {
    blocks.append(bytes)
    do { try writer.write(bytes) } catch { throw .unwritable(error, path: path) }
  }

  /// Writes a section but the last one.
  private func write(
    _ tag: SegmentFormat.Tag, to writer: inout FileWriter, _ blocks: inout BlockChecksums
  ) throws(IndexError) {
    switch tag {
    case .keys: unsafe try append(builder.keys.span.bytes, to: &writer, &blocks)
    case .rows: unsafe try append(order.rows.span.bytes, to: &writer, &blocks)
    // The builder's rows have the order of the keys.
    case .ranks: unsafe try append(order.sources.span.bytes, to: &writer, &blocks)
    case .center: unsafe try append(builder.codes.center.span.bytes, to: &writer, &blocks)
    case .uprows:
      let upper = builder.storage.levelCounts.dropFirst().first ?? 0
      let rows = builder.order.prefix(upper).map { order.rows[Int($0)] }
      unsafe try append(rows.span.bytes, to: &writer, &blocks)
    case .uplinks:
      unsafe try append(builder.storage.links(1, andAbove: true).bytes, to: &writer, &blocks)
    case .factors, .codes, .residual, .vectors, .links:
      var start = 0
      while start < order.sources.count {
        let part = order.sources[start..<min(start + 1_024, order.sources.count)]
        try write(tag, of: part, to: &writer, &blocks)
        start = part.endIndex
      }
    case .checks: break
    }
  }

  /// Writes what belongs to some of the builder's rows.
  private func write(
    _ tag: SegmentFormat.Tag, of rows: ArraySlice<UInt32>, to writer: inout FileWriter,
    _ blocks: inout BlockChecksums
  ) throws(IndexError) {
    switch tag {
    case .factors:
      let factors = factors(of: rows)
      unsafe try append(factors.span.bytes, to: &writer, &blocks)
    case .codes:
      let codes = codes(of: rows)
      unsafe try append(codes.span.bytes, to: &writer, &blocks)
    case .residual where builder.options.profile == .compact:
      let residuals = try residuals(of: rows)
      unsafe try append(residuals.span.bytes, to: &writer, &blocks)
    case .vectors where builder.options.profile == .fast:
      let numbers = try vectors(of: rows)
      unsafe try append(numbers.span.bytes, to: &writer, &blocks)
    case .links:
      let links = links(of: rows)
      unsafe try append(links.span.bytes, to: &writer, &blocks)
    default: break
    }
  }

  private func factors(of rows: ArraySlice<UInt32>) -> [Float] {
    let factors = builder.codes.view.factors
    return rows.flatMap { [factors[2 * Int($0)], factors[2 * Int($0) + 1]] }
  }

  private func codes(of rows: ArraySlice<UInt32>) -> [UInt8] {
    let view = builder.codes.view
    var codes: [UInt8] = []
    codes.reserveCapacity(rows.count * view.stride)
    for row in rows {
      let numbers = view.row(Int(row))
      for i in numbers.indices { codes.append(numbers[i]) }
    }
    return codes
  }

  private func residuals(of rows: ArraySlice<UInt32>) throws(IndexError) -> [UInt8] {
    let codes = builder.codes
    var residuals: [UInt8] = []
    for row in rows.map(Int.init) {
      let numbers = try source.row(row)
      residuals += CodeResiduals.encode(
        numbers, center: codes.center, scale: codes.view.factors[2 * row],
        codes: codes.view.row(row))
    }
    return residuals
  }

  private func vectors(of rows: ArraySlice<UInt32>) throws(IndexError) -> [Float] {
    var numbers: [Float] = []
    for row in rows {
      let row = try source.row(Int(row))
      numbers += row
    }
    return numbers
  }

  private func links(of rows: ArraySlice<UInt32>) -> [UInt32] {
    rows.flatMap { row in
      let links = builder.storage.neighbors(0, row).map { order.rows[Int($0)] }
      let free = builder.storage.width(0) - links.count
      return links + Array(repeating: GraphLevel.none, count: free)
    }
  }
}
