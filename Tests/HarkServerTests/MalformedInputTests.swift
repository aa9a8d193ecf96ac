import Foundation
import HarkServer
import TestKit
import Testing

/// What is no request, and the error that it gets; the connection lives on.
@Suite(.serialized, .timeLimit(.minutes(5))) struct MalformedInputTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let line: [UInt8]
    let number: Int
    let code: String
    var id: Int?

    init(_ line: String, _ number: Int, _ code: String, id: Int? = nil) {
      self.init(Array(line.utf8), number, code, id: id)
    }

    init(_ line: [UInt8], _ number: Int, _ code: String, id: Int? = nil) {
      self.line = line
      self.number = number
      self.code = code
      self.id = id
    }

    var testDescription: String { String(decoding: line.prefix(60), as: UTF8.self) }
  }

  static let cases: [Case] =
    [
      "{", "{}}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{'a':1}", "{\"a\":01}", "{\"a\":1.}",
      "{\"a\":.5}", "{\"a\":+1}", "{\"a\":1e}", "{\"a\":-}", "{\"a\":nul}", "{\"a\":NaN}",
      "{\"a\":\"\\x\"}", "{\"a\":\"\\u12g4\"}", "{\"a\":\"\t\"}", "{\"a\":\"", "[1,]", "nonsense",
      "{\"a\":[}", "{\"a\":1} {\"a\":1}", "{\"a\":1 \"b\":2}", "{a:1}", "\u{FEFF}{}", "{\"a\":\0}",
    ].map { Case($0, -32700, "parse-error") } + [
      Case([0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D], -32700, "parse-error"),
      // An overlong slash, a surrogate, and a character cut in half.
      Case(quoted([0xC0, 0xAF]), -32700, "parse-error"),
      Case(quoted([0xED, 0xA0, 0x80]), -32700, "parse-error"),
      Case(quoted([0xED, 0x95]), -32700, "parse-error"),
      Case("{}", -32600, "invalid-request"),
      Case("42", -32600, "invalid-request"),
      Case("\"text\"", -32600, "invalid-request"),
      Case("[]", -32600, "invalid-request"),
      Case("[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\"}]", -32600, "invalid-request"),
      Case("{\"id\":1,\"method\":\"echo\"}", -32600, "invalid-request", id: 1),
      Case("{\"jsonrpc\":2.0,\"id\":1,\"method\":\"echo\"}", -32600, "invalid-request", id: 1),
      Case("{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"echo\"}", -32600, "invalid-request", id: 1),
      Case("{\"jsonrpc\":\"2.0\",\"id\":1}", -32600, "invalid-request", id: 1),
      Case("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", -32600, "invalid-request", id: 1),
      Case(
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\\ud800\"}", -32600, "invalid-request", id: 1),
      Case("{\"jsonrpc\":\"2.0\",\"id\":[1],\"method\":\"echo\"}", -32600, "invalid-request"),
      Case("{\"jsonrpc\":\"2.0\",\"id\":true,\"method\":\"echo\"}", -32600, "invalid-request"),
      Case("{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"a\"}", -32600, "invalid-request"),
      Case(
        "{\"jsonrpc\":\"2.0\",\"id\":\"\(String(repeating: "x", count: 2_000))\"}", -32600,
        "invalid-request"),
      Case(
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\",\"params\":3}", -32600,
        "invalid-request", id: 1),
      Case(request(1, "echo", "{\"deadline_ms\":\"soon\"}"), -32602, "invalid-params", id: 1),
      Case(request(1, "echo", "{\"deadline_ms\":-1}"), -32602, "invalid-params", id: 1),
      Case(request(1, "cancel"), -32602, "invalid-params", id: 1),
      Case(request(1, "echo", nested(64)), -32600, "invalid-request"),
      Case(String(repeating: "[", count: 1_000_000), -32600, "invalid-request"),
    ]

  private static func quoted(_ bytes: [UInt8]) -> [UInt8] {
    Array("{\"a\":\"".utf8) + bytes + Array("\"}".utf8)
  }

  private static func nested(_ depth: Int) -> String {
    String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
  }

  @Test(arguments: cases) func getsItsError(_ malformed: Case) async throws {
    try await Harness.serve { harness in
      let client = try await harness.client()
      try await client.send(Array("\n".utf8) + malformed.line + Array("\n".utf8))
      let reply = try ErrorReply(try await client.line())
      #expect(reply.id == malformed.id)
      #expect(reply.error.code == malformed.number)
      #expect(reply.error.data.code == malformed.code)
      try await client.sendLine(request(9, "echo", Self.nested(63)))
      #expect(try await client.line() == result(9, Self.nested(63)))
    }
  }

  @Test func bracketsInStringsAreNotDepth() async throws {
    try await Harness.serve { harness in
      let client = try await harness.client()
      let brackets = "[\"\(String(repeating: "[{", count: 200))\\\"[\"]"
      try await client.sendLine(request(1, "echo", brackets))
      #expect(try await client.line() == result(1, brackets))
    }
  }

  @Test(arguments: ["x", "\u{0}", "é", "\"", "1"]) func anotherProtocolIsRefused(
    _ start: String
  ) async throws {
    try await Harness.serve { harness in
      let client = try await harness.client()
      try await client.send(start)
      #expect(try ErrorReply(try await client.line()).error.data.code == "parse-error")
      #expect(try await client.line() == nil)
    }
  }

  @Test func aHugeLineIsRefusedWithoutKeepingIt() async throws {
    var limits = ServerLimits()
    limits.lineBytes = 1 << 20
    limits.arrival = .seconds(600)
    try await Harness.serve(limits) { harness in
      let client = try await harness.client()
      let before = residentBytes()
      let piece = [UInt8](repeating: UInt8(ascii: " "), count: 1 << 20)
      try await client.send("{")
      try await client.send(piece)
      // The error comes while the line is under way.
      try await client.send(piece)
      #expect(try ErrorReply(try await client.line()).error.data.code == "too-large")
      for _ in 0..<1_500 { try await client.send(piece) }
      // Other tests of this process take memory as well, and far less than the line has.
      #expect(residentBytes() - before < 1 << 30)
      try await client.sendLine("}")
      try await client.sendLine(request(1, "echo"))
      #expect(try await client.line() == result(1, "{}"))
    }
  }

  @Test func theLimitOfALineIsExact() async throws {
    var limits = ServerLimits()
    limits.lineBytes = 1_000
    try await Harness.serve(limits) { harness in
      let client = try await harness.client()
      let short = request(1, "echo", "[]")
      let longest = short + String(repeating: " ", count: 1_000 - short.utf8.count)
      try await client.sendLine(longest)
      #expect(try await client.line() == result(1, "[]"))
      try await client.sendLine(longest + " ")
      #expect(try ErrorReply(try await client.line()).error.data.code == "too-large")
    }
  }

  @Test func aLineThatDoesNotEndIsCutOff() async throws {
    var limits = ServerLimits()
    limits.arrival = .milliseconds(300)
    try await Harness.serve(limits) { harness in
      let idle = try await harness.client()
      let client = try await harness.client()
      try await client.sendLine(request(1, "echo"))
      #expect(try await client.line() == result(1, "{}"))
      try await client.send("{\"jsonrpc\"")
      #expect(try ErrorReply(try await client.line()).error.data.code == "too-slow")
      #expect(try await client.line() == nil)
      // A client that has begun nothing is left in peace.
      try await idle.sendLine(request(2, "echo"))
      #expect(try await idle.line() == result(2, "{}"))
    }
  }
}
