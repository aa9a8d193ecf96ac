import CKernels
import Machine
import Testing

@Suite struct KernelsTests {
  /// The canonical order, written down once more and plainly.
  static func reference(_ score: Kernels.Score, _ query: [Float], _ row: ArraySlice<Float>)
    -> Float
  {
    var lanes = [Float](repeating: 0, count: 32)
    let blocks = (query.count + 31) / 32
    for i in 0..<32 * blocks {
      let a = i < query.count ? query[i] : 0
      let b = i < query.count ? row[row.startIndex + i] : 0
      switch score {
      case .innerProduct: lanes[i % 32] = lanes[i % 32].addingProduct(a, b)
      case .euclidean: lanes[i % 32] = lanes[i % 32].addingProduct(a - b, a - b)
      }
    }
    for half in [16, 8, 4, 2, 1] {
      for i in 0..<half { lanes[i] += lanes[i + half] }
    }
    return score == .euclidean ? -lanes[0] : lanes[0]
  }

  /// Numbers of very different sizes, subnormal ones and both zeros among them.
  static func numbers(_ count: Int, _ state: inout UInt64) -> [Float] {
    (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let sign: Float = state >> 63 == 0 ? 1 : -1
      let fraction = Float(state >> 40 & 0xFFFFF) / Float(1 << 20)
      switch state >> 33 % 16 {
      case 0: return sign * 0
      case 1: return sign * fraction * 0x1p-130
      case 2: return sign * fraction * 0x1p40
      default: return sign * fraction
      }
    }
  }

  static let dimensions = Array(0...130) + [384, 784, 1_000]

