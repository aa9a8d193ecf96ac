import Foundation
import Testing

@testable import Machine

@Suite struct EncoderKernelsTests {
  /// A table with a precision that it multiplies in; nil stands for float32.
  struct Variant: Sendable, CustomTestStringConvertible {
    let name: String
    let precision: RoundedPrecision?

    var kernels: EncoderKernels { get throws { try #require(Kernels(named: name)).encoder } }
    var testDescription: String { "\(name), \(precision.map { "\($0)" } ?? "float32")" }
  }

  static let tables = Kernels.available.map { Variant(name: $0, precision: nil) }
  static let products = Kernels.available.flatMap { name in
    [RoundedPrecision.int8, .bfloat16].compactMap { precision in
      Kernels(named: name)?.encoder.multiplies(in: precision) == true
        ? Variant(name: name, precision: precision) : nil
    }
  }

  private func numbers(_ count: Int, seed: UInt64, scale: Float = 1) -> [Float] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (Float(state >> 40) * 0x1p-23 - 1) * scale
    }
  }

  @Test(arguments: tables) func theActivationIsThatOfTheNormalDistribution(
    _ variant: Variant
  ) throws {
    let kernels = try variant.kernels
    let inputs = Array(stride(from: Float(-20), through: 20, by: 0.0037)) + [0, 1_000, -1_000]
    var values = inputs
    var span = values.mutableSpan
    let bias = [Float](repeating: 0, count: inputs.count)
    kernels.addBias(bias.span, gelu: true, to: &span, rows: 1)
    for (x, found) in zip(inputs, values) {
      let exact = Double(x) * 0.5 * erfc(-Double(x) / 2.0.squareRoot())
      #expect(abs(Double(found) - exact) < 5e-7 * max(1, abs(exact)), "\(x)")
    }
  }

  @Test(
    arguments: tables + products.filter { $0.precision == .bfloat16 },
    [
      (1, 4, 1), (2, 4, 2), (7, 16, 1), (8, 20, 2), (9, 32, 3), (16, 32, 1), (17, 40, 1),
      (33, 96, 1), (100, 64, 2),
    ])
  func attentionIsTheWeightedSumOfTheValues(
    _ variant: Variant, _ shape: (length: Int, size: Int, heads: Int)
  ) throws {
    let kernels = try variant.kernels
    // bfloat16 rounds by 2⁻⁹: queries, keys and values below 3, and scores of up to 40 numbers.
    let bound = variant.precision == nil ? 2e-5 : 0.1
    let (length, size, width) = (shape.length, shape.size, shape.size * shape.heads)
    // A row before and a row behind, which are left alone.
    let input = numbers((length + 2) * 3 * width, seed: 5, scale: 3)
    var context = [Float](repeating: 7, count: (length + 2) * width)
    var scratch: [Float] = []
    var span = context.mutableSpan
    kernels.attend(
      input.span, from: 1, length: length, width: width, size: size, in: variant.precision,
      into: &span, &scratch)
    func number(_ row: Int, _ column: Int) -> Double {
      Double(input[(row + 1) * 3 * width + column])
    }
    for row in 0..<length {
      for head in stride(from: 0, to: width, by: size) {
        let scores = (0..<length).map { key in
          (0..<size).reduce(0) {
            $0 + number(row, head + $1) * number(key, width + head + $1)
          } / Double(size).squareRoot()
        }
        let greatest = scores.max() ?? 0
        let powers = scores.map { exp($0 - greatest) }
        let sum = powers.reduce(0, +)
        for column in head..<head + size {
          let exact = (0..<length).reduce(0) {
            $0 + powers[$1] / sum * number($1, 2 * width + column)
          }
          #expect(abs(Double(context[(row + 1) * width + column]) - exact) < bound)
        }
      }
    }
    #expect(context.prefix(width).allSatisfy { $0 == 7 })
    #expect(context.suffix(width).allSatisfy { $0 == 7 })
  }

