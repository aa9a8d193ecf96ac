import Foundation
import Machine
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

/// What a segment can be.
struct Shape: CustomTestStringConvertible {
  var kind: IndexKind
  var profile: IndexProfile

  static let kinds: [IndexKind] = [.graph, .cells]
  static let all = kinds.flatMap { kind in
    IndexProfile.allCases.map { Shape(kind: kind, profile: $0) }
  }

  var testDescription: String { "\(kind), \(profile)" }

  var options: IndexOptions { IndexOptions(kind: kind, profile: profile) }

  /// Options with which a small segment is built at once.
  var quickly: IndexOptions {
    IndexOptions(kind: kind, profile: profile, degree: 4, constructionEffort: 30)
  }
}

extension Segment {
  /// A segment of a set, built, opened and removed again: the mapping stays.
  convenience init(_ set: VectorSet, _ options: IndexOptions) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("sample.hark")
    try Segment.build(set, options: options, identity: SegmentIdentity(), to: path)
    try self.init(opening: path)
  }

  /// What a search finds that keeps everything it meets: a walk, or a search through all cells.
  func searchWhole(
    k: Int, allowed: RowSet? = nil, _ scratch: inout SearchScratch
  ) -> [Neighbor] {
    if header.kind == .graph {
      guard let allowed else { return walk(k: k, effort: count, &scratch) }
      _ = walk(k: k, effort: count, &scratch)
      return look(k: k, effort: count, allowed, &scratch)
    }
    // No cell is passed over, and no bound rules out a member.
    let request = CellSweep.Request(
      k: count, limit: count, probes: header.cells.count, share: 1, patience: header.cells.count,
      reach: CellReach.limit, slack: 1)
    return searchCells(request, k: k, allowed: allowed, &scratch)
  }

  /// What a search through cells finds.
  func searchCells(
    _ request: CellSweep.Request, k: Int, allowed: RowSet? = nil, _ scratch: inout SearchScratch
  ) -> [Neighbor] {
    guard let rotation else { return [] }
    _ = search(request, allowed, rotation, &scratch)
    let found = scratch.sweep.count
    scratch.reserve(width: found)
    for place in 0..<found { scratch.rows[place] = scratch.sweep[place].id }
    return view.rank(found, k: k, kernels: kernels, &scratch)
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

  /// A segment of the vectors, in a folder of its own.
  func segment(_ metric: Metric, _ options: IndexOptions) throws -> Segment {
    try Segment(set(metric), options)
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

  /// The same vectors, moved and made longer or shorter.
  func scaled(by scale: Float, offset: Float = 0) -> Sample {
    var sample = self
    sample.name = "\(name) · \(scale) + \(offset)"
    sample.vectors = vectors.map { scale * $0 + offset }
    sample.queries = queries.map { scale * $0 + offset }
    return sample
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
