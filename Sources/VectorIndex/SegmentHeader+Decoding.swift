import Machine

extension SegmentHeader {
  /// Reads the header and the footer of a file, and checks that everything they say fits
  /// together and into the file. Nothing of the sections is read.
  ///
  /// - Throws: `segment-unrecognized`, `segment-too-new` or `segment-damaged`.
  /// - Complexity: O(1).
  init(reading file: RawSpan, path: String) throws(IndexError) {
    let page = try SegmentHeader.page(of: file, path: path)
    func damaged(_ reason: String) -> IndexError { .damaged(path, section: "header", reason) }
    func number(_ offset: Int) -> Int { Int(page.load(UInt32.self, at: offset)) }

    guard page.load(UInt32.self, at: Offset.endianness) == SegmentFormat.endianness,
      number(Offset.headerLength) == SegmentFormat.headerLength,
      number(Offset.blockLength) == SegmentFormat.blockLength
    else { throw damaged("the byte order or a fixed length is not that of the format") }
    let metrics = SegmentHeader.metrics
    let place = Int(page.bytes[Offset.metric])
    let profiles = SegmentFormat.profiles
    let profilePlace = Int(page.bytes[Offset.profile])
    let kinds = SegmentFormat.kinds
    let kindPlace = Int(page.bytes[Offset.kind])
    guard let metric = place < metrics.count ? metrics[place] : nil,
      let profile = profilePlace < profiles.count ? profiles[profilePlace] : nil,
      let kind = kindPlace < kinds.count ? kinds[kindPlace] : nil,
      page.bytes[Offset.normalized] == (metric.isNormalized ? 1 : 0)
    else { throw damaged("the metric, the kind or the profile is unknown") }
    guard let count = Int(exactly: page.load(UInt64.self, at: Offset.count)),
      count <= VectorSet.countLimit,
      1...VectorSet.dimensionLimit ~= number(Offset.dimension),
      number(Offset.stride) == VectorSet.stride(dimension: number(Offset.dimension)),
      IndexOptions.degrees ~= number(Offset.degree),
      number(Offset.baseDegree) == 2 * number(Offset.degree),
      number(Offset.levels) <= GraphBuilder.levelLimit,
      number(Offset.entry) < max(1, count)
    else { throw damaged("a count lies outside of its range") }
    let levelCounts = (0..<GraphBuilder.levelLimit).map { number(Offset.levelCounts + 4 * $0) }
    let levels = levelCounts.prefix(number(Offset.levels))
    guard kind == .cells ? levels.isEmpty : (levels.first ?? 0) == count,
      levels.allSatisfy({ $0 > 0 }),
      zip(levels, levels.dropFirst()).allSatisfy({ $0 >= $1 }),
      levelCounts.dropFirst(levels.count).allSatisfy({ $0 == 0 })
    else { throw damaged("the levels of the graph do not fit together") }
    let cells = CellShape(
      count: number(Offset.cells), blocks: number(Offset.cellBlocks),
      reach: Float(bitPattern: page.load(UInt32.self, at: Offset.cellReach)))
    guard cells.isPossible(kind: kind, count: count, dimension: number(Offset.dimension)) else {
      throw damaged("the cells do not fit together")
    }

    self.init(
      version: SegmentHeader.version(of: page, at: Offset.version),
      identity: SegmentIdentity(
        store: page.uuid(at: Offset.store),
        generation: page.load(UInt64.self, at: Offset.generation),
        sequence: page.load(Int64.self, at: Offset.sequence)),
      kind: kind, count: count, dimension: number(Offset.dimension), metric: metric,
      profile: profile,
      degree: number(Offset.degree), constructionEffort: number(Offset.constructionEffort),
      seed: page.load(UInt64.self, at: Offset.seed), entry: UInt32(number(Offset.entry)),
      levelCounts: Array(levels), cells: cells, fileLength: file.byteCount)
    sections = try SegmentHeader.sections(of: page, fileLength: fileLength, path: path)
    for tag in SegmentFormat.Tag.all(of: kind) {
      guard let section = section(tag), section.isCritical,
        section.length == length(of: tag)
      else {
        throw IndexError.damaged(
          path, section: tag.name, "it is missing, or its length does not fit the counts")
      }
    }
  }

