/// What chance has to do with a mean over queries: drawing them anew, the same in every run.
enum Resampling {
  /// How often queries are drawn.
  static let rounds = 10_000
  /// Up to so many differences all ways to share out their signs are counted, not a sample.
  static let countedWhole = 13

  /// The interval that holds the mean over queries like these in 95 of 100 sets, by the percentiles
  /// of means over queries that are drawn from the given ones with replacement (Efron and Tibshirani
  /// 1993).
  ///
  /// It is too narrow for less than some twenty queries.
  ///
  /// - Complexity: O(*n*) for each of ``rounds``.
  static func interval(ofMean values: [Double]) -> ClosedRange<Double> {
    guard !values.isEmpty else { return 0...0 }
    var generator = SeededGenerator(seed: 1)
    let means = (0..<rounds).map { _ in
      var sum = 0.0
      for _ in values.indices { sum += values[generator.index(below: values.count)] }
      return sum / Double(values.count)
    }.sorted()
    let tail = rounds / 40
    return means[tail]...means[rounds - 1 - tail]
  }

  /// How probable a mean difference at least as great, in either direction, is where both runs are
  /// equally good: Fisher's randomisation test for pairs (Smucker, Allan and Carterette 2007).
  ///
  /// Where the runs are equally good, the sign of each difference is as good as a coin's toss. All
  /// tosses are counted where there are few differences; else ``rounds`` are drawn, and what was
  /// seen counts as one more of them, so that the result is never 0 (Phipson and Smyth 2010).
  ///
  /// - Parameter differences: of each query; those of 0 count in neither direction.
  /// - Complexity: O(*n*) for each of ``rounds``.
  static func probability(ofDifferences differences: [Double]) -> Double {
    let moved = differences.filter { $0 != 0 }
    let size = moved.reduce(0) { $0 + abs($1) }
    // Sums in another order differ by roundings alone.
    let seen = abs(moved.reduce(0, +)) - 1e-12 * size
    if moved.count <= countedWhole {
      let tosses = UInt64(1) << UInt64(moved.count)
      let count = (0..<tosses).count { toss in abs(sum(of: moved, signs: toss)) >= seen }
      return Double(count) / Double(tosses)
    }
    var generator = SeededGenerator(seed: 1)
    var count = 1
    for _ in 0..<rounds {
      var sum = 0.0
      for start in stride(from: 0, to: moved.count, by: 64) {
        sum += Self.sum(of: moved[start..<min(start + 64, moved.count)], signs: generator.next())
      }
      if abs(sum) >= seen { count += 1 }
    }
    return Double(count) / Double(rounds + 1)
  }

  /// The sum of at most 64 numbers, each turned round where its bit of `signs` is set.
  private static func sum(of numbers: some Sequence<Double>, signs: UInt64) -> Double {
    var signs = signs
    var sum = 0.0
    for number in numbers {
      sum += Double(bitPattern: number.bitPattern ^ (signs << 63))
      signs >>= 1
    }
    return sum
  }
}

/// Numbers that look random and are the same in every run (SplitMix64; Steele, Lea and Flood 2014).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number from 0 to below `count`; no standard library may choose another one for the seed.
  mutating func index(below count: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(count)).high)
  }

  /// A number from 0 to below 1.
  mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }
}
