import Embedding
import Foundation
import TestKit

/// The encoder of the default model, opened once for all tests.
enum Fixtures {
  static let encoder: Result<SentenceEncoder, any Error> = Result {
    try SentenceEncoder(modelFolder: modelPath)
  }

  static var modelPath: String {
    TestData.model?.path ?? "models/all-MiniLM-L6-v2"
  }

  static var hasModel: Bool { TestData.model != nil }

  static func tokenizer() throws -> WordPieceTokenizer { try encoder.get().tokenizer }

  /// A text with the token ids of the reference.
  struct Reference: Decodable, Sendable {
    var text: String
    var ids: [Int32]
  }

  static let references: [Reference] = {
    guard let file = TestData.folder("minilm")?.appending(path: "texts.jsonl"),
      let lines = try? Data(contentsOf: file).split(separator: UInt8(ascii: "\n"))
    else { return [] }
    return lines.compactMap { try? JSONDecoder().decode(Reference.self, from: $0) }
  }()

  static func cosine(_ a: some Collection<Float>, _ b: some Collection<Float>) -> Double {
    let dot = zip(a, b).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    let lengths = [Array(a), Array(b)].map { $0.reduce(0.0) { $0 + Double($1) * Double($1) } }
    return dot / (lengths[0] * lengths[1]).squareRoot()
  }
}