  /// The header's page, once its magic, versions, checksum and the footer are found right.
  private static func page(of file: RawSpan, path: String) throws(IndexError) -> PageFields {
    let least = SegmentFormat.headerLength + SegmentFormat.footerLength
    let page = PageFields(bytes: bytes(file, 0..<min(file.byteCount, SegmentFormat.headerLength)))
    guard page.bytes.starts(with: SegmentFormat.magic) else {
      throw IndexError(
        .segmentUnrecognized,
        "\(path) is not an index file of Hark, or its first bytes are damaged. "
          + "Name another file, or run `hark index rebuild`.",
        path: path, section: "header")
    }
    guard file.byteCount >= least else {
      throw .damaged(path, section: "header", "the file has only \(file.byteCount) bytes")
    }
    // The place of this checksum and of the oldest reader is the same in all versions.
    guard page.checksum(0..<Offset.checksum) == page.load(UInt32.self, at: Offset.checksum) else {
      throw .damaged(path, section: "header", "its checksum does not match")
    }
    let oldest = version(of: page, at: Offset.oldestReader)
    guard oldest.major >= SegmentFormat.version.major else {
      throw IndexError(
        .segmentTooOld,
        "\(path) was written by an older Hark, in format \(oldest.text). "
          + "Run `hark index rebuild`, or build the segment again from its vectors.",
        path: path, section: "header")
    }
    guard oldest.major == SegmentFormat.version.major,
      oldest.minor <= SegmentFormat.version.minor
    else { throw .tooNew(path, needs: "readers of format \(oldest.text)") }
    let length = page.load(UInt64.self, at: Offset.fileLength)
    guard length == UInt64(file.byteCount) else {
      throw .damaged(
        path, section: "footer",
        "the file has \(file.byteCount) bytes where its header says \(length)")
    }
    let footer = bytes(
      file, file.byteCount - SegmentFormat.footerLength..<file.byteCount)
    guard footer == SegmentHeader.footer(for: page) else {
      throw .damaged(path, section: "footer", "it does not repeat what the header says")
    }
    return page
  }

  /// The section table: in ascending order, aligned, without overlaps, inside the file.
  private static func sections(
    of page: PageFields, fileLength: Int, path: String
  ) throws(IndexError) -> [Section] {
    func damaged(_ reason: String) -> IndexError { .damaged(path, section: "header", reason) }
    let count = page.load(UInt32.self, at: Offset.sections)
    guard count <= SegmentFormat.sectionLimit else { throw damaged("it lists too many sections") }
    var sections: [Section] = []
    var free = SegmentFormat.headerLength
    let limit = fileLength - SegmentFormat.footerLength
    for place in 0..<Int(count) {
      let start = Offset.sectionTable + Offset.sectionEntry * place
      let tag = page.bytes[start..<start + 8].prefix { $0 != 0 }
      let section = Section(
        tag: String(decoding: tag, as: UTF8.self),
        version: page.load(UInt16.self, at: start + 8),
        isCritical: page.load(UInt16.self, at: start + 10) & 1 == 1,
        offset: Int(truncatingIfNeeded: page.load(UInt64.self, at: start + 16)),
        length: Int(truncatingIfNeeded: page.load(UInt64.self, at: start + 24)),
        alignment: Int(page.load(UInt32.self, at: start + 12)),
        checksum: page.load(UInt32.self, at: start + 32))
      guard section.alignment == SegmentFormat.pageLength,
        section.offset >= free, section.offset <= limit,
        section.offset.isMultiple(of: SegmentFormat.pageLength),
        section.length >= 0, section.length <= limit - section.offset,
        !sections.contains(where: { $0.tag == section.tag })
      else { throw damaged("the section “\(section.tag)” does not fit into the file") }
      let isKnown =
        SegmentFormat.Tag.allCases.contains { $0.name == section.tag } && section.version == 1
      guard isKnown || !section.isCritical else {
        throw .tooNew(path, needs: "the section “\(section.tag)”, version \(section.version)")
      }
      sections.append(section)
      free = section.end
    }
    return sections
  }

  private static func version(of page: PageFields, at offset: Int) -> SegmentFormat.Version {
    SegmentFormat.Version(
      major: page.load(UInt16.self, at: offset), minor: page.load(UInt16.self, at: offset + 2))
  }

  private static func bytes(_ file: RawSpan, _ range: Range<Int>) -> [UInt8] {
    unsafe file.extracting(range).withUnsafeBytes { unsafe Array($0) }
  }
}

extension IndexError {
  fileprivate static func tooNew(_ path: String, needs need: String) -> IndexError {
    IndexError(
      .segmentTooNew,
      "The index file \(path) needs \(need); this is a reader of format "
        + "\(SegmentFormat.version.text). Use a newer Hark, or run `hark index rebuild`.",
      path: path, section: "header")
  }
}
