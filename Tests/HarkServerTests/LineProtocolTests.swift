import Foundation
import Glibc
import HarkServer
import TestKit
import Testing

/// JSON-RPC with one object a line, as a well-behaved client speaks it.
@Suite(.serialized, .timeLimit(.minutes(5))) struct LineProtocolTests {
  @Test func answersCarryTheIDAsItWasSent() async throws {
    try await Harness.serve { harness in
      let client = try await harness.client()
      for id in ["7", "-1.50", "\"a\\u0062\\\"\"", "null", "1e3"] {
        try await client.sendLine(
          #"{"jsonrpc":"2.0","method":"echo","params":{"q":"한글 \n"},"id":\#(id)}"#)
        let expected = #"{"jsonrpc":"2.0","id":\#(id),"result":{"q":"한글 \n"}}"#
        #expect(try await client.line() == expected)
      }
    }
  }

  @Test func spacesEscapesAndLineEndsAreTaken() async throws {
    try await Harness.serve { harness in
      let client = try await harness.client()
      try await client.send("\r\n \n\n")
      try await client.send(
        "\t { \"\\u0069d\" : 1 , \"jsonrpc\" : \"2.0\" , \"method\" : \"e\\u0063ho\" } \r\n")
      #expect(try await client.line() == result(1, "null"))
    }
  }

  @Test func resultsStayOnOneLine() async throws {
    try await Harness.serve { harness in
      let client = try await harness.client()
      try await client.sendLine(request(1, "pretty"))
      #expect(try await client.line() == result(1, #"{   "a": 1  }"#))
    }
  }

  @Test func errorsOfTheServiceArePassedOn() async throws {
    try await Harness.serve { harness in
      let client = try await harness.client()
      try await client.sendLine(request(1, "fail"))
      #expect(
        try await client.line()
          == #"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"data":{"code":"invalid-params","#
          + #""field":"n","hint":"Do not call it.","retryable":false},"message":"It fails."}}"#)
      try await client.sendLine(request(2, "nothing"))
      let error = try ErrorReply(try await client.line())
      #expect(error.error.code == -32601)
      #expect(error.error.data.code == "method-not-found")
    }
  }

  @Test func notificationsGetNoAnswer() async throws {
    try await Harness.serve { harness in
      let client = try await harness.client()
      for method in ["echo", "fail", "cancel"] {
        try await client.sendLine(#"{"jsonrpc":"2.0","method":"\#(method)"}"#)
      }
      try await client.sendLine(request(1, "echo"))
      #expect(try await client.line() == result(1, "{}"))
      #expect(try await eventually { harness.service.counts.begun.count == 3 })
    }
  }

  @Test func notificationsFromTheServicePrecedeTheResult() async throws {
    try await Harness.serve { harness in
      let client = try await harness.client()
      try await client.sendLine(request(1, "count", #"{"n":500}"#))
      for index in 0..<500 {
        let expected = #"{"jsonrpc":"2.0","method":"tick","params":{"n":\#(index)}}"#
        #expect(try await client.line() == expected)
      }
      #expect(try await client.line() == result(1))
    }
  }

  @Test func aRequestMayComeByteByByte() async throws {
    try await Harness.serve { harness in
      let client = try await harness.client()
      for byte in (request(1, "echo", #"["é"]"#) + "\n").utf8 {
        try await client.send([byte])
        try await Task.sleep(for: .milliseconds(1))
      }
      #expect(try await client.line() == result(1, #"["é"]"#))
    }
  }

  @Test func manyRequestsMayComeAtOnce() async throws {
    try await Harness.serve { harness in
      let client = try await harness.client()
      let ids = 100..<400
      try await client.send(ids.map { request($0, "echo") + "\n" }.joined())
      #expect(try await client.lines(ids.count) == ids.map { result($0, "{}") })
    }
  }

  @Test func answersComeAsTheyAreReady() async throws {
    var limits = ServerLimits()
    limits.requestsAtOnce = 4
    try await Harness.serve(limits) { harness in
      let client = try await harness.client()
      try await client.sendLine(request(1, "hold"))
      try await client.sendLine(request(2, "echo"))
      #expect(try await client.line() == result(2, "{}"))
      harness.service.open()
      #expect(try await client.line() == result(1))
    }
  }

  @Test func aClientMayFinishSendingFirst() async throws {
    try await Harness.serve { harness in
      let client = try await harness.client()
      // The last line needs no end then.
      try await client.send(request(1, "sleep", #"{"ms":100}"#) + "\n" + request(2, "echo"))
      client.finishSending()
      #expect(try await client.lines(2) == [result(1), result(2, "{}")])
      #expect(try await client.line() == nil)
    }
  }

  @Test func thePeerIsKnown() async throws {
    try await Harness.serve { harness in
      let client = try await harness.client()
      try await client.sendLine(request(1, "peer"))
      #expect(try await client.line() == result(1, "[\(geteuid()),\(getegid()),\(getpid())]"))
    }
  }

  @Test func aLongRequestKeepsItsPlace() async throws {
    try await Harness.serve { harness in
      let client = try await harness.client()
      let long = String(repeating: "x", count: 3 << 20)
      try await client.sendLine(request(1, "hold", #"["\#(long)"]"#))
      try await client.sendLine(request(2, "cancel", #"{"id":1}"#))
      let lines = try await client.lines(2)
      #expect(lines.last == result(2, #"{"canceled":true}"#))
      #expect(try ErrorReply(lines.first).error.data.code == "canceled")
    }
  }
}
