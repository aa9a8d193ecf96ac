import Embedding
import Foundation
import TestKit
import Testing

@Suite(.enabled(if: Fixtures.hasModel)) struct SentenceEncoderTests {
  @Test(.enabled(if: TestData.folder("minilm") != nil), arguments: EncoderPrecision.allCases)
  func `Vectors equal those of the reference`(precision: EncoderPrecision) throws {
    guard precision.isAvailable else { return }
    let encoder = try SentenceEncoder(modelFolder: Fixtures.modelPath, precision: precision)
    #expect(encoder.precision == precision)
    let references = Fixtures.references
    try #require(references.count > 200)
    let expected = try vectors("vectors.npy", count: references.count)
    let found = try encoder.encode(references.map(\.text))
    #expect(found.count == references.count)
    #expect(found.dimension == 384)
    let cosines = references.indices.map { Fixtures.cosine(found[$0], expected[$0]) }
    let mean = cosines.reduce(0, +) / Double(cosines.count)
    let (meanFloor, floor): (Double, Double) =
      switch precision {
      case .float32: (0.99999, 0.99999)
      case .bfloat16: (0.99995, 0.9998)
      case .int8: (0.999, 0.995)
      }
    #expect(mean > meanFloor)
    #expect(try #require(cosines.min()) > floor)
  }

  @Test func `Similar sentences are near, as the model card says`() throws {
    let encoder = try SentenceEncoder(modelFolder: Fixtures.modelPath, precision: .float32)
    let vectors = try encoder.encode([
      "That is a happy person", "That is a happy dog", "That is a very happy person",
      "Today is a sunny day",
    ])
    for (index, expected) in [(1, 0.6946), (2, 0.9429), (3, 0.2569)] {
      #expect(abs(Fixtures.cosine(vectors[0], vectors[index]) - expected) < 0.0001)
    }
  }

  @Test func `The encoder says what it is`() throws {
    let encoder = try Fixtures.encoder.get()
    #expect(encoder.name == "all-MiniLM-L6-v2")
    #expect(encoder.dimension == 384)
    #expect(encoder.maximumTokens == 256)
    #expect(encoder.fingerprint.count == 32)
    #expect(encoder.fingerprint.allSatisfy { $0.isHexDigit })
  }

  @Test func `Encoding is tokenizing, then encoding the tokens`() throws {
    let encoder = try Fixtures.encoder.get()
    let texts = ["two words", "", String(repeating: "many ", count: 500)]
    let tokens = encoder.tokenize(texts)
    #expect(tokens.map(\.count) == [4, 2, encoder.maximumTokens])
    #expect(try encoder.encode(tokens: tokens).values == encoder.encode(texts).values)
  }

  @Test func `No texts give no vectors`() throws {
    let none = try Fixtures.encoder.get().encode([])
    #expect(none.count == 0)
    #expect(none.values.isEmpty)
  }

  static let oddTexts = [
    "", " \n\t ", String(repeating: "a", count: 100_000), "\u{0}\u{0}", "\u{E000}\u{10FFFD}",
    "e\u{301}\u{301}\u{301}\u{327}", "한국어 문장입니다.", "한국어 문장".decomposedStringWithCanonicalMapping,
    "漢字かなカナ", "👩‍👩‍👧‍👦 🇰🇷 👍🏽", "\u{FFFD}\u{FEFF}\u{200B}", "[SEP][CLS][MASK]", "🙂",
    String(repeating: "The quick brown fox. ", count: 5_000),
  ]

  @Test func `Odd texts have vectors of length one`() throws {
    let vectors = try Fixtures.encoder.get().encode(Self.oddTexts)
    for index in Self.oddTexts.indices {
      let length = vectors[index].reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(abs(length - 1) < 1e-5, "text \(index)")
    }
    // Without tokens of their own, texts are all the same text.
    #expect(vectors[0] == vectors[1])
    #expect(Fixtures.cosine(vectors[0], vectors[3]) > 0.999999)
  }

  @Test func `Composed and decomposed Hangul are the same text`() throws {
    let text = "휴가 신청은 사흘 전에 합니다."
    let vectors = try Fixtures.encoder.get().encode([
      text.precomposedStringWithCanonicalMapping, text.decomposedStringWithCanonicalMapping,
    ])
    #expect(Fixtures.cosine(vectors[0], vectors[1]) > 0.999999)
  }

  @Test func `A vector depends neither on its neighbours nor on the threads`() throws {
    let texts = (0..<24).map { index in
      (0...(index * 7 % 60)).map { "word\($0 * index)" }.joined(separator: " ")
    }
    let together = try SentenceEncoder(modelFolder: Fixtures.modelPath, threads: 3).encode(texts)
    let one = try SentenceEncoder(modelFolder: Fixtures.modelPath, threads: 1)
    let reversed = try one.encode(texts.reversed())
    for (index, text) in texts.enumerated() {
      let alone = try one.encode([text])
      #expect(farthest(together[index], alone[0]) < 1e-6, "text \(index)")
      #expect(farthest(together[index], reversed[texts.count - 1 - index]) < 1e-6)
    }
  }

  @Test func `Several threads encode at the same time`() async throws {
    let encoder = try Fixtures.encoder.get()
    let expected = try encoder.encode(["one", "two words", "three words now"])
    let all = try await withThrowingTaskGroup(of: Embeddings.self) { group in
      for _ in 0..<6 {
        group.addTask { try encoder.encode(["one", "two words", "three words now"]) }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    for vectors in all {
      for index in 0..<3 { #expect(farthest(vectors[index], expected[index]) < 1e-6) }
    }
  }

  private func farthest(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> Float {
    zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }

  /// The rows of a float32 array in NumPy's format of version 1.
  private func vectors(_ name: String, count: Int) throws -> [[Float]] {
    let file = try #require(TestData.folder("minilm")).appending(path: name)
    let data = try Data(contentsOf: file)
    let start = 10 + Int(data[8]) + Int(data[9]) << 8
    let numbers = stride(from: start, to: data.count, by: 4).map { offset in
      Float(
        bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(data[offset + $1]) << (8 * $1) })
    }
    try #require(numbers.count == count * 384)
    return (0..<count).map { Array(numbers[($0 * 384)..<(($0 + 1) * 384)]) }
  }
}
