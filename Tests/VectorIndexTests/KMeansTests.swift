import Machine
import TestKit
import Testing

@testable import VectorIndex

/// Centres, and how they are found: enough of them that a sample tells which are looked at.
@Suite struct KMeansTests {
  static let samples = [Sample.random(1_700, 64), .clustered(1_700, 24), .random(1_700, 1)]

  private func centers(
    _ count: Int, of sample: Sample, kernels: Kernels = .shared
  ) throws -> (means: KMeans, rows: [UInt32]) {
    let pool = WorkerPool(threads: 2)
    let codes = try VectorCodes(sample.set(.euclidean), kernels: kernels, pool: pool)
    let rows = (0..<UInt32(codes.view.count)).map { $0 }
    return (KMeans(count: count, of: codes, order: rows, kernels: kernels, pool: pool), rows)
  }

  @Test(arguments: samples) func theNearestAreTheNearest(_ sample: Sample) throws {
    let (means, rows) = try centers(1_024, of: sample)
    let wanted = 8
    let found = means.nearest(wanted, to: rows)
    try #require(found.count == wanted * rows.count)
    let all = (0..<UInt32(means.count)).map { $0 }
    var (firsts, any) = (0, 0)
    for row in rows.prefix(400) {
      let near = found[Int(row) * wanted..<(Int(row) + 1) * wanted].map(\.id)
      #expect(Set(near).count == wanted)
      let distances = means.squaredDistances(of: means.difference(ofVector: row), from: all)
      let bound = distances.sorted()[wanted - 1] * 1.001
      // Distances as codes tell them differ in their last digits.
      firsts += distances[Int(near[0])] <= (distances.min() ?? 0) * 1.001 ? 1 : 0
      any += near.count { distances[Int($0)] <= bound }
    }
    #expect(firsts >= 396, "the nearest of 400 is found for \(firsts)")
    #expect(any >= 400 * wanted * 3 / 4, "of the eight nearest of 400, \(any) are found")
  }

  @Test(arguments: Kernels.available) func everyKernelTableFindsTheSame(_ name: String) throws {
    let kernels = try #require(Kernels(named: name))
    for sample in KMeansTests.samples {
      let (means, rows) = try centers(1_024, of: sample, kernels: kernels)
      let (others, _) = try centers(1_024, of: sample)
      #expect(means.codes == others.codes)
      #expect(means.nearest(8, to: rows) == others.nearest(8, to: rows))
    }
  }

  /// Vectors that are all the same, so long that squares all but overflow, or so short that they vanish:
  /// each has as many centres as are asked for.
  @Test(arguments: [
    Sample.duplicated(1_700, 16, share: 1), .random(1_700, 16).scaled(by: 1.6e17),
    .random(1_700, 16).scaled(by: 1e-30),
  ]) func asManyAsAreAskedFor(_ sample: Sample) throws {
    for count in [8, 1_024] {
      let (means, rows) = try centers(count, of: sample)
      let found = means.nearest(8, to: rows)
      try #require(found.count == 8 * rows.count)
      for start in stride(from: 0, to: found.count, by: 8) {
        #expect(Set(found[start..<start + 8].map(\.id)).count == 8)
      }
    }
  }
}
