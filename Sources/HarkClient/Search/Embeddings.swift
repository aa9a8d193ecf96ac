import Foundation

extension HarkClient {
  /// Vectors of texts.
  public struct Embeddings: Sendable, Hashable, Decodable {
    /// The numbers in a vector.
    public let dimension: Int
    /// A vector a text, in the order of the texts.
    public let vectors: [[Float]]

    private enum CodingKeys: CodingKey { case dimension, vectors }

    /// Reads vectors as they travel: as base64 of little-endian float32.
    public init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      let dimension = try container.decode(Int.self, forKey: .dimension)
      vectors = try container.decode([String].self, forKey: .vectors).map { text in
        guard let vector = Self.vector(text), vector.count == dimension else {
          throw DecodingError.dataCorruptedError(
            forKey: .vectors, in: container,
            debugDescription: "Not base64 of \(dimension) numbers of 4 bytes.")
        }
        return vector
      }
      self.dimension = dimension
    }

    private static func vector(_ base64: String) -> [Float]? {
      guard let bytes = Data(base64Encoded: base64).map(Array.init), bytes.count % 4 == 0 else {
        return nil
      }
      return stride(from: 0, to: bytes.count, by: 4).map { place in
        let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[place + $1]) << (8 * $1) }
        return Float(bitPattern: bits)
      }
    }
  }
}
