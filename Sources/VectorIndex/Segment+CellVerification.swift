import Machine

extension Segment {
  /// The cells follow each other, every vector is a member of two of them, or of the only one, and
  /// all codes are such as can be.
  ///
  /// - Throws: `segment-damaged`.
  /// - Complexity: O(n), without the bits, which the checksums guard.
  func verifyCells() throws(IndexError) {
    let (cells, members) = (cells.cells, cells.members)
    var memberships = [UInt8](repeating: 0, count: count)
    var latest = [UInt32](repeating: CellsView.none, count: count)
    let expected = header.cells.count > 1 ? 2 : 1
    var block = 0
    for number in cells.indices {
      let cell = cells[number]
      let size = BitCodes.blocks(Int(cell.count))
      guard Int(cell.block) == block, size <= header.cells.blocks - block,
        0..<Float.infinity ~= cell.radius, 0..<Float.infinity ~= cell.square
      else { throw damaged(.cells, "cell \(number) is impossible") }
      for place in 0..<size * BitCodes.blockRows {
        let row = members[block * BitCodes.blockRows + place]
        guard place < Int(cell.count) else {
          if row == CellsView.none { continue }
          throw damaged(.members, "cell \(number) has a member too many")
        }
        guard Int(row) < count else {
          throw damaged(.members, "row \(row) of cell \(number) lies outside of the vectors")
        }
        guard latest[Int(row)] != UInt32(number) else {
          throw damaged(.members, "row \(row) is twice a member of cell \(number)")
        }
        latest[Int(row)] = UInt32(number)
        memberships[Int(row)] += memberships[Int(row)] < .max ? 1 : 0
      }
      block += size
      try verifyCodes(self.cells.hubs, number, .hubs, .hubfacts)
    }
    guard block == header.cells.blocks else {
      throw damaged(.cells, "the last cell does not end where the codes do")
    }
    if let row = memberships.firstIndex(where: { $0 != expected }) {
      throw damaged(.members, "row \(row) is a member of \(memberships[row]) cells")
    }
    for number in cells.indices {
      try verifyBits(.bits, block: Int(cells[number].block), rows: Int(cells[number].count))
    }
    try verifyBits(.hubbits, block: 0, rows: header.cells.count)
  }

  /// The factors and offsets of rows in blocks of one-bit codes are finite, and those of places
  /// without a row such that it is never found.
  private func verifyBits(
    _ tag: SegmentFormat.Tag, block: Int, rows: Int
  ) throws(IndexError) {
    let numbers = elements(tag, of: Float.self)
    let length = header.bitBlockLength / MemoryLayout<Float>.stride
    for place in 0..<BitCodes.blocks(rows) * BitCodes.blockRows {
      let (within, lane) = place.quotientAndRemainder(dividingBy: BitCodes.blockRows)
      let end = (block + within + 1) * length
      let factor = numbers[end - 2 * BitCodes.blockRows + lane]
      let offset = numbers[end - BitCodes.blockRows + lane]
      let isPossible =
        place < rows
        ? 0..<Float.infinity ~= factor && offset.isFinite : factor == 0 && offset == -.infinity
      guard isPossible else {
        throw damaged(tag, "place \(lane) of block \(block + within) has impossible factors")
      }
    }
  }
}
