import CKernels
import Testing

@testable import Machine

/// Codes of one bit a number: every table gives the same bits, and they tell scores as RaBitQ (Gao
/// & Long, SIGMOD 2024) promises.
@Suite struct BitKernelsTests {
  static let widths = [64, 128, 384, 832, 1_024, 2_048]

  /// Numbers of the standard normal distribution, nearly: the sum of twelve even ones.
  static func normal(_ count: Int, _ state: inout UInt64) -> [Float] {
    (0..<count).map { _ in
      var sum: Float = -6
      for _ in 0..<12 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        sum += Float(state >> 40) / Float(1 << 24)
      }
      return sum
    }
  }

  static func unit(_ count: Int, _ state: inout UInt64) -> [Float] {
    let numbers = normal(count, &state)
    let length = Float(dot(numbers, numbers).squareRoot())
    return numbers.map { $0 / length }
  }

  static func dot(_ a: [Float], _ b: [Float]) -> Double {
    zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  static func score(_ a: [Float], _ b: [Float], _ score: Kernels.Score) -> Double {
    if score == .innerProduct { return dot(a, b) }
    var sum = 0.0
    for (a, b) in zip(a, b) {
      let difference = Double(a) - Double(b)
      sum -= difference * difference
    }
    return sum
  }

  /// Blocks of rows, some of whose places nobody takes.
  private struct Coded {
    let blocks: LargeBuffer<UInt8>
    let count: Int
    /// The rows by their places; nil where there is none.
    var rows: [[Float]?]
    let center: [Float]
    let score: Kernels.Score

    /// - Parameter makeRow: a row, or nil for a place without one.
    init(
      width: Int, count: Int, center: [Float], mean: [Float]? = nil, score: Kernels.Score,
      makeRow: (Int) -> [Float]?
    ) {
      let length = BitCodes.blockLength(width: width)
      blocks = LargeBuffer(repeating: 0, count: count * length)
      rows = (0..<32 * count).map(makeRow)
      self.count = count
      self.center = center
      self.score = score
      let mean = mean ?? [Float](repeating: 0, count: width)
      for (place, row) in rows.enumerated() {
        let start = place / 32 * length
        if let row {
          BitCodes.encode(
            row, center: center, mean: mean, score: score, place: place % 32, block: start,
            in: blocks)
        } else {
          let offset = start + 4 * width + 128 + place % 32 * 4
          for i in 0..<4 {
            unsafe blocks.elements[offset + i] =
              UInt8(truncatingIfNeeded: (-Float.infinity).bitPattern >> (8 * UInt32(i)))
          }
        }
      }
    }

    /// A float32 of the place's factors (0) or offsets (1).
    func number(_ place: Int, _ which: Int, width: Int) -> Float {
      let length = BitCodes.blockLength(width: width)
      let start = place / 32 * length + 4 * width + 128 * which + place % 32 * 4
      var pattern: UInt32 = 0
      for i in 0..<4 { pattern |= unsafe UInt32(blocks.elements[start + i]) << (8 * UInt32(i)) }
      return Float(bitPattern: pattern)
    }

    struct Kept: Equatable {
      var row: UInt32
      var bound: UInt32
    }

    /// What a sift hands on.
    func sift(
      _ query: BitQuery, _ kernels: Kernels, score: Float = 0, slack: Float = 0,
      floor: Float = -.infinity
    ) -> [Kept] {
      var kept = [UInt32](repeating: 0, count: 32 * count + 1)
      var bounds = [Float](repeating: .nan, count: 32 * count + 1)
      let numbers = (0..<UInt32(32 * count)).map { 7 * $0 }
      let found = unsafe kept.withUnsafeMutableBufferPointer { kept in
        unsafe bounds.withUnsafeMutableBufferPointer { bounds in
          unsafe numbers.withUnsafeBufferPointer { numbers in
            unsafe query.withUnsafeQuery { query -> Int? in
              guard let k = kept.baseAddress, let b = bounds.baseAddress,
                let n = numbers.baseAddress, let at = unsafe blocks.elements.baseAddress
              else { return nil }
              return unsafe kernels.sift(
                query, blocks: UnsafePointer(at), count: count, next: nil, rows: n,
                score: score, slack: slack, floor: floor, into: k, bounds: b)
            }
          }
        }
      }
      let total = found.flatMap(\.self) ?? 0
      #expect(bounds.dropFirst(total).last?.isNaN == true)
      return (0..<total).map { Kept(row: kept[$0] / 7, bound: bounds[$0].bitPattern) }
    }
  }

  @Test(arguments: Kernels.available, widths + [BitCodes.widthLimit])
  func everyTableRotatesAlike(_ name: String, _ width: Int) throws {
    let kernels = try #require(Kernels(named: name))
    let scalar = try #require(Kernels(named: "scalar"))
    let rotation = BitRotation(width: width)
    var state = UInt64(width)
    let zero = [Float](repeating: 0, count: width)
    // Rows that are shorter than the rotation are filled up with zeros.
    let rows = [width, width - 5, 1].map { Self.unit($0, &state) }
    var turned: [[Float]] = []
    for row in rows {
      var (numbers, expected): ([Float], [Float]) = ([], [])
      rotation.turn(row.span, minus: zero.span, into: &numbers, kernels)
      rotation.turn(row.span, minus: zero.span, into: &expected, scalar)
      #expect(numbers.map(\.bitPattern) == expected.map(\.bitPattern))
      turned.append(numbers)
      // A rotation, and of each direction into all others.
      #expect((Self.dot(numbers, numbers) - 1).magnitude < 1e-4)
      #expect((numbers.map(\.magnitude).max() ?? 1) < 8 / Float(width).squareRoot())
    }
    #expect((Self.dot(turned[0], turned[1]) - Self.dot(rows[0], rows[1])).magnitude < 1e-4)
    // What is subtracted is subtracted before.
    var difference: [Float] = []
    let (short, long) = (rows[1], rows[0])
    rotation.turn(short.span, minus: long.span, into: &difference, kernels)
    let expected = Self.score(short, long, .euclidean)
    #expect((Self.dot(difference, difference) + expected).magnitude < 1e-4)
  }

  /// The tables, written down once more and plainly.
  @Test(arguments: Kernels.available, widths) func everyTableMakesTheSameTables(
    _ name: String, _ width: Int
  ) throws {
    let kernels = try #require(Kernels(named: name))
    let reference = try #require(Kernels(named: "scalar"))
    let (table, scalar) = unsafe (kernels.table, reference.table)
    var state = UInt64(width) + 1
    for query in [
      Self.normal(width, &state), [Float](repeating: 0, count: width),
      Self.normal(width, &state).map { $0 * 1e-35 }, Self.normal(width, &state).map { $0 * 1e17 },
      [-1] + [Float](repeating: 0, count: width - 1),
    ] {
      var (tables, expected) = ([UInt8](repeating: 77, count: 8 * width), [UInt8]())
      expected = tables
      var (step, base, expectedStep, expectedBase): (Float, Float, Float, Float) = (0, 0, 0, 0)
      unsafe table.make_bit_tables(query, width, &tables, &step, &base)
      unsafe scalar.make_bit_tables(query, width, &expected, &expectedStep, &expectedBase)
      #expect(tables == expected && step == expectedStep && base == expectedBase)
      #expect(tables.allSatisfy { $0 <= UInt8(HARK_BIT_ENTRY) } && step >= 0 && base <= 0)
      let all = query.reduce(0) { $0 + Double($1.magnitude) }
      #expect((Double(base) + all).magnitude <= 1e-5 * all)
      guard step > 0x1p-100 else { continue }
      for four in 0..<width / 4 {
        let place = four / 4 * 128 + four % 2 * 64 + four / 2 % 2 * 32
        for signs in 0..<16 {
          var sum = 0.0
          for i in 0..<4 {
            let number = Double(query[4 * four + i])
            let isPositive = (signs >> i) & 1 == 1
            sum += number.magnitude + (isPositive ? number : -number)
          }
          let entry = Double(tables[place + signs])
          #expect((entry - sum / Double(step)).magnitude <= 0.501)
          #expect(tables[place + 16 + signs] == tables[place + signs])
        }
      }
    }
  }

  @Test(
    arguments: Kernels.available.flatMap { name in
      (widths + [BitCodes.widthLimit]).map { (name, $0) }
    }, [Kernels.Score.innerProduct, .euclidean])
  func everyTableSiftsAlike(_ test: (String, Int), _ score: Kernels.Score) throws {
    let (name, width) = test
    let kernels = try #require(Kernels(named: name))
    let scalar = try #require(Kernels(named: "scalar"))
    var state = UInt64(width) + 2
    let center = Self.unit(width, &state)
    let coded = Coded(
      width: width, count: width == BitCodes.widthLimit ? 1 : 5, center: center, score: score
    ) { place in
      // Blank places, a whole block of them, and a row that is the centre.
      if place % 7 == 3 || place / 32 == 2 { return nil }
      return place == 5 ? center : Self.unit(width, &state)
    }
    let zero = [Float](repeating: 0, count: width)
    // The greatest sums that there can be: all signs and numbers alike.
    let ones = [Float](repeating: 1, count: width)
    for query in [Self.unit(width, &state), zero, ones] {
      var bits = BitQuery()
      bits.take(query, kernels)
      let all = coded.sift(bits, kernels, score: 0.5, slack: 0.25)
      // A place without a row is never handed on.
      #expect(all.map { Int($0.row) } == coded.rows.indices.filter { coded.rows[$0] != nil })
      let bounds = all.map { Float(bitPattern: $0.bound) }.sorted()
      for floor in [-Float.infinity, bounds[bounds.count / 2], .infinity, .nan] {
        let found = coded.sift(bits, kernels, score: 0.5, slack: 0.25, floor: floor)
        #expect(found == coded.sift(bits, scalar, score: 0.5, slack: 0.25, floor: floor))
        #expect(found == all.filter { Float(bitPattern: $0.bound) > floor })
      }
      // The bounds, written down once more: each sum is that of the signs, but for the rounding of
      // the tables.
      let most =
        stride(from: 0, to: width, by: 4).map { first in
          query[first..<first + 4].reduce(0) { $0 + $1.magnitude }
        }.max() ?? 0
      let rounding = Double(width / 4) * Double(most) / Double(HARK_BIT_ENTRY)
      for kept in all {
        let place = Int(kept.row)
        let row = try #require(coded.rows[place])
        var product = 0.0
        for i in 0..<width { product += Double(row[i] > center[i] ? query[i] : -query[i]) }
        let factor = Double(coded.number(place, 0, width: width))
        let offset = Double(coded.number(place, 1, width: width))
        let expected = 0.5 + offset + factor * (product + 0.25)
        #expect(
          (Double(Float(bitPattern: kept.bound)) - expected).magnitude
            <= factor * rounding + 1e-4 * (1 + expected.magnitude))
        if place == 5 { #expect(factor == 0 && Float(bitPattern: kept.bound) == 0.5) }
      }
    }
    // A query that was never taken has no tables.
    #expect(coded.sift(BitQuery(), kernels).isEmpty)
  }

  /// The estimate is right on average, wherever the origin lies, and a bound with some slack is one
  /// for nearly all rows.
  @Test(arguments: [Kernels.Score.innerProduct, .euclidean], [Float(0), 1, 100])
  func estimatesAreUnbiased(_ score: Kernels.Score, _ distance: Float) {
    let width = 256
    var state: UInt64 = 9
    let kernels = Kernels.shared
    let rotation = BitRotation(width: width)
    let zero = [Float](repeating: 0, count: width)
    func turn(_ row: [Float], minus center: [Float]) -> [Float] {
      var numbers: [Float] = []
      rotation.turn(row.span, minus: center.span, into: &numbers, kernels)
      return numbers
    }
    // The mean of all vectors lies far away; a centre lies about it, and rows about the centre.
    let mean = Self.unit(width, &state).map { distance * $0 }
    let center = zip(mean, Self.unit(width, &state)).map { $0 + $1 }
    var plain: [[Float]] = []
    let coded = Coded(
      width: width, count: 40, center: turn(center, minus: mean), mean: turn(mean, minus: zero),
      score: score
    ) { _ in
      let row = zip(center, Self.unit(width, &state)).map { $0 + 0.7 * $1 }
      plain.append(row)
      return turn(row, minus: mean)
    }
    let tolerance = 1e-6 * Double(1 + distance * distance)
    var (sum, squares, kept, covered) = (0.0, 0.0, 0, 0)
    for _ in 0..<8 {
      let query = zip(center, Self.unit(width, &state)).map { $0 + 1.2 * $1 }
      let atCenter = Self.score(query, center, score)
      var bits = BitQuery()
      bits.take(turn(query, minus: mean), kernels)
      // Three deviations: what products may be off by is 0.6 for a query at distance 1.
      let slack: Float = 3 * 0.6 * 1.2
      for (found, bound) in zip(coded.sift(bits, kernels), coded.sift(bits, kernels, slack: slack))
      {
        let place = Int(found.row)
        let exact = Self.score(query, plain[place], score) - atCenter
        let factor = Double(coded.number(place, 0, width: width))
        let off = (Double(Float(bitPattern: found.bound)) - exact) / (factor * 1.2)
        sum += off
        squares += off * off
        covered += Double(Float(bitPattern: bound.bound)) >= exact - tolerance ? 1 : 0
        kept += 1
      }
    }
    let average = sum / Double(kept)
    let deviation = (squares / Double(kept) - average * average).squareRoot()
    #expect(kept == 8 * 40 * 32)
    #expect(average.magnitude < 0.03, "off by \(average) on average")
    #expect(deviation < 0.65, "off by \(deviation)")
    #expect(Double(covered) / Double(kept) > 0.995, "\(covered) of \(kept)")
  }
}
