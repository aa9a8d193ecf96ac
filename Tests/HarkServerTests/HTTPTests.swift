import Foundation
import HarkServer
import TestKit
import Testing

/// HTTP/1.1 on the same socket.
@Suite(.serialized, .timeLimit(.minutes(5))) struct HTTPTests {
  private func post(_ body: String, _ headers: String = "") -> String {
    "POST /v1/rpc HTTP/1.1\r\nHost: hark\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n"
      + body
  }

  private func get(_ path: String, method: String = "GET") -> String {
    "\(method) \(path) HTTP/1.1\r\nHost: hark\r\n\r\n"
  }

  @Test func aConnectionServesOneRequestAfterAnother() async throws {
    try await Harness.serve { harness in
      let client = try await harness.client()
      for id in 1...3 {
        try await client.send(post(request(id, "echo", #"["é"]"#)))
        let response = try #require(try await client.response())
        #expect(response.status == 200)
        #expect(response.body == result(id, #"["é"]"#))
        #expect(response.head.contains("Content-Type: application/json"))
        #expect(response.head.contains("Connection: keep-alive"))
      }
    }
  }

  @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
    try await Harness.serve { harness in
      let client = try await harness.client()
      try await client.send(
        (1...20).map { post(request($0, "sleep", "{\"ms\":\((21 - $0) * 3)}")) }.joined())
      for id in 1...20 { #expect(try await client.response()?.body == result(id)) }
    }
  }

  @Test func aRequestMayComeByteByByte() async throws {
    try await Harness.serve { harness in
      let client = try await harness.client()
      for byte in post(request(1, "echo")).utf8 {
        try await client.send([byte])
        try await Task.sleep(for: .milliseconds(1))
      }
      #expect(try await client.response()?.body == result(1, "{}"))
    }
  }

  @Test func bodiesMayComeInChunks() async throws {
    try await Harness.serve { harness in
      let client = try await harness.client()
      let body = request(1, "echo")
      try await client.send(
        "POST /v1/rpc HTTP/1.1\r\nHost: hark\r\nTransfer-Encoding: chunked\r\n\r\n")
      for byte in body.utf8 { try await client.send(Array("1\r\n".utf8) + [byte, 0x0D, 0x0A]) }
      try await client.send("0\r\n\r\n")
      #expect(try await client.response()?.body == result(1, "{}"))
    }
  }

  @Test func healthAndMetrics() async throws {
    try await Harness.serve { harness in
      let client = try await harness.client()
      try await client.send(get("/healthz") + get("/metrics?format=text"))
      let health = try #require(try await client.response())
      #expect(health.status == 200)
      #expect(health.body == #"{"status":"ok"}"#)
      let metrics = try #require(try await client.response())
      #expect(metrics.status == 200)
      #expect(metrics.body == "hark_up 1\n")
      #expect(metrics.head.contains("Content-Type: text/plain; version=0.0.4"))
    }
  }

  @Test func otherPathsAndMethods() async throws {
    try await Harness.serve { harness in
      let client = try await harness.client()
      try await client.send(get("/") + get("/v1/rpc") + get("/healthz", method: "DELETE"))
      #expect(try await client.response()?.status == 404)
      let rpc = try #require(try await client.response())
      #expect(rpc.status == 405)
      #expect(rpc.head.contains("Allow: POST"))
      let health = try #require(try await client.response())
      #expect(health.status == 405)
      #expect(health.head.contains("Allow: GET, HEAD"))
    }
  }

  @Test func errorsOfTheServiceAreSuccessesOfHTTP() async throws {
    try await Harness.serve { harness in
      let client = try await harness.client()
      try await client.send(post(request(1, "fail")) + post("{}") + post("[]"))
      let failure = try #require(try await client.response())
      #expect(failure.status == 200)
      #expect(try ErrorReply(failure.body).error.code == -32602)
      for _ in 0..<2 {
        let invalid = try #require(try await client.response())
        #expect(invalid.status == 200)
        #expect(try ErrorReply(invalid.body).error.code == -32600)
      }
    }
  }

  @Test func whatCannotBeParsedIsABadRequest() async throws {
    try await Harness.serve { harness in
      let client = try await harness.client()
      try await client.send(post("{\"a\":"))
      let response = try #require(try await client.response())
      #expect(response.status == 400)
      #expect(try ErrorReply(response.body).error.code == -32700)
      try await client.send("NO HTTP\r\n\r\n")
      #expect(try await client.response()?.status == 400)
      #expect(try await client.isClosed())
    }
  }

  @Test func aLargeBodyIsRefused() async throws {
    var limits = ServerLimits()
    limits.lineBytes = 100_000
    try await Harness.serve(limits) { harness in
      // Once told by its length, once found while it comes.
      let told = try await harness.client()
      try await told.send("POST /v1/rpc HTTP/1.1\r\nHost: hark\r\nContent-Length: 100001\r\n\r\n")
      let found = try await harness.client()
      let half = String(repeating: " ", count: 60_000)
      try await found.send(
        "POST /v1/rpc HTTP/1.1\r\nHost: hark\r\nTransfer-Encoding: chunked\r\n\r\n")
      for _ in 0..<2 { try await found.send("EA60\r\n\(half)\r\n") }
      for client in [told, found] {
        let response = try #require(try await client.response())
        #expect(response.status == 413)
        #expect(response.head.contains("Connection: close"))
        #expect(try ErrorReply(response.body).error.data.code == "too-large")
        #expect(try await client.isClosed())
      }
    }
  }

  @Test func aClientMayAskWhetherToGoOn() async throws {
    try await Harness.serve { harness in
      let client = try await harness.client()
      let body = request(1, "echo")
      try await client.send(
        "POST /v1/rpc HTTP/1.1\r\nHost: hark\r\nExpect: 100-continue\r\n"
          + "Content-Length: \(body.utf8.count)\r\n\r\n")
      #expect(try await client.response()?.status == 100)
      try await client.send(body)
      #expect(try await client.response()?.body == result(1, "{}"))
    }
  }

  @Test func aClientThatIsStillSendingReadsItsRefusal() async throws {
    var limits = ServerLimits()
    limits.lineBytes = 100_000
    try await Harness.serve(limits) { harness in
      let client = try await harness.client()
      let body = String(repeating: " ", count: 20_000_000)
      try await client.send(post(body))
      #expect(try await client.response()?.status == 413)
      #expect(try await client.isClosed())
      // The server waits for the client to close, and for no other reason.
      #expect(!client.isCut)
      client.finishSending()
      #expect(try await eventually { client.isCut })
    }
  }

  @Test func theOlderVersionIsServed() async throws {
    try await Harness.serve { harness in
      let body = request(1, "echo")
      let length = "Content-Length: \(body.utf8.count)\r\n"
      let client = try await harness.client()
      try await client.send(
        "POST /v1/rpc HTTP/1.0\r\nConnection: keep-alive\r\n\(length)\r\n" + body)
      let first = try #require(try await client.response())
      #expect(first.head.hasPrefix("HTTP/1.0 200"))
      #expect(first.head.contains("Connection: keep-alive"))
      // It knows of no word before the body.
      try await client.send(
        "POST /v1/rpc HTTP/1.0\r\nExpect: 100-continue\r\n\(length)\r\n" + body)
      let second = try #require(try await client.response())
      #expect(second.status == 200)
      #expect(second.body == result(1, "{}"))
      #expect(second.head.contains("Connection: close"))
      #expect(try await client.isClosed())
    }
  }

  @Test(arguments: [
    "http://hark/healthz", "http://hark:80/healthz?a=http://b/c", "HTTP://hark/healthz",
    "/healthz?",
  ]) func theTargetMayHaveASchemeAndAHost(_ target: String) async throws {
    try await Harness.serve { harness in
      let client = try await harness.client()
      try await client.send(get(target))
      #expect(try await client.response()?.body == #"{"status":"ok"}"#)
    }
  }

  @Test(arguments: ["/", "//healthz", "http://hark", "http://hark?/healthz", "/v1/rpc/", "*"])
  func otherTargetsAreNotFound(_ target: String) async throws {
    try await Harness.serve { harness in
      let client = try await harness.client()
      try await client.send(get(target, method: "OPTIONS"))
      #expect(try await client.response()?.status == 404)
    }
  }

  @Test(arguments: ["/healthz", "/metrics"]) func headersMayBeAskedForAlone(
    _ path: String
  ) async throws {
    try await Harness.serve { harness in
      let client = try await harness.client()
      try await client.send(get(path, method: "HEAD"))
      var head: [String] = []
      while let line = try await client.line(), line != "\r" { head.append(line) }
      #expect(head.first == "HTTP/1.1 200 OK\r")
      #expect(head.contains { $0.hasPrefix("Content-Length: ") && $0 != "Content-Length: 0\r" })
      // No body stands before the next answer.
      try await client.send(get("/healthz"))
      #expect(try await client.response()?.body == #"{"status":"ok"}"#)
    }
  }

  @Test(arguments: [
    "GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    "CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n",
  ]) func whoWantsAnotherProtocolIsAnsweredOnce(_ text: String) async throws {
    try await Harness.serve { harness in
      let client = try await harness.client()
      try await client.send(text + get("/healthz"))
      let response = try #require(try await client.response())
      #expect(response.head.contains("Connection: close"))
      #expect(try await client.isClosed())
    }
  }

  @Test func whatComesBeforeAMalformedRequestIsAnswered() async throws {
    try await Harness.serve { harness in
      let client = try await harness.client()
      try await client.send(post(request(1, "sleep", #"{"ms":50}"#)) + "POST\r\n\r\n")
      #expect(try await client.response()?.body == result(1))
      #expect(try await client.response()?.status == 400)
      #expect(try await client.isClosed())
    }
  }

  @Test func notificationsAreDropped() async throws {
    try await Harness.serve { harness in
      let client = try await harness.client()
      try await client.send(post(request(1, "count", #"{"n":5}"#)))
      #expect(try await client.response()?.body == result(1))
      try await client.send(post(#"{"jsonrpc":"2.0","method":"echo"}"#))
      #expect(try await client.response()?.status == 204)
    }
  }

  @Test func aClientMayCloseOrFinishSending() async throws {
    try await Harness.serve { harness in
      let closing = try await harness.client()
      try await closing.send(post(request(1, "echo"), "Connection: close\r\n"))
      let finishing = try await harness.client()
      try await finishing.send(post(request(1, "sleep", #"{"ms":100}"#)))
      finishing.finishSending()
      #expect(try await closing.response()?.body == result(1, "{}"))
      #expect(try await closing.isClosed())
      #expect(try await finishing.response()?.body == result(1))
      #expect(try await finishing.isClosed())
    }
  }

  @Test func tooMuchWorkIsTold() async throws {
    var limits = ServerLimits()
    limits.requestsAtOnce = 1
    limits.queuedRequests = 0
    try await Harness.serve(limits) { harness in
      let first = try await harness.client()
      try await first.send(post(request(1, "hold")))
      #expect(try await eventually { harness.service.counts.running == 1 })
      let second = try await harness.client()
      try await second.send(post(request(2, "echo")))
      let response = try #require(try await second.response())
      #expect(response.status == 429)
      #expect(response.head.contains("Retry-After: 1"))
      // A busy server is healthy.
      try await second.send(get("/healthz"))
      #expect(try await second.response()?.status == 200)
    }
  }

  @Test func aClientThatStopsReadingIsNotServedFurther() async throws {
    var limits = ServerLimits()
    limits.unreadBytes = 1 << 20
    limits.stall = .seconds(1)
    try await Harness.serve(limits) { harness in
      let client = try await harness.client()
      let requests = (1...50).map { post(request($0, "big", #"{"n":3000000}"#)) }
      try await client.send(requests.joined())
      #expect(try await eventually { client.isCut })
      #expect(harness.service.counts.begun.count == 1)
      let reading = try await harness.client()
      try await reading.send(requests.prefix(5).joined())
      for _ in 1...5 { #expect(try await reading.response()?.status == 200) }
    }
  }

  @Test func aDisconnectCancels() async throws {
    try await Harness.serve { harness in
      do {
        let client = try await harness.client()
        try await client.send(post(request(1, "hold")) + post(request(2, "hold")))
        #expect(try await eventually { harness.service.counts.running == 1 })
        // The client's descriptor is closed here, as the end of its process does.
      }
      #expect(try await eventually { harness.service.counts.canceled == 1 })
      #expect(harness.service.counts.begun == ["1"])
    }
  }

  @Test func aDisconnectCancelsWhateverIsUnderWay() async throws {
    try await Harness.serve { harness in
      let long = String(repeating: " ", count: 200_000)
      for id in 1...300 {
        let client = try await harness.client()
        try await client.send(post(request(id, "hold") + (id.isMultiple(of: 2) ? long : "")))
      }
      #expect(try await eventually { harness.service.counts.running == 0 })
      let counts = harness.service.counts
      #expect(counts.canceled == counts.begun.count)
      #expect(try await harness.isAlive())
    }
  }

  @Test func aRequestThatDoesNotEndIsCutOff() async throws {
    var limits = ServerLimits()
    limits.arrival = .milliseconds(300)
    try await Harness.serve(limits) { harness in
      let slow = try await harness.client()
      try await slow.send("POST /v1/rpc HTTP/1.1\r\nHost: hark\r\nContent-Length: 10\r\n\r\n{")
      // The time that an answer takes does not count.
      let patient = try await harness.client()
      try await patient.send(post(request(1, "sleep", #"{"ms":900}"#)))
      #expect(try await slow.isClosed())
      #expect(try await patient.response()?.body == result(1))
    }
  }
}
