import Machine

extension Segment {
  /// Reads the whole file and checks everything: the checksum of every block, the padding, the
  /// order of the keys, the numbers of the vectors, each link, and that every vector can be
  /// reached.
  ///
  /// - Throws: `segment-damaged`, naming the file, the section and the remedy.
  /// - Complexity: O(bytes), and O(n · degree · log degree) for the links; a byte a vector of
  ///   memory.
  public func verify() throws(IndexError) {
    try verifyChecksums()
    try verifyPadding()
    try verifyKeys()
    try verifyRows()
    try verifyVectors()
    if header.kind == .cells {
      try verifyCells()
    } else {
      for number in header.levelCounts.indices { try verifyLinks(number) }
      try verifyUpperRows()
      try verifyReach()
    }
  }

  func damaged(_ tag: SegmentFormat.Tag, _ reason: String) -> IndexError {
    .damaged(info.path, section: tag.name, reason)
  }

  private func verifyChecksums() throws(IndexError) {
    let checks = elements(.checks, of: UInt32.self)
    var first = 0
    for section in header.sections {
      let bytes = bytes.extracting(section.offset..<section.end)
      if section.tag == SegmentFormat.Tag.checks.name {
        guard CRC32C(bytes).value == section.checksum else {
          throw damaged(.checks, "its checksum does not match")
        }
        continue
      }
      let count = SegmentFormat.blocks(section.length)
      let expected = (first..<first + count).map { UInt32(littleEndian: checks[$0]) }
      guard SegmentFormat.checksum(of: expected) == section.checksum else {
        throw damaged(.checks, "the checksums of “\(section.tag)” do not match the header")
      }
      let found = SegmentFormat.blockChecksums(bytes)
      if let block = found.indices.first(where: { found[$0] != expected[$0] }) {
        throw .damaged(
          info.path, section: section.tag,
          "the checksum of block \(block) (64 KiB each, from 0) does not match")
      }
      first += count
    }
  }

  private func verifyPadding() throws(IndexError) {
    var end = SegmentFormat.headerLength
    for section in header.sections {
      let gap = bytes.extracting(end..<section.offset)
      let isZero = unsafe gap.withUnsafeBytes { unsafe $0.allSatisfy { $0 == 0 } }
      guard isZero else {
        throw .damaged(
          info.path, section: section.tag, "there is data in the padding before it")
      }
      end = section.end
    }
    guard end == header.fileLength - SegmentFormat.footerLength else {
      throw .damaged(info.path, section: "footer", "it does not follow the last section")
    }
  }

  private func verifyKeys() throws(IndexError) {
    let keys = elements(.keys, of: Int64.self)
    for row in 1..<max(1, keys.count) where keys[row - 1] >= keys[row] {
      throw damaged(.keys, "the keys \(keys[row - 1]) and \(keys[row]) do not ascend")
    }
  }

  /// The keys and the rows name each other.
  private func verifyRows() throws(IndexError) {
    let rows = elements(.rows, of: UInt32.self)
    let ranks = elements(.ranks, of: UInt32.self)
    for rank in 0..<count {
      let row = Int(rows[rank])
      guard row < count else { throw damaged(.rows, "row \(row) lies outside of the vectors") }
      guard Int(ranks[row]) == rank else {
        throw damaged(.ranks, "row \(row) and its key do not belong together")
      }
    }
  }

  private func verifyVectors() throws(IndexError) {
    let keys = elements(.keys, of: Int64.self)
    let ranks = elements(.ranks, of: UInt32.self)
    let numbers = elements(.vectors, of: Float.self)
    let center = elements(.center, of: Float.self)
    guard center.indices.allSatisfy({ center[$0].isFinite }) else {
      throw damaged(.center, "it holds a NaN or an infinity")
    }
    // Rounded vectors have about the length of the vectors.
    let tolerance = header.profile == .fast ? 1e-6 : 0.1
    var row = [Float](repeating: 0, count: header.stride)
    for number in 0..<count {
      try verifyCodes(codes, number, .codes, .factors)
      view.read(number, into: &row)
      var squares = 0.0
      for i in 0..<header.dimension { squares += Double(row[i]) * Double(row[i]) }
      guard squares.isFinite,
        !header.metric.isNormalized || (squares - 1).magnitude < tolerance
      else {
        throw damaged(
          header.profile == .fast ? .vectors : .factors,
          "the vector of key \(keys[Int(ranks[number])]) has the wrong length")
      }
      guard header.profile == .fast else { continue }
      let start = number * header.stride
      for i in start + header.dimension..<start + header.stride where numbers[i] != 0 {
        throw damaged(
          .vectors, "the padding of key \(keys[Int(ranks[number])]) is not zero")
      }
    }
  }

  /// Codes are −127 to 127 plus 128, and 128 in their padding; factors are finite.
  func verifyCodes(
    _ codes: borrowing CodesView, _ row: Int, _ section: SegmentFormat.Tag,
    _ factorSection: SegmentFormat.Tag
  ) throws(IndexError) {
    let bytes = codes.row(row)
    for i in bytes.indices where bytes[i] == 0 || i >= header.dimension && bytes[i] != 128 {
      throw damaged(section, "row \(row) has an impossible code")
    }
    guard codes.factors[2 * row] >= 0, codes.factors[2 * row] < .infinity,
      codes.factors[2 * row + 1].isFinite
    else { throw damaged(factorSection, "row \(row) has an impossible factor") }
  }

  private func verifyLinks(_ number: Int) throws(IndexError) {
    let level = level(number)
    let tag = level.section
    func impossible(_ node: Int, _ link: UInt32) -> IndexError {
      damaged(tag, "node \(node) of level \(number) has an impossible link to \(link)")
    }
    var links: [UInt32] = []
    for node in 0..<level.count {
      links.removeAll(keepingCapacity: true)
      var isEnded = false
      for place in node * level.degree..<(node + 1) * level.degree {
        let link = level.links[place]
        if link == GraphLevel.none {
          isEnded = true
          continue
        }
        guard !isEnded, Int(link) < level.count, Int(link) != node else {
          throw impossible(node, link)
        }
        links.append(link)
      }
      links.sort()
      for (link, next) in zip(links, links.dropFirst()) where link == next {
        throw impossible(node, link)
      }
    }
  }

  private func verifyUpperRows() throws(IndexError) {
    let rows = elements(.uprows, of: UInt32.self)
    guard rows.isEmpty || rows[0] == header.entry else {
      throw damaged(.uprows, "its first row is not the entry")
    }
    var isSeen = [Bool](repeating: false, count: count)
    for node in rows.indices {
      let row = Int(rows[node])
      guard row < count, !isSeen[row] else {
        throw damaged(.uprows, "row \(row) is out of range or stands there twice")
      }
      isSeen[row] = true
    }
  }

  private func verifyReach() throws(IndexError) {
    guard count > 0 else { return }
    var reach = Reach(count: count)
    reach.spread(from: header.entry, level(0))
    guard reach.count == count else {
      throw damaged(.links, "\(count - reach.count) vectors cannot be reached")
    }
  }
}
