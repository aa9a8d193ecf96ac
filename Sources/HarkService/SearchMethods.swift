import Foundation
import Hark

extension HarkService {
  /// The methods that find passages and make vectors.
  static let searchMethods: [Method] = [
    Method("hello") { (context, _: NoParameters) in
      Hello(
        server: "hark", version: version, interface: interface,
        methods: methods.keys.sorted(), store: context.engine.storePath)
    },
    Method("search") { (context, parameters: SearchParameters) async throws(HarkError) in
      try await context.engine.search(parameters.query, options: parameters.options)
    },
    Method("embed") { (context, parameters: EmbedParameters) async throws(HarkError) in
      guard (1...1000).contains(parameters.texts.count) else {
        throw HarkError(
          .invalidArgument, "texts has \(parameters.texts.count) items: give 1 to 1000")
      }
      let found = try await context.engine.embed(parameters.texts, for: parameters.collection)
      return EmbedResult(found)
    },
  ]

  private struct Hello: Encodable, Sendable {
    let server: String
    let version: String
    let interface: Int
    let methods: [String]
    let store: String
  }

  private struct EmbedParameters: Parameters {
    let texts: [String]
    let collection: String?
    enum CodingKeys: String, CodingKey, CaseIterable { case texts, collection }
  }

  private struct EmbedResult: Encodable, Sendable {
    let count: Int
    let dimension: Int
    /// Each vector as base64 of little-endian float32.
    let vectors: [String]

    init(_ embeddings: Embeddings) {
      count = embeddings.count
      dimension = embeddings.dimension
      vectors = (0..<embeddings.count).map { row in
        let values = embeddings.values[
          row * embeddings.dimension..<(row + 1) * embeddings.dimension]
        var bytes = Data(capacity: 4 * values.count)
        for value in values {
          for shift in stride(from: 0, to: 32, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(shift)))
          }
        }
        return bytes.base64EncodedString()
      }
    }
  }
}

/// What a search is to return.
struct SearchParameters: Parameters {
  let query: String
  let limit: Int?
  let mode: SearchMode?
  let collection: String?

  enum CodingKeys: String, CodingKey, CaseIterable { case query, limit, mode, collection }

  var options: SearchOptions { SearchOptions(limit: limit, mode: mode, collection: collection) }
}

extension SearchOptions {
  /// Options with the defaults for what is not given.
  init(limit: Int?, mode: SearchMode?, collection: String?) {
    self.init()
    if let limit { self.limit = limit }
    if let mode { self.mode = mode }
    if let collection { self.collection = collection }
  }
}
