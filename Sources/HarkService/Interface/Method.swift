import Foundation
import Hark
import HarkServer

/// The parameters of a method, an object of JSON.
protocol Parameters: Decodable, Sendable {
  /// The parameters by name. What is not among them is refused.
  static var fields: [Field] { get }
}

/// The parameters of a method that has none.
struct NoParameters: Parameters {
  static let fields: [Field] = []
}

/// A method of the socket: what it is called, what it takes and gives, and what it does.
///
/// The description serves the documentation, `hark api schema` and the check of parameters: names
/// that a method does not know are refused, so that a misspelt option is an error and no surprise.
struct Method: Sendable {
  /// What a method says of itself.
  struct Description: Sendable {
    /// The name, `group.verb`.
    let name: String
    /// What it does, in a sentence or two.
    let summary: String
    /// What a peer must be allowed to do; nil where every peer that is admitted may call it.
    let right: Right?
    /// Whether it writes, and so runs to its end although the client is gone.
    let writes: Bool
    /// What its requests take of the server while they run.
    let lane: MethodTraits.Lane
    /// The form of the result.
    let result: Schema
    /// The codes of errors of its own, beside those of every request.
    let errors: [String]
    /// The params of an example.
    let example: String

    /// Describes a method.
    init(
      _ name: String, _ summary: String, right: Right?, writes: Bool = false,
      lane: MethodTraits.Lane = .quick, result: Schema,
      errors: [String] = [], example: String = "{}"
    ) {
      self.name = name
      self.summary = summary
      self.right = right
      self.writes = writes
      self.lane = lane
      self.result = result
      self.errors = errors
      self.example = example
    }

    /// The same for the server.
    var traits: MethodTraits { MethodTraits(lane: lane, finishesAfterDisconnect: writes) }
  }

  /// What it says of itself.
  let description: Description
  /// The parameters.
  let parameters: [Field]
  /// Answers a request with JSON.
  let answer: @Sendable (MethodContext) async throws(RPCError) -> Data

  /// The name, `group.verb`.
  var name: String { description.name }

  /// Makes a method.
  init<P: Parameters, Result: Encodable & Sendable>(
    _ description: Description,
    _ body: @escaping @Sendable (MethodContext, P) async throws -> Result
  ) {
    self.description = description
    parameters = P.fields
    answer = { (context) async throws(RPCError) in
      let parameters = try RequestParameters.decode(P.self, from: context.request.body)
      do {
        return try JSONText.encode(try await body(context, parameters))
      } catch let error as RPCError {
        throw error
      } catch {
        throw RPCError(HarkError(wrapping: error), names: Set(P.fields.map(\.name)))
      }
    }
  }
}

/// What a method has at hand.
struct MethodContext: Sendable {
  let service: HarkService
  let request: RPCRequest
  /// What the peer may do.
  let access: Access
  /// Sends a notification: its method, and its params.
  let notify: @Sendable (String, Data) async -> Void

  /// The store.
  var engine: Engine { service.engine }
}
