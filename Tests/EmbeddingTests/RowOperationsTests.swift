import Foundation
import Testing

@testable import Embedding

@Suite struct RowOperationsTests {
  private static let inputs = stride(from: Float(-20), through: 20, by: 0.0037)

  @Test func `The activation by tanh is nearly x Φ(x)`() {
    for x in Self.inputs {
      let exact = Double(x) * 0.5 * erfc(-Double(x) / 2.0.squareRoot())
      #expect(abs(Double(RowOperations.geluTanh(x)) - exact) < 1e-3, "\(x)")
    }
    #expect(RowOperations.geluTanh(-1000).magnitude < 1e-20)
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
