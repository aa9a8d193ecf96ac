import Embedding
import Foundation

/// What turns the texts of a collection into vectors.
///
/// Everything else in the engine knows a model by these few operations, so that a model need not
/// run in this process.
struct EmbeddingModel: Sendable {
  /// The model's name.
  let name: String
  /// The folder of the model where it was named; nil for the default model.
  let path: String?
  /// What tells the model's vectors from every other one's.
  let fingerprint: String
  /// The numbers in a vector.
  let dimension: Int
  /// The tokens of a text that the model takes; what goes beyond is cut off.
  let tokenLimit: Int
  /// Counts the tokens of a text as the model does.
  let countTokens: @Sendable (Substring) -> Int
  /// The vectors of texts, row by row; blocks the thread and keeps the cores busy.
  let encode: @Sendable ([String]) throws -> [Float]
}

extension EmbeddingModel {
  /// A sentence-transformers model in this process.
  init(_ encoder: SentenceEncoder, path: String?) {
    let tokenizer = encoder.tokenizer
    self.init(
      name: encoder.name, path: path, fingerprint: encoder.fingerprint,
      dimension: encoder.dimension,
      tokenLimit: max(1, encoder.maximumTokens - tokenizer.specialTokens),
      countTokens: { tokenizer.count($0) }, encode: { try encoder.encode($0).values })
  }

  /// What the name of a model of stubs ends with.
  static let stubSuffix = "-stub"

  /// The model with its products replaced by numbers that are spun from a text's hash: ingest
  /// without the cost of embedding, to be measured.
  var stub: EmbeddingModel {
    let dimension = dimension
    return EmbeddingModel(
      name: name + Self.stubSuffix, path: path, fingerprint: fingerprint + Self.stubSuffix,
      dimension: dimension, tokenLimit: tokenLimit, countTokens: countTokens,
      encode: { texts in
        var values: [Float] = []
        values.reserveCapacity(texts.count * dimension)
        for text in texts { values += Self.vector(of: text, dimension: dimension) }
        return values
      })
  }

  /// A vector of unit length that depends on every byte of a text: FNV-1a (Fowler, Noll and Vo)
  /// seeds a xorshift generator (Marsaglia 2003).
  private static func vector(of text: String, dimension: Int) -> [Float] {
    var state = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { hash, byte in
      (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    if state == 0 { state = 1 }
    var vector = [Float](repeating: 0, count: dimension)
    var sum: Float = 0
    for index in vector.indices {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      let value = Float(Int32(truncatingIfNeeded: state >> 32)) / Float(Int32.max)
      vector[index] = value
      sum += value * value
    }
    let scale = 1 / sum.squareRoot()
    for index in vector.indices { vector[index] *= scale }
    return vector
  }
}
