import Foundation
import NIOCore

/// A client of `hark serve`: searches, documents, tasks and the chat log over its Unix socket.
///
/// ```swift
/// let hark = try await HarkClient()
/// let context = try await hark.context("Who approves a trip?", budgetTokens: 1500)
/// let turn = try await hark.chat.append(
///   session: "s-1", user: "minji", question: "Who approves a trip?", sources: context.sources)
/// let answer = try await languageModel.answer(turn.userMessage, passages: context.text)
/// try await hark.chat.answer(turn.id, with: answer)
/// ```
///
/// A client has one connection, which copies of it share: it may be used from any number of tasks at
/// once, and 63 of their calls are under way while others wait. Where the server was away, the next
/// call connects again. The connection is closed by ``close()``, or with the last copy.
///
/// Every call may be repeated as ``retries`` say, and is over when ``timeout`` is. Canceling the task
/// of a call ends the work in the server as well, and the call throws `canceled`; a write that was
/// canceled may have been done or not.
public struct HarkClient: Sendable {
  /// How long a call may take, its repetitions included; nil for as long as it takes. A day is the
  /// most.
  ///
  /// The server ends the work at that time (`deadline-exceeded`). Where it does not even answer,
  /// the call ends half a second later (`timed-out`).
  public var timeout: Duration?
  /// How often and after what pauses a call is made again.
  public var retries: RetryPolicy

  let link: Link

  /// Connects to a server.
  ///
  /// - Parameters:
  ///   - path: its socket; where nil, that of the variable `HARK_SOCKET`, else
  ///     `$XDG_RUNTIME_DIR/hark.sock`.
  ///   - timeout: how long a call may take; nil for as long as it takes.
  ///   - retries: how often and after what pauses a call is made again. Connecting is tried once.
  /// - Throws: `connection-failed`.
  public init(
    _ path: String? = nil, timeout: Duration? = .seconds(60), retries: RetryPolicy = RetryPolicy()
  ) async throws(HarkClientError) {
    guard let path = path ?? Self.defaultPath(in: ProcessInfo.processInfo.environment) else {
      throw HarkClientError(
        .connectionFailed,
        "No socket is named: give its path, or set HARK_SOCKET or XDG_RUNTIME_DIR.")
    }
    try await self.init(Link(path), timeout: timeout, retries: retries)
  }

  init(
    _ link: Link, timeout: Duration? = .seconds(60), retries: RetryPolicy = RetryPolicy()
  ) async throws(HarkClientError) {
    self.link = link
    self.timeout = timeout
    self.retries = retries
    _ = try await link.connection()
  }

  /// The same client, on the same connection, with another time for its calls.
  ///
  /// ```swift
  /// let found = try await hark.within(.seconds(2)).search("Who approves a trip?")
  /// ```
  public func within(_ timeout: Duration?) -> HarkClient {
    var client = self
    client.timeout = timeout
    return client
  }

  /// Closes the connection. Calls under way end with `client-closed`, and so do all later ones.
  public func close() async { await link.close() }

  /// Where the server's socket lies when nobody says so.
  static func defaultPath(in environment: [String: String]) -> String? {
    if let path = environment["HARK_SOCKET"], !path.isEmpty { return path }
    guard let folder = environment["XDG_RUNTIME_DIR"], !folder.isEmpty else { return nil }
    return "\(folder)/hark.sock"
  }
}
