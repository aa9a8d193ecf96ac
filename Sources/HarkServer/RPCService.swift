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

  /// Whether a method runs to its end although the client is gone, as one that writes does.
  ///
  /// It is canceled all the same by the method `cancel`, by its deadline, and by a server that has
  /// stopped and waited long enough.
  func finishesAfterDisconnect(_ method: String) -> Bool

  /// The JSON object that `GET /healthz` gives.
  func health() async -> Data

  /// The text that `GET /metrics` gives, in the format of Prometheus.
  func metrics() async -> String
}
