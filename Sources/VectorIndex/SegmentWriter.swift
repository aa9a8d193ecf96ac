import Machine

/// What a segment holds beside its vectors: a graph, or cells.
protocol SegmentBody {
  /// The keys in the order of the builder's rows, which is ascending.
  var keys: [Int64] { get }
  /// The vectors in codes, in the order of the builder's rows.
  var codes: VectorCodes { get }
  /// The order of the rows in the segment.
  var order: RowOrder { get }
  /// Which it is.
  var kind: IndexKind { get }

  /// Says in the header how it is made.
  func describe(_ header: inout SegmentHeader)

  /// Hands on the bytes of a section of its own, part by part.
  func write(
    _ tag: SegmentFormat.Tag, _ append: (RawSpan) throws(IndexError) -> Void
  ) throws(IndexError)
}

/// Writes the file of a segment, section by section.
struct SegmentWriter {
  let body: any SegmentBody
  let source: any VectorSource
  let options: IndexOptions
  let identity: SegmentIdentity
  let path: String

  private var order: RowOrder { body.order }

  /// Writes the whole file; returns its header.
  ///
  /// - Throws: `segment-write-failed` or `disk-full`, and what the source throws.
  /// - Complexity: O(bytes).
  func write(to writer: inout FileWriter) throws(IndexError) -> SegmentHeader {
    var header = SegmentHeader(
      identity: identity, kind: body.kind, count: body.keys.count, dimension: source.dimension,
      metric: source.metric, profile: options.profile, degree: options.degree,
      constructionEffort: options.constructionEffort, seed: options.seed, entry: 0,
      levelCounts: [])
    body.describe(&header)
    let blank = [UInt8](repeating: 0, count: SegmentFormat.headerLength)
    var checksums: [UInt32] = []
    var blocks = BlockChecksums()
    unsafe try append(blank.span.bytes, to: &writer, &blocks)
    for tag in SegmentFormat.Tag.all(of: body.kind) {
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
    case .keys: unsafe try append(body.keys.span.bytes, to: &writer, &blocks)
    case .rows: unsafe try append(order.rows.span.bytes, to: &writer, &blocks)
    // The builder's rows have the order of the keys.
    case .ranks: unsafe try append(order.sources.span.bytes, to: &writer, &blocks)
    case .center: unsafe try append(body.codes.center.span.bytes, to: &writer, &blocks)
    case .factors, .codes, .residual, .vectors:
      var start = 0
      while start < order.sources.count {
        let part = order.sources[start..<min(start + 1_024, order.sources.count)]
        try write(tag, of: part, to: &writer, &blocks)
        start = part.endIndex
      }
    case .checks: break
    default:
      try body.write(tag) { (bytes) throws(IndexError) in
        try append(bytes, to: &writer, &blocks)
      }
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
    case .residual where options.profile == .compact:
      let residuals = try residuals(of: rows)
      unsafe try append(residuals.span.bytes, to: &writer, &blocks)
    case .vectors where options.profile == .fast:
      let numbers = try vectors(of: rows)
      unsafe try append(numbers.span.bytes, to: &writer, &blocks)
    default: break
    }
  }

  private func factors(of rows: ArraySlice<UInt32>) -> [Float] {
    let factors = body.codes.view.factors
    return rows.flatMap { [factors[2 * Int($0)], factors[2 * Int($0) + 1]] }
  }

  private func codes(of rows: ArraySlice<UInt32>) -> [UInt8] {
    let view = body.codes.view
    var codes: [UInt8] = []
    codes.reserveCapacity(rows.count * view.stride)
    for row in rows {
      let numbers = view.row(Int(row))
      for i in numbers.indices { codes.append(numbers[i]) }
    }
    return codes
  }

  private func residuals(of rows: ArraySlice<UInt32>) throws(IndexError) -> [UInt8] {
    let codes = body.codes
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
}

/// The graph of a segment, its rows in the order of a walk.
struct GraphBody: SegmentBody {
  let builder: GraphBuilder
  let order: RowOrder

  /// A finished graph.
  init(_ builder: GraphBuilder) {
    self.builder = builder
    order = RowOrder(builder.storage, entry: builder.order.first)
  }

  var keys: [Int64] { builder.keys }
  var codes: VectorCodes { builder.codes }
  var kind: IndexKind { .graph }

  func describe(_ header: inout SegmentHeader) {
    header.entry = builder.order.first.map { order.rows[Int($0)] } ?? 0
    header.levelCounts = builder.storage.levelCounts
  }

  func write(
    _ tag: SegmentFormat.Tag, _ append: (RawSpan) throws(IndexError) -> Void
  ) throws(IndexError) {
    switch tag {
    case .links:
      var start = 0
      while start < order.sources.count {
        let part = order.sources[start..<min(start + 1_024, order.sources.count)]
        let links = links(of: part)
        unsafe try append(links.span.bytes)
        start = part.endIndex
      }
    case .uprows:
      let upper = builder.storage.levelCounts.dropFirst().first ?? 0
      let rows = builder.order.prefix(upper).map { order.rows[Int($0)] }
      unsafe try append(rows.span.bytes)
    case .uplinks: unsafe try append(builder.storage.links(1, andAbove: true).bytes)
    default: break
    }
  }

  private func links(of rows: ArraySlice<UInt32>) -> [UInt32] {
    rows.flatMap { row in
      let links = builder.storage.neighbors(0, row).map { order.rows[Int($0)] }
      let free = builder.storage.width(0) - links.count
      return links + Array(repeating: GraphLevel.none, count: free)
    }
  }
}

extension CellBuilder: SegmentBody {
  var kind: IndexKind { .cells }

  func describe(_ header: inout SegmentHeader) { header.cells = shape }

  func write(
    _ tag: SegmentFormat.Tag, _ append: (RawSpan) throws(IndexError) -> Void
  ) throws(IndexError) {
    switch tag {
    case .cells: unsafe try append(cells.span.bytes)
    case .hubs: unsafe try append(hubs.span.bytes)
    case .hubfacts: unsafe try append(hubFactors.span.bytes)
    case .hubbits: unsafe try append(hubBits.span.bytes)
    case .members: unsafe try append(members.span.bytes)
    case .bits: unsafe try append(bits.span.bytes)
    default: break
    }
  }
}
