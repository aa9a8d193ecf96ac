import Foundation
import NIOHTTP1
import Synchronization

/// An answer over HTTP.
struct HTTPReply: Sendable {
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

  /// There is nothing at the path.
  static let notFound = HTTPReply(
    .notFound,
    Data("{\"error\":\"There are POST /v1/rpc, GET /healthz and GET /metrics.\"}".utf8))

  /// The path takes another method.
  static func notAllowed(_ allowed: String) -> HTTPReply {
    var reply = HTTPReply(
      .methodNotAllowed, Data("{\"error\":\"This path takes \(allowed) alone.\"}".utf8))
    reply.headers.add(name: "Allow", value: allowed)
    return reply
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