  @Test(arguments: Kernels.available, [Kernels.Score.innerProduct, .euclidean])
  func everyTableGivesTheSameBits(_ name: String, _ score: Kernels.Score) throws {
    let kernels = try #require(Kernels(named: name))
    #expect(kernels.name == name)
    var state: UInt64 = 42
    for dimension in Self.dimensions {
      // A stride that is no multiple of anything, so that rows lie unaligned.
      let stride = dimension + 3
      let rows = 11
      let query = Self.numbers(dimension, &state)
      let base = Self.numbers(rows * stride, &state)
      let expected = (0..<rows).map {
        Self.reference(score, query, base[$0 * stride..<$0 * stride + dimension]).bitPattern
      }
      for count in 0...rows {
        var scores = [Float](repeating: .nan, count: rows)
        kernels.scan(
          score, query: query, base: base.span, stride: stride, count: count, into: &scores)
        #expect(scores.prefix(count).map(\.bitPattern) == Array(expected.prefix(count)))
        #expect(scores.dropFirst(count).allSatisfy { $0.isNaN })

        let chosen = (0..<count).map { UInt32(($0 * 7 + dimension) % rows) }
        scores = [Float](repeating: .nan, count: rows)
        kernels.gather(
          score, query: query, base: base.span, stride: stride, rows: chosen, count: count,
          into: &scores)
        #expect(
          scores.prefix(count).map(\.bitPattern) == chosen.map { expected[Int($0)] })
        #expect(scores.dropFirst(count).allSatisfy { $0.isNaN })
      }
    }
  }

  /// Codes and their scores, written down once more and plainly.
  @Test(arguments: Kernels.available) func everyTableCodesAlike(_ name: String) throws {
    let kernels = try #require(Kernels(named: name))
    var state: UInt64 = 7
    for dimension in [1, 2, 15, 16, 63, 64, 65, 130, 384, 1_000] {
      let stride = Kernels.codeStride(dimension: dimension)
      #expect(stride % 64 == 0 && stride - dimension < 64)
      let rows = 11
      let center = Self.numbers(dimension, &state).map { $0.magnitude < 2 ? $0 : 0 }
      var codes: [UInt8] = []
      var factors: [Float] = []
      for row in 0..<rows {
        // The last row is the centre itself, whose codes are all zero.
        let numbers =
          row == rows - 1
          ? center : Self.numbers(dimension, &state).map { $0.magnitude < 2 ? $0 : 1 }
        codes += [UInt8](repeating: 7, count: stride)
        let scale = kernels.encode(
          numbers.span, center: center.span, into: &codes, at: row * stride)
        factors += [scale, Float(row) - 3]
        let most = zip(numbers, center).map { ($0 - $1).magnitude }.max() ?? 0
        #expect(scale == (most > 0x1p-100 ? most / 127 : 0), "\(dimension)")
        for i in 0..<stride {
          let code = Int(codes[row * stride + i]) - 128
          let exact =
            i < dimension && scale > 0 ? (numbers[i] - center[i]) * (127 / most) : 0
          #expect(code == Int(exact.rounded(.toNearestOrEven)))
        }
      }
      for number in [0, 3, rows - 1] {
        var query = CodeQuery()
        query.take(codes.span.extracting(number * stride..<(number + 1) * stride))
        query.scale = factors[2 * number]
        query.offset = 0.25
        let expected = (0..<rows).map { row in
          let product = (0..<stride).reduce(0) {
            $0 + (Int(codes[number * stride + $1]) - 128) * (Int(codes[row * stride + $1]) - 128)
          }
          return (query.offset + factors[2 * row + 1])
            .addingProduct(Float(product), query.scale * factors[2 * row])
        }
        for count in 0...rows {
          let chosen = (0..<count).map { UInt32(($0 * 7 + dimension) % rows) }
          var scores = [Float](repeating: .nan, count: rows)
          kernels.gather(
            query, base: codes.span, factors: factors.span, stride: stride, rows: chosen,
            count: count, into: &scores)
          #expect(
            scores.prefix(count).map(\.bitPattern)
              == chosen.map { expected[Int($0)].bitPattern })
          #expect(scores.dropFirst(count).allSatisfy { $0.isNaN })
        }
      }
    }
  }

  /// Codes and residuals together are within an eighth of a step of the number.
  @Test func residualsHalveTheErrorTwice() {
    var state: UInt64 = 11
    for dimension in [1, 16, 63, 64, 130, 384] {
      let stride = Kernels.codeStride(dimension: dimension)
      let row = Self.numbers(dimension, &state).map { $0.magnitude < 2 ? $0 : 1 }
      let center = [Float](repeating: 0.125, count: dimension)
      var codes = [UInt8](repeating: 0, count: stride)
      let scale = Kernels.shared.encode(row.span, center: center.span, into: &codes)
      let residuals = CodeResiduals.encode(row, center: center, scale: scale, codes: codes.span)
      var decoded = [Float](repeating: .nan, count: dimension + 2)
      CodeResiduals.decode(
        codes: codes.span, residuals: residuals.span, scale: scale, center: center.span,
        dimension: dimension, into: &decoded, at: 1)
      for i in 0..<dimension {
        #expect((decoded[i + 1] - row[i]).magnitude <= scale / 8 * 1.001)
      }
      #expect(decoded[0].isNaN && decoded[dimension + 1].isNaN)
    }
  }

  /// Rows that end where their mapping ends: to read further would most likely end the process.
  @Test(arguments: Kernels.available) func nothingIsReadBehindTheLastRow(_ name: String) throws {
    let kernels = try #require(Kernels(named: name))
    let file = try NumPyFixture.pageEndingWith(floats: 1_024)
    for dimension in 1...130 {
      guard
        let base = file.elements(of: Float.self, at: 4 * (1_024 - dimension), count: dimension)
      else { throw CancellationError() }
      var scores: [Float] = [0]
      kernels.scan(
        .innerProduct, query: base.indices.map { base[$0] }, base: base, stride: dimension,
        count: 1, into: &scores)
      #expect(scores[0] == Float(dimension))
    }
  }

  @Test func tablesThatAreNotThere() {
    #expect(Kernels(named: "mmx")?.name == nil)
    #expect(Kernels(named: "")?.name == nil)
    #expect(Kernels.available.contains("scalar"))
    #expect(Kernels.available.contains(Kernels.shared.name))
  }
}

@Suite struct CRC32CTests {
  /// The vectors of RFC 3720, appendix B.4, and the check value of the catalogue of CRCs.
  static let known: [([UInt8], UInt32)] = [
    ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
    ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
    (Array(0...31), 0x46DD_794E),
    ((0...31).reversed(), 0x113F_DB5C),
    (Array("123456789".utf8), 0xE306_9283),
    ([], 0),
  ]

  @Test(arguments: known) func knownValues(_ bytes: [UInt8], _ expected: UInt32) {
    #expect(unsafe CRC32C(bytes.span.bytes).value == expected)
    #expect(unsafe hark_crc32c_table(0, bytes, bytes.count) == expected)
  }

  @Test func instructionsAndTablesAgree() {
    let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 * 89 + 7) }
    for start in 0..<9 {
      for end in start...bytes.count {
        let part = Array(bytes[start..<end])
        let expected = unsafe hark_crc32c_table(0, part, part.count)
        #expect(unsafe hark_crc32c(0, part, part.count) == expected)
        var parts = CRC32C()
        unsafe parts.update(part.span.bytes.extracting(first: part.count / 3))
        unsafe parts.update(part.span.bytes.extracting(part.count / 3..<part.count))
        #expect(parts.value == expected)
      }
    }
  }
}
