/// An error as it goes to the client.
package struct RPCError: Error, Sendable, Hashable, Encodable {
  /// What a program needs to act upon an error.
  package struct Details: Sendable, Hashable, Encodable {
    /// The stable name of the kind of error.
    package let code: String
    /// Whether the same request may succeed later.
    package let retryable: Bool
    /// The parameter that is wrong.
    package let field: String?
    /// What to do about it.
    package let hint: String?
    /// After how many milliseconds another attempt makes sense.
    package let retryAfterMilliseconds: Int?

    private enum CodingKeys: String, CodingKey {
      case code, retryable, field, hint
      case retryAfterMilliseconds = "retry_after_ms"
    }
  }

  /// The number that JSON-RPC gives to the kind of error.
  package let code: Int
  /// What happened, in a sentence.
  package let message: String
  /// The same for programs.
  package let data: Details

  /// Makes an error.
  ///
  /// - Parameters:
  ///   - number: JSON-RPC's number of the kind of error.
  ///   - code: the stable name of the kind of error.
  package init(
    _ number: Int, _ code: String, _ message: String, retryable: Bool = false,
    field: String? = nil, hint: String? = nil, retryAfterMilliseconds: Int? = nil
  ) {
    self.code = number
    self.message = message
    data = Details(
      code: code, retryable: retryable, field: field, hint: hint,
      retryAfterMilliseconds: retryAfterMilliseconds)
  }
}

extension RPCError {
  /// The text of a request is not JSON.
  package static func parseError(_ message: String) -> RPCError {
    RPCError(-32700, "parse-error", message, hint: "Send one JSON object a line, in UTF-8.")
  }

  /// The text is JSON and not a request.
  package static func invalidRequest(
    _ message: String, field: String? = nil, hint: String? = nil
  ) -> RPCError {
    RPCError(-32600, "invalid-request", message, field: field, hint: hint)
  }

  /// The service has no such method.
  package static func methodNotFound(_ method: String) -> RPCError {
    RPCError(-32601, "method-not-found", "There is no method \(method).", field: "method")
  }

  /// A parameter is missing, or of the wrong type or range.
  package static func invalidParams(
    _ message: String, field: String? = nil, hint: String? = nil
  ) -> RPCError {
    RPCError(-32602, "invalid-params", message, field: field, hint: hint)
  }

  /// The server has more to do than it takes.
  package static func busy(
    _ message: String = "Too many requests are waiting.", retryAfterMilliseconds: Int = 1_000
  ) -> RPCError {
    RPCError(
      -32000, "busy", message, retryable: true, hint: "Ask again later.",
      retryAfterMilliseconds: retryAfterMilliseconds)
  }

  /// The time that the request gave itself is over.
  package static let deadlineExceeded = RPCError(
    -32001, "deadline-exceeded", "The deadline of the request passed before its answer was there.",
    retryable: true, field: "deadline_ms", hint: "Ask again with a later deadline.")

  /// The request has more bytes than the server takes.
  package static func tooLarge(_ limit: Int) -> RPCError {
    RPCError(
      -32002, "too-large", "A request may have \(limit) bytes at most.",
      hint: "Split it into several requests.")
  }

  /// The request was canceled by its sender.
  package static let canceled = RPCError(-32003, "canceled", "The request was canceled.")

  /// The server is about to end.
  package static let shuttingDown = RPCError(
    -32004, "shutting-down", "The server is shutting down.", retryable: true,
    hint: "Connect again later.", retryAfterMilliseconds: 1_000)

  /// The service does not speak with the user at the other end.
  package static func peerRefused(_ peer: Peer) -> RPCError {
    RPCError(-32005, "peer-refused", "The user \(peer.uid) may not use this socket.")
  }

  /// A request was begun and not completed in time.
  package static let tooSlow = RPCError(
    -32006, "too-slow", "The request was not complete in time.", retryable: true)
}
