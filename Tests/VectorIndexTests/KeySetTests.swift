import Testing

@testable import VectorIndex

@Suite struct KeySetTests {
  /// Sets of very different shapes: dense, sparse, far apart, negative, at the ends of the range.
  private static func keys(_ shape: Int, _ generator: inout SeededGenerator) -> [Int64] {
    let count = Int.random(in: 0...300, using: &generator)
    return (0..<count).map { _ in
      switch shape {
      case 0: Int64.random(in: 1...500, using: &generator)
      case 1: Int64.random(in: -9_000...9_000, using: &generator)
      case 2: Int64.random(in: .min ... .max, using: &generator)
      case 3: [.min, .max, -1, 0, 1, 4_095, 4_096, 63, 64].randomElement(using: &generator) ?? 0
      default: Int64.random(in: 0...8, using: &generator) << 40
      }
    }
  }

  @Test(arguments: 0..<5) func againstPlainSets(_ shape: Int) {
    var generator = SeededGenerator(state: UInt64(shape))
    for _ in 0..<60 {
      let (a, b) = (Self.keys(shape, &generator), Self.keys(shape, &generator))
      let (left, right) = (Set(a), Set(b))
      let (mine, theirs) = (KeySet(a), KeySet(b.sorted()))
      #expect(Array(mine) == left.sorted())
      #expect(mine.count == left.count && mine.isEmpty == left.isEmpty)
      #expect(Array(mine.union(theirs)) == left.union(right).sorted())
      #expect(Array(mine.intersection(theirs)) == left.intersection(right).sorted())
      #expect(Array(mine.subtracting(theirs)) == left.subtracting(right).sorted())
      #expect(Array(mine.symmetricDifference(theirs)) == left.symmetricDifference(right).sorted())
      #expect(mine.intersection(b.shuffled(using: &generator)) == mine.intersection(theirs))
      #expect((mine == theirs) == (left == right))
      #expect(KeySet(left) == mine && KeySet(left).hashValue == mine.hashValue)
      #expect(mine.subtracting(mine) == KeySet())
      for key in a + b { #expect(mine.contains(key) == left.contains(key)) }
      for key in [Int64.min, -1, 0, 1, 77, 4_096, .max] {
        #expect(mine.contains(key) == left.contains(key))
      }
      let low = a.randomElement(using: &generator) ?? 5
      let high = b.randomElement(using: &generator) ?? 5
      var met: [Int64] = []
      mine.forEach(in: min(low, high)...max(low, high)) { met.append($0) }
      #expect(met == left.filter { min(low, high)...max(low, high) ~= $0 }.sorted())
    }
  }

  @Test(arguments: [
    0...0, 5...700, 63...64, -70 ... -1, -5_000...9_000, 4_095...4_096, Int64.max - 70...Int64.max,
    Int64.min...Int64.min + 70,
  ])
  func ranges(_ range: ClosedRange<Int64>) {
    let set = KeySet(range)
    #expect(Array(set) == Array(range))
    #expect(set == KeySet(range.shuffled()))
    if range.lowerBound > .min { #expect(!set.contains(range.lowerBound - 1)) }
    if range.upperBound < .max { #expect(!set.contains(range.upperBound + 1)) }
  }

  /// Keys far apart take memory by their number, not by their distance.
  @Test func sparseKeysStaySmall() {
    let set = KeySet((0..<1_000).map { Int64($0) << 50 })
    #expect(set.storage.words.count == 64 * 1_000)
    #expect(set.contains(7 << 50) && !set.contains(7 << 50 + 1))
  }
}