  @Test(arguments: tables, [1, 8, 16, 19, 384])
  func normalizedRowsHaveTheMeanZeroAndTheVarianceOne(_ variant: Variant, width: Int) throws {
    let kernels = try variant.kernels
    let addend = (0..<(2 * width)).map { Float(($0 * 53) % 97) / 10 }
    let ones = [Float](repeating: 1, count: width)
    let zeros = [Float](repeating: 0, count: width)
    var values = (0..<(4 * width)).map { Float(($0 * 31) % 89) }
    let before = values
    var span = values.mutableSpan
    kernels.normalize(
      &span, adding: addend.span, from: 1, rows: 2, scale: ones.span, shift: zeros.span,
      epsilon: 1e-12)
    for row in 1..<3 {
      let found = values[(row * width)..<((row + 1) * width)].map(Double.init)
      let mean = found.reduce(0, +) / Double(width)
      let variance = found.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
      #expect(abs(mean) < 1e-5)
      #expect(abs(variance - (width == 1 ? 0 : 1)) < 1e-4)
    }
    #expect(
      values[..<width] == before[..<width] && values[(3 * width)...] == before[(3 * width)...])
  }

  @Test(
    arguments: products,
    [
      (1, 1, 1), (7, 40, 70), (13, 192, 64), (5, 193, 65), (12, 384, 1_152), (3, 1_536, 384),
      (16, 31, 33), (17, 33, 96), (33, 64, 15), (150, 384, 100),
    ])
  func productsAreNearTheExactOnes(
    _ variant: Variant, _ shape: (rows: Int, columns: Int, outputs: Int)
  ) throws {
    let kernels = try variant.kernels
    let precision = try #require(variant.precision)
    let input = numbers(shape.rows * shape.columns, seed: 1, scale: 3)
    let matrix = numbers(shape.outputs * shape.columns, seed: 2, scale: 0.1)
    let bias = numbers(shape.outputs, seed: 3)
    let weight = RoundedWeight(
      matrix.span, rows: shape.outputs, columns: shape.columns, bias: bias.span, to: precision)
    var scratch = RoundedRows()
    func multiply(_ rows: Int, gelu: Bool) -> [Float] {
      var output = [Float](repeating: .nan, count: rows * shape.outputs)
      var span = output.mutableSpan
      kernels.multiply(
        input.span, rows: rows, by: weight, gelu: gelu, into: &span, &scratch)
      return output
    }
    let found = multiply(shape.rows, gelu: false)
    for row in 0..<shape.rows {
      for output in 0..<shape.outputs {
        var exact = Double(bias[output])
        for i in 0..<shape.columns {
          exact += Double(input[row * shape.columns + i] * matrix[output * shape.columns + i])
        }
        // Each number is off by half a step at most, over all columns: by 3 / 127 and 0.1 / 254,
        // or by a part of 2⁻⁹.
        let step = precision == .int8 ? 0.1 * 3 / 127 + 3 * 0.1 / 254 : 3 * 0.1 * 0x1p-8
        let bound = Double(shape.columns) * (step + 1e-4)
        #expect(abs(Double(found[row * shape.outputs + output]) - exact) <= bound)
      }
    }
    // A row does not depend on the rows beside it, to the bit.
    #expect(multiply(1, gelu: false) == Array(found.prefix(shape.outputs)))
    let active = multiply(shape.rows, gelu: true)
    for (x, y) in zip(found, active) {
      #expect(abs(Double(y) - Double(x) * 0.5 * erfc(-Double(x) / 2.0.squareRoot())) < 1e-5)
    }
  }

  /// The zero is rounded, and the least number of a block may fall between two bytes.
  @Test(arguments: products.filter { $0.precision == .int8 })
  func theLeastNumberStaysTheLeast(_ variant: Variant) throws {
    let kernels = try variant.kernels
    let rows = 400_000
    var input = numbers(2 * rows, seed: 6)
    for row in 0..<rows {
      input[2 * row] = -1 - input[2 * row].magnitude
      input[2 * row + 1] = input[2 * row + 1].magnitude
    }
    let weight = RoundedWeight([1, 0].span, rows: 1, columns: 2, bias: [0].span, to: .int8)
    var scratch = RoundedRows()
    var output = [Float](repeating: 0, count: rows)
    var span = output.mutableSpan
    kernels.multiply(input.span, rows: rows, by: weight, gelu: false, into: &span, &scratch)
    let farthest = output.indices.map { (output[$0] - input[2 * $0]).magnitude }.max() ?? 0
    #expect(farthest < 3 / 254)
  }

  @Test(arguments: products)
  func zerosStayAndWhatIsNoNumberIsNotLost(_ variant: Variant) throws {
    let kernels = try variant.kernels
    let precision = try #require(variant.precision)
    let (rows, width) = (3, 200)
    var input = [Float](repeating: 0, count: rows * width)
    input[width + 199] = .nan
    input[2 * width + 3] = .infinity
    let matrix = numbers(width, seed: 4)
    let weight = RoundedWeight(
      matrix.span, rows: 1, columns: width, bias: [0.5].span, to: precision)
    var scratch = RoundedRows()
    var output = [Float](repeating: 0, count: rows)
    var span = output.mutableSpan
    kernels.multiply(input.span, rows: rows, by: weight, gelu: false, into: &span, &scratch)
    #expect(output[0] == 0.5)
    #expect(!output[1].isFinite && !output[2].isFinite)
    var broken = matrix
    broken[150] = .infinity
    let other = RoundedWeight(
      broken.span, rows: 1, columns: width, bias: [0.5].span, to: precision)
    var second = output.mutableSpan
    kernels.multiply(input.span, rows: 1, by: other, gelu: false, into: &second, &scratch)
    #expect(!output[0].isFinite)
  }
}
