/// The order of the rows in a segment: what a search reads one after another lies together.
struct RowOrder {
  /// The builder's row of each row of the segment.
  let sources: [UInt32]
  /// The segment's row of each row of the builder.
  let rows: [UInt32]

  /// The order of some of the builder's rows.
  ///
  /// - Parameter sources: each row of the builder, once.
  init(sources: [UInt32]) {
    self.sources = sources
    var rows = sources
    for (row, source) in sources.enumerated() { rows[Int(source)] = UInt32(row) }
    self.rows = rows
  }

  /// The order of a walk over a graph: breadth first from the entry, over the links of level 0.
  /// Rows that cannot be reached come last.
  ///
  /// - Complexity: O(n · degree).
  init(_ storage: GraphStorage, entry: UInt32?) {
    let count = storage.levelCounts.first ?? 0
    let links = storage.links(0)
    let width = storage.width(0)
    var rows = [UInt32](repeating: GraphLevel.none, count: count)
    var sources: [UInt32] = []
    sources.reserveCapacity(count)
    func add(_ row: UInt32) {
      guard rows[Int(row)] == GraphLevel.none else { return }
      rows[Int(row)] = UInt32(sources.count)
      sources.append(row)
    }
    if let entry { add(entry) }
    var next = 0
    while next < sources.count {
      let first = Int(sources[next]) * width
      for place in first..<first + width {
        let node = links[place]
        if node == GraphLevel.none { break }
        add(node)
      }
      next += 1
    }
    for row in 0..<UInt32(count) { add(row) }
    self.sources = sources
    self.rows = rows
  }
}
