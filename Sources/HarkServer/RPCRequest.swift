package import Foundation

/// The id of a request as its sender wrote it: a number, a string or null.
///
/// It goes back byte for byte, so `1` and `1.0` are two ids.
package struct RequestID: Sendable, Hashable, CustomStringConvertible {
  /// The JSON text of the id.
  package let json: String

  /// Makes an id from JSON text that is known to be a number, a string or null.
  package init(json: String) { self.json = json }

  /// The id of an error whose request cannot be told.
  package static let null = RequestID(json: "null")

  /// The JSON text of the id.
  package var description: String { json }
}

/// A request as the transport hands it to the service.
package struct RPCRequest: Sendable {
  /// The id that the answer carries; null for a notification.
  package let id: RequestID
  /// Whether the sender wants no answer: the request has no id.
  package let isNotification: Bool
  /// The name of the method.
  package let method: String
  /// The whole JSON object of the request, from which a method decodes its `params`.
  ///
  /// It is known to be valid UTF-8 and JSON, and no deeper than the limit.
  package let body: Data
  /// Who asks.
  package let peer: Peer
  /// When the answer is of no use any more: `deadline_ms` of the params after the arrival.
  package let deadline: ContinuousClock.Instant?

  /// The same request for another method: a part of a batch.
  ///
  /// - Parameter body: a JSON object with the `params`.
  package func asking(_ method: String, _ body: Data) -> RPCRequest {
    RPCRequest(
      id: id, isNotification: isNotification, method: method, body: body, peer: peer,
      deadline: deadline)
  }
}
