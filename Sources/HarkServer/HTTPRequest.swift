import NIOHTTP1

/// What counts here of the head of a request over HTTP/1.
struct HTTPRequest {
  /// How much of headers is taken. A browser sends a few kilobytes.
  static let headerLimits: NIOHTTPDecoderLimitConfiguration = {
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldSize = 16 << 10
    limits.maxHeaderListSize = 64 << 10
    limits.maxHeaderFieldCount = 100
    return limits
  }()

  /// The version of the protocol in which the reply is written.
  let version: HTTPVersion
  /// The method.
  let method: HTTPMethod
  /// The path of the target, whether that has a scheme and a host before or not.
  let path: Substring
  /// How many bytes of body the head announces; 0 where they come in chunks.
  let announcedBytes: Int
  /// Whether the client waits for a word before it sends the body.
  let expectsContinue: Bool
  /// Whether another request may follow on the connection.
  let keepAlive: Bool

  /// Reads a head that is well formed, and whose lengths do not contradict each other: the decoder
  /// refuses others.
  ///
  /// - Throws: The reply to a request that cannot be taken (RFC 9110 and 9112).
  init(_ head: HTTPRequestHead) throws(HTTPReply) {
    version = head.version
    method = head.method
    path = Self.path(of: head.uri)
    if version == .http1_1, head.headers["Host"].count != 1 {
      throw .refusal(.badRequest, "A request of HTTP/1.1 has one header Host.")
    }
    let codings = head.headers[canonicalForm: "Transfer-Encoding"].map { $0.lowercased() }
    if !codings.isEmpty {
      guard version != .http1_0 else {
        throw .refusal(.badRequest, "HTTP/1.0 has no Transfer-Encoding.")
      }
      guard codings == ["chunked"] else {
        throw .refusal(.notImplemented, "The only Transfer-Encoding is chunked.")
      }
    }
    // Digits alone get here, but maybe more of them than a number holds.
    announcedBytes = head.headers.first(name: "Content-Length").map { Int($0) ?? .max } ?? 0
    let expectations = head.headers[canonicalForm: "Expect"].map { $0.lowercased() }
    guard version == .http1_0 || expectations.allSatisfy({ $0 == "100-continue" }) else {
      throw .refusal(.expectationFailed, "The only expectation is 100-continue.")
    }
    expectsContinue =
      version != .http1_0 && !expectations.isEmpty && (announcedBytes > 0 || !codings.isEmpty)
    // The decoder stops where the protocol might change, so nothing could follow.
    keepAlive = head.isKeepAlive && method != .CONNECT && !head.headers.contains(name: "Upgrade")
  }

  private static func path(of target: String) -> Substring {
    var rest = target[...]
    if !rest.hasPrefix("/"), let scheme = rest.firstRange(of: "://") {
      rest = rest[scheme.upperBound...].drop { $0 != "/" && $0 != "?" }
      if !rest.hasPrefix("/") { return "/" }
    }
    return rest.prefix { $0 != "?" }
  }
}
