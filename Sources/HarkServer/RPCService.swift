package import Foundation

/// What answers requests.
package protocol RPCService: Sendable {
  /// Answers a request. It runs on a task of its own, which is canceled when the client cancels
  /// the request, the deadline passes or the client is gone.
  ///
  /// - Parameter notify: sends a notification on the connection of the request: its method, and
  ///   its params as JSON. It waits while the client reads slowly. Over HTTP, and once the request
  ///   is answered, notifications are dropped.
  /// - Returns: The JSON of the result.
  /// - Throws: The error that the client gets.
  func answer(
    _ request: RPCRequest, notify: @escaping @Sendable (String, Data) async -> Void
  ) async throws(RPCError) -> Data

  /// Whether a peer may connect at all. All other clients wait for the answer.
  func admits(_ peer: Peer) -> Bool

  /// How the requests of a method run; a method that does not exist has the default traits.
  func traits(of method: String) -> MethodTraits

  /// The JSON object that `GET /healthz` gives.
  func health() async -> Data

  /// The text that `GET /metrics` gives, in the format of Prometheus.
  func metrics() async -> String
}
