import Foundation
import HarkServer
import TestKit
import Testing

/// A server with an ``EchoService`` in a folder of its own.
final class Harness: Sendable {
  let folder: TemporaryFolder
  let path: String
  let service: EchoService
  let server: SocketServer

  /// Runs a test against a server, and stops it.
  static func serve(
    _ limits: ServerLimits = ServerLimits(), service: EchoService = EchoService(),
    _ body: (Harness) async throws -> Void
  ) async throws {
    let harness = try Harness(limits, service)
    try await harness.server.start()
    do {
      try await body(harness)
    } catch {
      service.open()
      await harness.server.stop()
      throw error
    }
    service.open()
    await harness.server.stop()
  }

  private init(_ limits: ServerLimits, _ service: EchoService) throws {
    folder = try TemporaryFolder()
    path = folder.file("hark.sock")
    self.service = service
    server = SocketServer(path: path, service: service, limits: limits)
  }

  /// A new client.
  func client() async throws -> RawClient { try await RawClient(path) }

  /// Whether a new client gets an answer.
  func isAlive() async throws -> Bool {
    let client = try await client()
    try await client.sendLine(request(0, "echo", "[]"))
    return try await client.line() == #"{"jsonrpc":"2.0","id":0,"result":[]}"#
  }
}

/// Returns once the server has taken all that the client has sent before, and answered none of it.
func settle(_ client: RawClient) async throws {
  try await client.sendLine(request(-1, "cancel", #"{"id":-2}"#))
  #expect(try await client.line() == result(-1, #"{"canceled":false}"#))
}

/// The text of a request.
func request(_ id: Int, _ method: String, _ params: String = "{}") -> String {
  #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":\#(params)}"#
}

/// The text of the answer to a request.
func result(_ id: Int, _ result: String = "true") -> String {
  #"{"jsonrpc":"2.0","id":\#(id),"result":\#(result)}"#
}

/// The error of an answer.
struct ErrorReply: Decodable {
  struct Failure: Decodable {
    struct Details: Decodable {
      var code: String
      var retryable: Bool
      var field: String?
      var hint: String?
      var retry_after_ms: Int?
    }
    var code: Int
    var message: String
    var data: Details
  }

  var id: Int?
  var error: Failure

  /// Reads a line, and fails where it is none or no error.
  init(_ line: String?) throws {
    self = try JSONDecoder().decode(ErrorReply.self, from: Data(#require(line).utf8))
  }
}

/// Waits until something is so, for as long as a busy machine may need.
func eventually(_ isSo: () -> Bool) async throws -> Bool {
  let end = ContinuousClock.now + .seconds(60)
  while ContinuousClock.now < end {
    if isSo() { return true }
    try await Task.sleep(for: .milliseconds(5))
  }
  return isSo()
}

/// How many bytes of memory the process holds.
func residentBytes() -> Int {
  let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
  return (pages.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4_096
}
