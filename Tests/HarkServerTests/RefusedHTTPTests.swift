import HarkServer
import TestKit
import Testing

/// Requests over HTTP whose bounds or meaning readers might not agree on, and those that are too
/// much: each is refused, and nothing behind it is taken for a request.
@Suite(.serialized, .timeLimit(.minutes(5))) struct RefusedHTTPTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let head: String
    let status: Int

    var testDescription: String { "\(status) \(head.debugDescription.prefix(80))" }
  }

  private static let post = "POST /v1/rpc HTTP/1.1\r\nHost: hark\r\n"

  static let malformed =
    [
      // Lengths.
      "Content-Length: 40\r\nContent-Length: 40", "Content-Length: 40\r\nContent-Length: 41",
      "Content-Length: 40, 40", "Content-Length: -1", "Content-Length: +40", "Content-Length: 0x40",
      "Content-Length: 4 0", "Content-Length:", "Content-Length: 40;", "Content-Length : 40",
      "Content-Length: 99999999999999999999999999",
      // Lengths and chunks both.
      "Content-Length: 40\r\nTransfer-Encoding: chunked",
      "Transfer-Encoding: chunked\r\nContent-Length: 40",
      "Content-Length: 40\r\nTransfer-Encoding: identity",
      // Chunks, or not.
      "Transfer-Encoding: chunked, chunked", "Transfer-Encoding: chunked, gzip",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
      "Transfer-Encoding: \u{0B}chunked", "Transfer-Encoding : chunked",
      "Transfer-Encoding:\r\n chunked",
      // Lines and characters.
      "X: a\r\n b", "X: a\rContent-Length: 40", "X: a\0b", ": b", "X\t: b", "X", "X(: b",
      "Host: other",
    ].map { Case(head: post + $0 + "\r\n\r\n", status: 400) }
    + [
      "-1", "0x28", "28 ", "g", "", "+28", "FFFFFFFFFFFFFFFFF", "28\n", "0\r\nContent-Length : 1",
      "1\r\nab",
    ].map { Case(head: post + "Transfer-Encoding: chunked\r\n\r\n" + $0 + "\r\n", status: 400) }
    + [
      "POST /v1/rpc HTTP/1.1\r\n\r\n", "POST /v1/rpc HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
      "POST /v1/rpc HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /v1/rpc x HTTP/1.1\r\nHost: h\r\n\r\n",
      "POST /\u{E9} HTTP/1.1\r\nHost: h\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "BREW /pot HTTP/1.1\r\nHost: h\r\n\r\n", "P\r\n\r\n",
    ].map { Case(head: $0, status: 400) }

  static let excessive = [
    Case(head: post + "X: \(String(repeating: "a", count: 17_000))\r\n\r\n", status: 431),
    Case(head: post + "X: \(String(repeating: "a", count: 3_000_000))\r\n\r\n", status: 431),
    Case(head: post + "\(String(repeating: "a", count: 17_000)): x\r\n\r\n", status: 431),
    Case(head: post + String(repeating: "X: y\r\n", count: 200) + "\r\n", status: 431),
    Case(
      head: post + String(repeating: "X: \(String(repeating: "a", count: 9_000))\r\n", count: 8)
        + "\r\n", status: 431),
    Case(
      head: "GET /\(String(repeating: "a", count: 17_000)) HTTP/1.1\r\nHost: h\r\n\r\n", status: 431
    ),
    Case(
      head: post + "Transfer-Encoding: chunked\r\n\r\n0\r\n"
        + String(repeating: "X: y\r\n", count: 200) + "\r\n", status: 431),
    Case(head: post + "Content-Length: 16777217\r\n\r\n", status: 413),
    Case(head: post + "Content-Length: 9223372036854775808\r\n\r\n", status: 413),
    Case(head: post + "Content-Length: 18446744073709551615\r\n\r\n", status: 413),
    Case(head: post + "Expect: 100-continue\r\nContent-Length: 16777217\r\n\r\n", status: 413),
  ]

  static let unsupported = [
    Case(head: post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", status: 501),
    Case(head: post + "Transfer-Encoding: identity\r\n\r\n", status: 501),
    Case(head: post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", status: 501),
    Case(head: post + "Expect: magic\r\nContent-Length: 40\r\n\r\n", status: 417),
    Case(head: "GET /healthz HTTP/1.2\r\nHost: h\r\n\r\n", status: 505),
    Case(head: "GET /healthz HTTP/2.0\r\nHost: h\r\n\r\n", status: 505),
    Case(head: "GET /healthz\r\n\r\n", status: 505),
    Case(head: "GET /healthz HTTP/1.1\nHost: h\n\n", status: 505),
  ]

  @Test(arguments: malformed + excessive + unsupported) func isRefusedWithAllThatFollows(
    _ refused: Case
  ) async throws {
    try await Harness.serve { harness in
      let client = try await harness.client()
      let body = request(1, "echo")
      try await client.send(
        refused.head + Self.post + "Content-Length: \(body.utf8.count)\r\n\r\n" + body)
      let response = try #require(try await client.response())
      #expect(response.status == refused.status)
      #expect(response.head.contains("Connection: close"))
      #expect(response.body.contains("\"error\":"))
      #expect(try await client.line() == nil)
      #expect(harness.service.counts.begun == [])
      #expect(harness.server.heldBytes == 0)
    }
  }

  @Test func aRequestThatIsCutOffIsRefused() async throws {
    try await Harness.serve { harness in
      for text in ["POST /v1/rpc HT", Self.post, Self.post + "Content-Length: 40\r\n\r\n{"] {
        let client = try await harness.client()
        try await client.send(text)
        client.finishSending()
        #expect(try await client.response()?.status == 400)
        #expect(try await client.isClosed())
        #expect(try await eventually { client.isCut })
      }
    }
  }
}
