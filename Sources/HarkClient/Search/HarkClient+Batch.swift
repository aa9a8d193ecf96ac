import Foundation

extension HarkClient {
  /// A call within a batch.
  public struct BatchRequest: Sendable, Encodable {
    /// The name of the method.
    public let method: String
    /// Its parameters: what encodes as an object of JSON.
    public let params: any Encodable & Sendable

    /// Makes a call.
    public init(_ method: String, params: any Encodable & Sendable) {
      self.method = method
      self.params = params
    }

    private enum CodingKeys: CodingKey { case method, params }

    /// Writes the method and its parameters.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(method, forKey: .method)
      try container.encode(params, forKey: .params)
    }
  }

  /// What became of a call within a batch.
  public struct BatchResult: Sendable {
    private let outcome: Result<JSONValue, HarkClientError>

    init(_ answer: Answer<JSONValue>) { outcome = answer.outcome }

    /// The result.
    ///
    /// - Parameter type: what the result is, such as ``SearchResult``.
    /// - Throws: what the server answers to this call; `answer-malformed`.
    public func get<Value: Decodable>(
      as type: Value.Type = Value.self
    ) throws(HarkClientError) -> Value {
      let json = try outcome.get()
      do {
        return try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(json))
      } catch {
        throw .malformed("A result of the batch is no \(Value.self): \(error)")
      }
    }
  }

  /// Makes several calls in one; one that fails leaves the others alone.
  ///
  /// ```swift
  /// let results = try await hark.batch([
  ///   .init("search", params: ["query": "travel"]), .init("search", params: ["query": "leave"]),
  /// ])
  /// let travel = try results[0].get(as: HarkClient.SearchResult.self)
  /// ```
  ///
  /// - Parameters:
  ///   - requests: 1 to 100 calls, none of them a batch or a subscription.
  ///   - isRepeatable: whether the batch does no harm when it is done twice, because all of
  ///   it reads or carries request keys.
  /// - Returns: a result a call, in the order of the calls.
  /// - Throws: `answer-malformed` where there are not as many results as calls.
  public func batch(
    _ requests: [BatchRequest], isRepeatable: Bool = false
  ) async throws(HarkClientError) -> [BatchResult] {
    struct Batch: Decodable, Sendable { let results: [Answer<JSONValue>] }
    let batch = try await call(
      "batch", params: ["requests": requests], as: Batch.self, isRepeatable: isRepeatable)
    guard batch.results.count == requests.count else {
      throw .malformed(
        "The server gave \(batch.results.count) results for \(requests.count) calls of a batch.")
    }
    return batch.results.map(BatchResult.init)
  }
}
