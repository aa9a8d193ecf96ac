import Testing

@testable import Hark

@Suite struct ResamplingTests {
  @Test func whatDoesNotVaryHasNoInterval() {
    #expect(Resampling.interval(ofMean: [0.5, 0.5, 0.5]) == 0.5...0.5)
    #expect(Resampling.interval(ofMean: [0.25]) == 0.25...0.25)
    #expect(Resampling.interval(ofMean: []) == 0...0)
  }

  /// Of 100 tosses of a fair coin 40 to 60 are heads in 95 of 100 cases (binomial distribution).
  @Test func theIntervalOfACoinIsThatOfTheBinomial() {
    let interval = Resampling.interval(ofMean: (0..<100).map { Double($0 % 2) })
    #expect(abs(interval.lowerBound - 0.40) <= 0.01)
    #expect(abs(interval.upperBound - 0.60) <= 0.01)
    #expect(Resampling.interval(ofMean: (0..<100).map { Double($0 % 2) }) == interval)
  }

  /// Counted by hand over all signs.
  @Test(
    arguments: [
      ([], 1), ([0, 0], 1), ([0.5], 1), ([1, 1, 1], 0.25), ([1, 2, 3], 0.25), ([1, -1], 1),
      ([3, 1, -1], 0.75), ([0, 1, 0, 1, 1], 0.25), ([-1, -1, -1], 0.25), ([0.1, 0.2, -0.3], 1),
      (Array(repeating: 0.1, count: 13), 2.0 / 8192),
    ] as [([Double], Double)])
  func fewDifferencesAreCounted(differences: [Double], probability: Double) {
    #expect(Resampling.probability(ofDifferences: differences) == probability)
  }

  /// 60 of 100 for one run: the binomial distribution has 0.0569 for that or more, either way.
  @Test func manyDifferencesAreDrawn() {
    let differences = (0..<100).map { $0 < 60 ? 0.5 : -0.5 }
    let probability = Resampling.probability(ofDifferences: differences)
    #expect(abs(probability - 0.0569) < 0.006)
    #expect(Resampling.probability(ofDifferences: differences) == probability)
    let turned = Resampling.probability(ofDifferences: differences.map { -$0 })
    #expect(turned == probability)
  }

  @Test func whatChanceHardlyDoesIsNeverImpossible() {
    let probability = Resampling.probability(ofDifferences: Array(repeating: 1, count: 200))
    #expect(probability == 1.0 / Double(Resampling.rounds + 1))
    #expect(
      Resampling.probability(ofDifferences: (0..<200).map { $0 % 2 == 0 ? 0.1 : -0.1 }) == 1)
  }

  /// The first numbers of SplitMix64 for the seed 0, as its authors' program prints them.
  @Test func theGeneratorIsThePublishedOne() {
    var generator = SeededGenerator(seed: 0)
    #expect(generator.next() == 0xE220_A839_7B1D_CDAF)
    #expect(generator.next() == 0x6E78_9E6A_A1B9_65F4)
    for _ in 0..<1_000 {
      #expect((0..<7).contains(generator.index(below: 7)))
      #expect((0..<1).contains(generator.fraction()))
    }
  }
}
