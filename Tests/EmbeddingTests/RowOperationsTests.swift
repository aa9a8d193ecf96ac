import Foundation
import Testing

@testable import Embedding

@Suite struct RowOperationsTests {
  private static let inputs = stride(from: Float(-20), through: 20, by: 0.0037)

  @Test func `The exponential function is right to a few units in the last place`() {
    for x in stride(from: Float(-60), through: 87.5, by: 0.013) {
      let expected = exp(Double(x))
      #expect(abs(Double(RowOperations.exponential(x)) / expected - 1) < 4e-7, "\(x)")
    }
    #expect(RowOperations.exponential(0) == 1)
    #expect(RowOperations.exponential(-.infinity) < 1e-26)
    #expect(RowOperations.exponential(.nan).isNaN)
    #expect(RowOperations.exponential(.infinity).isFinite)
  }

  @Test func `The activation is x Φ(x)`() {
    for x in Self.inputs {
      let exact = Double(x) * 0.5 * erfc(-Double(x) / 2.0.squareRoot())
      #expect(abs(Double(RowOperations.gelu(x)) - exact) < 1e-6 * max(1, abs(exact)), "\(x)")
      #expect(abs(Double(RowOperations.geluTanh(x)) - exact) < 1e-3, "\(x)")
    }
    #expect(RowOperations.gelu(0) == 0)
    #expect(RowOperations.gelu(1000) == 1000)
    #expect(RowOperations.gelu(-1000).magnitude < 1e-20)
    #expect(RowOperations.geluTanh(-1000).magnitude < 1e-20)
  }

  @Test(arguments: [1, 2, 15, 16, 17, 100])
  func `Softmax rows have the sum one, whatever their size`(width: Int) {
    var values = (0..<(3 * width)).map { Float(($0 * 37) % 101) - 50 }
    for index in width..<(2 * width) { values[index] += 1e6 }
    let before = values
    var span = values.mutableSpan
    RowOperations.softmax(&span, rows: 2, width: width, factor: 0.5)
    for row in 0..<2 {
      let weights = values[(row * width)..<((row + 1) * width)]
      #expect(abs(weights.reduce(0, +) - 1) < 1e-5)
      #expect(weights.allSatisfy { $0 >= 0 && $0 <= 1.000001 })
    }
    #expect(values[(2 * width)...] == before[(2 * width)...], "the third row is left alone")
  }

  @Test(arguments: [1, 8, 16, 19, 384])
  func `A normalised row has the mean zero and the variance one`(width: Int) {
    let addend = (0..<(2 * width)).map { Float(($0 * 53) % 97) / 10 }
    let ones = [Float](repeating: 1, count: width)
    let zeros = [Float](repeating: 0, count: width)
    var values = (0..<(2 * width)).map { Float(($0 * 31) % 89) }
    var span = values.mutableSpan
    RowOperations.addAndNormalize(
      addend.span, bias: ones.span, scale: ones.span, shift: zeros.span, epsilon: 1e-12,
      to: &span, rows: 2)
    for row in 0..<2 {
      let numbers = values[(row * width)..<((row + 1) * width)].map(Double.init)
      let mean = numbers.reduce(0, +) / Double(width)
      let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
      #expect(abs(mean) < 1e-5)
      #expect(abs(variance - (width == 1 ? 0 : 1)) < 1e-4)
    }
  }

  @Test func `A vector without direction is refused`() {
    for numbers: [Float] in [[0, 0], [.nan, 1], [.infinity, 1], [1e30, 1e30], []] {
      var values = numbers
      var span = values.mutableSpan
      let isNormalized = RowOperations.normalizeLength(&span)
      #expect(!isNormalized)
    }
    var values: [Float] = [3, 4]
    var span = values.mutableSpan
    let isNormalized = RowOperations.normalizeLength(&span)
    #expect(isNormalized)
    #expect(values == [0.6, 0.8])
  }
}
