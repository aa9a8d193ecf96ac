import Foundation
import NIOHTTP1
import Synchronization

/// An answer over HTTP; thrown where it refuses a request.
struct HTTPReply: Error, Sendable {
  /// The media type of Prometheus' text.
  static let prometheus = "text/plain; version=0.0.4; charset=utf-8"

  /// The status.
  let status: HTTPResponseStatus
  /// The headers, but for those of the connection.
  var headers: HTTPHeaders
  /// The body.
  let body: Data

  /// Makes a reply with a body.
  init(_ status: HTTPResponseStatus, _ body: Data, type: String = "application/json") {
    self.status = status
    self.body = body
    headers = [:]
    guard status != .noContent else { return }
    headers.add(name: "Content-Type", value: type)
    headers.add(name: "Content-Length", value: String(body.count))
  }

  /// Makes the reply for a request: errors of the service are part of the body of a success, as
  /// JSON-RPC over HTTP has it; those that a proxy or a plain client must see have a status.
  init(_ answer: Answer) {
    let error: RPCError? = if case .failure(let error) = answer.outcome { error } else { nil }
    let status: HTTPResponseStatus =
      switch error?.data.code {
      case "parse-error": .badRequest
      case "too-large": .payloadTooLarge
      case "busy": .tooManyRequests
      default: .ok
      }
    self.init(status, answer.json)
    if status == .tooManyRequests {
      // The header counts whole seconds.
      let seconds = ((error?.data.retryAfterMilliseconds ?? 1_000) + 999) / 1_000
      headers.add(name: "Retry-After", value: String(max(1, seconds)))
    }
  }

  /// Makes the reply to a request that HTTP itself has a status for.
  static func refusal(_ status: HTTPResponseStatus, _ reason: String) -> HTTPReply {
    HTTPReply(status, Data("{\"error\":".utf8) + JSONText.quoted(reason) + Data("}".utf8))
  }

  /// There is nothing at the path.
  static let notFound = refusal(
    .notFound, "There are POST /v1/rpc, GET /healthz and GET /metrics.")

  /// The path takes other methods.
  static func notAllowed(_ allowed: String) -> HTTPReply {
    var reply = refusal(.methodNotAllowed, "The methods of this path: \(allowed).")
    reply.headers.add(name: "Allow", value: allowed)
    return reply
  }

  /// The request cannot be read.
  static func unreadable(_ error: HTTPParserError) -> HTTPReply {
    switch error {
    case .headerOverflow:
      refusal(
        .requestHeaderFieldsTooLarge,
        "A header may have 16 KiB, all of them 64 KiB, and there may be 100.")
    case .invalidVersion:
      refusal(.httpVersionNotSupported, "The first line ends with HTTP/1.1 or HTTP/1.0.")
    default: refusal(.badRequest, "The request is not well formed HTTP/1.1.")
    }
  }
}

/// Tells the first of several that ask from the others.
final class Once: Sendable {
  private let isTaken = Atomic(false)

  /// Makes one that nobody has asked.
  init() {}

  /// Whether nobody asked before.
  func isFirst() -> Bool { !isTaken.exchange(true, ordering: .relaxed) }
}
