extension UnicodeTables {
  /// One entry: every `step`-th scalar of a range, and what its first is mapped to.
  private struct Item {
    var scalars: ClosedRange<UInt32>
    var step: Int
    var targets: [UInt32]
  }

  /// The ranges of a table without targets.
  static func ranges(_ table: StaticString) -> [ClosedRange<UInt32>] {
    items(table).map(\.scalars)
  }

  /// The targets of each scalar of a table.
  static func mappings(_ table: StaticString) -> [UInt32: [UInt32]] {
    var mappings: [UInt32: [UInt32]] = [:]
    for item in items(table) {
      let first = item.scalars.lowerBound
      for scalar in stride(from: first, through: item.scalars.upperBound, by: item.step) {
        mappings[scalar] = item.targets.map { $0 + (scalar - first) }
      }
    }
    return mappings
  }

  /// The canonical combining class of each scalar where that is not zero.
  static var combiningClassOfScalar: [UInt32: UInt8] {
    var classes: [UInt32: UInt8] = [:]
    for item in items(combiningClasses) {
      for scalar in item.scalars { classes[scalar] = item.targets.first.map(UInt8.init) }
    }
    return classes
  }

  private static func items(_ table: StaticString) -> [Item] {
    table.description.split(separator: " ").compactMap { word in
      let sides = word.split(separator: "=")
      let range = sides[0].split(separator: "/")
      let bounds = range[0].split(separator: "-").compactMap { UInt32($0, radix: 16) }
      guard let first = bounds.first, let last = bounds.last, first <= last else { return nil }
      let targets = sides.count < 2 ? [] : sides[1].split(separator: "+")
      return Item(
        scalars: first...last, step: range.count < 2 ? 1 : Int(range[1]) ?? 1,
        targets: targets.compactMap { UInt32($0, radix: 16) })
    }
  }
}
