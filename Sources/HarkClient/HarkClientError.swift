/// What went wrong with a call, in words that a person can act upon.
///
/// Every error of the library is of this type: those that the server answers with, and those of the
/// way to it.
public struct HarkClientError: Error, Sendable, Hashable, CustomStringConvertible {
  /// A stable name of the kind of error, for programs.
  ///
  /// The set is open. docs/errors.md lists the codes of the server; those that the client gives by
  /// itself are `connection-failed`, `connection-lost`, `answer-malformed`, `timed-out` and
  /// `client-closed`.
  public struct Code: RawRepresentable, Sendable, Hashable, Codable, CustomStringConvertible {
    /// The name as it travels.
    public let rawValue: String
    /// Makes a code from its name.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// The name as it travels.
    public var description: String { rawValue }

    /// No server could be reached; nothing was done.
    public static let connectionFailed = Code(rawValue: "connection-failed")
    /// The connection ended before the answer came: the call may have been done, or not.
    public static let connectionLost = Code(rawValue: "connection-lost")
    /// What came is no answer, or not the one that the method has.
    public static let answerMalformed = Code(rawValue: "answer-malformed")
    /// The time of the call was over and the server had not answered, not even that.
    public static let timedOut = Code(rawValue: "timed-out")
    /// ``HarkClient/close()`` was called.
    public static let clientClosed = Code(rawValue: "client-closed")

    /// The task that made the call was canceled, or the server ended the call.
    public static let canceled = Code(rawValue: "canceled")
    /// The server has more to do than it takes.
    public static let busy = Code(rawValue: "busy")
    /// The time of the call was over before the answer was there.
    public static let deadlineExceeded = Code(rawValue: "deadline-exceeded")
    /// A request is larger than the server takes.
    public static let tooLarge = Code(rawValue: "too-large")
    /// The server is about to end.
    public static let shuttingDown = Code(rawValue: "shutting-down")
    /// The user may not do that, or not in that collection.
    public static let forbidden = Code(rawValue: "forbidden")
    /// The server does not know the method: it is older than the client.
    public static let methodNotFound = Code(rawValue: "method-not-found")
    /// A parameter is missing, unknown or of the wrong type.
    public static let invalidParams = Code(rawValue: "invalid-params")
    /// The value of a parameter cannot be used.
    public static let invalidArgument = Code(rawValue: "invalid-argument")
    /// Another process is writing to the store.
    public static let storeLocked = Code(rawValue: "store-locked")
    /// No document has the id given.
    public static let documentMissing = Code(rawValue: "document-missing")
    /// No chunk has the id given.
    public static let chunkMissing = Code(rawValue: "chunk-missing")
    /// No collection has the name given.
    public static let collectionMissing = Code(rawValue: "collection-missing")
    /// No task has the id given.
    public static let taskMissing = Code(rawValue: "task-missing")
    /// No turn of the chat log has the id given.
    public static let chatMissing = Code(rawValue: "chat-missing")
    /// The turn of the chat log has another answer already.
    public static let chatAnswered = Code(rawValue: "chat-answered")
    /// A request key came before with another request.
    public static let requestKeyReused = Code(rawValue: "request-key-reused")
    /// Something failed that nobody has a better name for.
    public static let unexpected = Code(rawValue: "unexpected")
  }

  /// The stable name of the kind of error.
  public let code: Code
  /// What happened, and what to do.
  public let message: String
  /// Whether the same call may succeed later.
  public let retryable: Bool
  /// The parameter that is wrong.
  public let field: String?
  /// What to do about it, where the server says so.
  public let hint: String?
  /// JSON-RPC's number of the kind of error; nil where the server did not answer.
  public let number: Int?
  /// After what time the server wants to be asked again.
  public let retryAfter: Duration?

  /// Makes an error.
  public init(
    _ code: Code, _ message: String, retryable: Bool = false, field: String? = nil,
    hint: String? = nil, number: Int? = nil, retryAfter: Duration? = nil
  ) {
    self.code = code
    self.message = message
    self.retryable = retryable
    self.field = field
    self.hint = hint
    self.number = number
    self.retryAfter = retryAfter
  }

  /// The message, the hint and, in brackets, the code.
  public var description: String {
    ([message] + [hint].compactMap(\.self) + ["[\(code)]"]).joined(separator: " ")
  }
}

extension HarkClientError {
  /// The task that made the call was canceled.
  static let callCanceled = HarkClientError(.canceled, "The call was canceled.")

  /// The client was closed.
  static let closed = HarkClientError(
    .clientClosed, "The client was closed. Make another one to call the server again.")

  /// The time of the call is over.
  static let timeIsOver = HarkClientError(
    .timedOut, "The server did not answer in time. Ask again, or give the call more time.",
    retryable: true)

  /// No connection can be made to a socket.
  static func unreachable(_ path: String, _ reason: String) -> HarkClientError {
    HarkClientError(
      .connectionFailed,
      "There is no connection to \(path): \(reason). Start `hark serve`, or name its socket.",
      retryable: true)
  }

  /// The server has ended a connection.
  static func lost(_ path: String) -> HarkClientError {
    HarkClientError(
      .connectionLost,
      "The connection to \(path) ended before the answer came: the call may have been done or not.",
      retryable: true)
  }

  /// What came is not what was expected.
  static func malformed(_ what: String) -> HarkClientError {
    HarkClientError(.answerMalformed, what)
  }
}
