import Machine

extension GraphBuilder {
  /// Adds links on level 0 until every node can be reached from the entry point.
  ///
  /// Selection can leave a node without a link that leads to it. Such a node gets one from the
  /// nearest node that is reached and has a place free; if none has, the nearest gives up a link
  /// to a node t, and the unreached node leads on to t: what was reached stays reached.
  ///
  /// - Complexity: O(n · degree), and a search for each unreached node.
  func connectAll() {
    guard let entry = order.first else { return }
    var reach = Reach(count: keys.count)
    reach.spread(from: entry, level(0))
    for row in order where !reach.isReached(row) {
      let source = scratch.withScratch { scratch in nearestReached(to: row, reach, &scratch) }
      var links = storage.neighbors(0, source)
      if links.count == storage.width(0), let given = links.popLast() {
        var onward = storage.neighbors(0, row).filter { $0 != given }
        if onward.count == storage.width(0) { onward.removeLast() }
        storage.setNeighbors(0, row, to: onward + [given])
      }
      storage.setNeighbors(0, source, to: links + [row])
      reach.spread(from: row, level(0))
    }
  }

  /// The nearest reached node with a place free, else the nearest reached node.
  private func nearestReached(
    to row: UInt32, _ reach: Reach, _ scratch: inout SearchScratch
  ) -> UInt32 {
    let entry = order[0]
    codes.view.prepare(&scratch.codes, row: row, metric: metric)
    walk.search(
      level(0), from: [entry], effort: options.constructionEffort,
      allowing: { reach.isReached($0) }, &scratch)
    let found = scratch.found.map(\.id)
    return found.first { storage.neighbors(0, $0).count < storage.width(0) }
      ?? found.first ?? entry
  }
}

/// Which rows can be reached on level 0.
struct Reach {
  private var reached: [Bool]
  /// How many rows are reached.
  private(set) var count = 0

  init(count: Int) { reached = Array(repeating: false, count: count) }

  func isReached(_ row: UInt32) -> Bool { reached[Int(row)] }

  /// Marks a row, and all that links lead to from it.
  ///
  /// - Precondition: `row` is one of level 0; links out of range are passed over.
  mutating func spread(from row: UInt32, _ level: borrowing GraphLevel) {
    var waiting: [UInt32] = []
    mark(row, &waiting)
    while let next = waiting.popLast() {
      let first = Int(next) * level.degree
      for place in first..<first + level.degree {
        let node = level.links[place]
        if node == GraphLevel.none { break }
        if Int(node) < level.count { mark(node, &waiting) }
      }
    }
  }

  private mutating func mark(_ row: UInt32, _ waiting: inout [UInt32]) {
    guard !reached[Int(row)] else { return }
    reached[Int(row)] = true
    count += 1
    waiting.append(row)
  }
}
