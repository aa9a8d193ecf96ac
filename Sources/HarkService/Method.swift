import Foundation
import Hark
import HarkServer

/// The parameters of a method, an object of JSON.
protocol Parameters: Decodable, Sendable {
  /// The names of all parameters.
  associatedtype CodingKeys: CodingKey & CaseIterable
}

/// The parameters of a method that has none.
struct NoParameters: Parameters {
  enum CodingKeys: CodingKey, CaseIterable {}
}

/// What a method has at hand.
struct MethodContext: Sendable {
  let engine: Engine
  let service: HarkService
  let request: RPCRequest
  /// Sends a notification: its method, and its params.
  let notify: @Sendable (String, Data) async -> Void
}

/// A method of the socket.
///
/// Its parameters are decoded from the request; names that it does not know are refused, so that a
/// misspelt option is an error and no surprise.
struct Method: Sendable {
  /// The name, `group.verb`.
  let name: String
  /// Whether it writes, and so runs to its end although the client is gone.
  let writes: Bool
  /// Answers a request with JSON.
  let answer: @Sendable (MethodContext) async throws(RPCError) -> Data

  /// Makes a method.
  init<P: Parameters, Result: Encodable & Sendable>(
    _ name: String, writes: Bool = false,
    _ body: @escaping @Sendable (MethodContext, P) async throws(HarkError) -> Result
  ) {
    self.name = name
    self.writes = writes
    answer = { (context) async throws(RPCError) in
      let parameters = try RequestParameters.decode(P.self, from: context.request.body)
      do throws(HarkError) {
        return try JSONText.encode(try await body(context, parameters))
      } catch {
        throw RPCError(error, names: Set(P.CodingKeys.allCases.map(\.stringValue)))
      }
    }
  }
}

/// JSON as the socket writes it.
enum JSONText {
  /// A value as JSON on one line, its keys sorted.
  static func encode(_ value: some Encodable) throws(HarkError) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return try encoder.encode(value)
    } catch {
      throw HarkError(.unexpected, "the answer cannot be written as JSON: \(error)", cause: error)
    }
  }
}
