import Foundation
import TestKit
import Testing

@testable import VectorIndex

/// Random numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return GraphBuilder.hash(Int64(bitPattern: state), seed: 0)
  }

  /// A number of the standard normal distribution (Box & Muller 1958).
  mutating func normal() -> Float {
    let u = Double.random(in: Double.leastNormalMagnitude..<1, using: &self)
    let v = Double.random(in: 0..<1, using: &self)
    return Float((-2 * log(u)).squareRoot() * cos(2 * .pi * v))
  }
}

/// Vectors for a test, made or read.
struct Sample: CustomTestStringConvertible {
  var name: String
  var dimension: Int
  var vectors: [Float]
  var queries: [Float]

  var count: Int { vectors.count / dimension }
  var keys: [Int64] { (0..<Int64(count)).map { 7 * $0 + 3 } }
  var testDescription: String { "\(name), \(count) × \(dimension)" }

  func query(_ i: Int) -> [Float] { Array(queries[i * dimension..<(i + 1) * dimension]) }
  var queryCount: Int { queries.count / dimension }

  func set(_ metric: Metric) throws -> VectorSet {
    try VectorSet(keys: keys, vectors: vectors, dimension: dimension, metric: metric)
  }

  /// Independent normal numbers: the hardest case for a graph.
  static func random(_ count: Int, _ dimension: Int, seed: UInt64 = 1) -> Sample {
    var generator = SeededGenerator(state: seed)
    return Sample(
      name: "random", dimension: dimension,
      vectors: (0..<count * dimension).map { _ in generator.normal() },
      queries: (0..<40 * dimension).map { _ in generator.normal() })
  }

  /// Points about 50 centres, in the order of their clusters.
  static func clustered(_ count: Int, _ dimension: Int, seed: UInt64 = 2) -> Sample {
    var generator = SeededGenerator(state: seed)
    let centres = (0..<50 * dimension).map { _ in 4 * generator.normal() }
    func point(_ cluster: Int) -> [Float] {
      (0..<dimension).map { centres[cluster * dimension + $0] + generator.normal() }
    }
    return Sample(
      name: "clustered", dimension: dimension,
      vectors: (0..<count).flatMap { point($0 * 50 / count) },
      queries: (0..<40).flatMap { point($0 % 50) })
  }

  /// Random vectors, of which the last share are copies of others, many of them of the same.
  static func duplicated(_ count: Int, _ dimension: Int, share: Double, seed: UInt64 = 3)
    -> Sample
  {
    var sample = random(count, dimension, seed: seed)
    sample.name = "\(Int(share * 100)) % duplicates"
    var generator = SeededGenerator(state: seed + 1)
    let first = Int(Double(count) * (1 - share))
    for row in first..<count {
      let isOfTheSame = Bool.random(using: &generator)
      let source = isOfTheSame ? 0 : Int.random(in: 0..<max(1, first), using: &generator)
      let copy = sample.vectors[source * dimension..<(source + 1) * dimension]
      sample.vectors.replaceSubrange(row * dimension..<(row + 1) * dimension, with: copy)
    }
    return sample
  }
}

/// The share of the true nearest that a search found; a result as near as the last of the true
/// ones counts, as equal vectors are interchangeable.
func recall(_ found: [Neighbor], _ truth: [Neighbor]) -> Double {
  guard let last = truth.last else { return 1 }
  return Double(found.filter { $0.score >= last.score }.count) / Double(truth.count)
}
