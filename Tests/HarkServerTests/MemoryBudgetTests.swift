import Foundation
import TestKit
import Testing

@testable import HarkServer

/// What all requests together hold in memory, and that it is given back.
@Suite(.serialized, .timeLimit(.minutes(5))) struct MemoryBudgetTests {
  /// Three long requests fit, and no fourth.
  private static let long = 100_000

  private func limits() -> ServerLimits {
    var limits = ServerLimits()
    limits.lineBytes = Self.long
    limits.heldBytes = 3 * Self.long + 50_000
    limits.requestsAtOnce = 1
    return limits
  }

  private func long(_ id: Int, _ method: String) -> String {
    let short = request(id, method)
    return short + String(repeating: " ", count: Self.long - short.utf8.count)
  }

  private func post(_ body: String) -> String {
    "POST /v1/rpc HTTP/1.1\r\nHost: hark\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body
  }

  private func chunk(_ body: some StringProtocol) -> String {
    String(body.utf8.count, radix: 16) + "\r\n" + body + "\r\n"
  }

  private let chunked = "POST /v1/rpc HTTP/1.1\r\nHost: hark\r\nTransfer-Encoding: chunked\r\n\r\n"

  @Test func sharesAddUpAndAreGivenBack() async {
    let budget = MemoryBudget(limits())
    await withTaskGroup(of: Void.self) { group in
      for seed in 0..<8 {
        group.addTask {
          var random = SplitMix(state: UInt64(seed))
          for _ in 0..<2_000 {
            let share = MemoryBudget.Share(of: budget)
            var size = 0
            for _ in 0..<3 {
              let wanted = Int.random(in: 0...200_000, using: &random)
              do throws(RPCError) {
                try share.grow(to: wanted)
                size = max(size, wanted)
              } catch {
                #expect(error.data.code == "busy")
              }
            }
            let held = budget.heldBytes
            #expect(held <= 350_000 && held >= (size > 64 << 10 ? size : 0))
          }
        }
      }
    }
    #expect(budget.heldBytes == 0)
  }

  @Test func theLargestRequestAlwaysFits() throws {
    var limits = ServerLimits()
    limits.heldBytes = 0
    let budget = MemoryBudget(limits)
    let share = MemoryBudget.Share(of: budget)
    try share.grow(to: limits.lineBytes)
    #expect(budget.heldBytes == 16 << 20)
    let short = MemoryBudget.Share(of: budget)
    try short.grow(to: 64 << 10)
    #expect(budget.heldBytes == 16 << 20)
    #expect(throws: RPCError.self) { try short.grow(to: 64 << 10 + 1) }
  }

  @Test func aLineThatIsTooMuchIsDropped() async throws {
    try await Harness.serve(limits()) { harness in
      var clients: [RawClient] = []
      for id in 1...3 {
        let client = try await harness.client()
        try await client.send(String(long(id, "echo").dropLast()))
        clients.append(client)
      }
      #expect(try await eventually { harness.server.heldBytes == 3 * (Self.long - 1) })
      // The answer comes before the line has ended.
      let client = try await harness.client()
      let line = long(4, "echo")
      try await client.send(String(line.prefix(90_000)))
      let busy = try ErrorReply(try await client.line())
      #expect(busy.id == nil)
      #expect(busy.error.data.code == "busy")
      #expect(busy.error.data.retryable)
      #expect(busy.error.data.retry_after_ms == 1_000)
      #expect(harness.server.heldBytes == 3 * (Self.long - 1))
      try await client.sendLine(String(line.dropFirst(90_000)))
      // What is short is taken, on this connection and on others.
      let text = String(repeating: "x", count: 60_000)
      for client in [client, try await harness.client()] {
        try await client.sendLine(request(5, "echo", "[\"\(text)\"]"))
        #expect(try await client.line()?.utf8.count ?? 0 > 60_000)
      }
      clients.removeFirst().hangUp()
      #expect(try await eventually { harness.server.heldBytes == 2 * (Self.long - 1) })
      try await client.sendLine(line)
      #expect(try await client.line() == result(4, "{}"))
      for (id, client) in zip(2...3, clients) {
        try await client.sendLine(" ")
        #expect(try await client.line() == result(id, "{}"))
      }
      #expect(try await eventually { harness.server.heldBytes == 0 })
    }
  }

  @Test func fiftyHugeLinesStayWithinTheBudget() async throws {
    try await Harness.serve { harness in
      let before = residentBytes()
      let line = Array(repeating: UInt8(ascii: " "), count: 15 << 20)
      var clients: [RawClient] = []
      for _ in 0..<50 {
        let client = try await harness.client()
        try await client.send("{")
        try await client.send(line)
        clients.append(client)
      }
      #expect(try await eventually { harness.server.heldBytes == 17 * (15 << 20 + 1) })
      // They would hold 780 MB; other tests of this process take memory as well.
      #expect(residentBytes() - before < 500 << 20)
      for client in clients { client.hangUp() }
      #expect(try await eventually { harness.server.heldBytes == 0 })
    }
  }

  @Test func aBodyThatIsTooMuchIsRefused() async throws {
    try await Harness.serve(limits()) { harness in
      var clients: [RawClient] = []
      for id in 1...3 {
        let client = try await harness.client()
        try await client.send(String(post(long(id, "echo")).dropLast()))
        clients.append(client)
      }
      #expect(try await eventually { harness.server.heldBytes == 3 * Self.long })
      // Once told by its length, once found while it comes.
      let told = try await harness.client()
      try await told.send(String(post(long(4, "echo")).prefix(200)))
      let found = try await harness.client()
      let line = long(5, "echo")
      try await found.send(chunked + chunk(line.prefix(60_000)) + chunk(line.dropFirst(60_000)))
      for client in [told, found] {
        let response = try #require(try await client.response())
        #expect(response.status == 429)
        #expect(response.head.contains("Retry-After: 1"))
        #expect(response.head.contains("Connection: close"))
        #expect(try ErrorReply(response.body).error.data.code == "busy")
        #expect(try await client.isClosed())
      }
      let short = try await harness.client()
      try await short.send(post(request(6, "echo")))
      #expect(try await short.response()?.body == result(6, "{}"))
      clients.removeFirst().hangUp()
      #expect(try await eventually { harness.server.heldBytes == 2 * Self.long })
      try await short.send(chunked + chunk(line) + "0\r\n\r\n")
      #expect(try await short.response()?.body == result(5, "{}"))
      for (id, client) in zip(2...3, clients) {
        try await client.send(" ")
        #expect(try await client.response()?.body == result(id, "{}"))
      }
      #expect(try await eventually { harness.server.heldBytes == 0 })
    }
  }

  @Test func whatWaitsAndRunsCounts() async throws {
    try await Harness.serve(limits()) { harness in
      let client = try await harness.client()
      for id in 1...4 { try await client.sendLine(long(id, "hold")) }
      let busy = try ErrorReply(try await client.line())
      // It has its id where the whole line came at once.
      #expect(busy.id == nil || busy.id == 4)
      #expect(busy.error.data.code == "busy")
      #expect(harness.server.heldBytes == 3 * Self.long)
      try await client.sendLine(request(5, "hold"))
      try await client.sendLine(request(6, "cancel", #"{"id":2}"#))
      _ = try await client.lines(2)
      #expect(try await eventually { harness.server.heldBytes == 2 * Self.long })
      harness.service.open()
      #expect(try await client.lines(3) == [1, 3, 5].map { result($0) })
      #expect(try await eventually { harness.server.heldBytes == 0 })
    }
  }

  @Test(arguments: [true, false]) func aRequestThatIsTooSlowGivesItsShareBack(
    _ isHTTP: Bool
  ) async throws {
    var limits = limits()
    limits.arrival = .milliseconds(300)
    try await Harness.serve(limits) { harness in
      let client = try await harness.client()
      let line = String(long(2, "echo").dropLast())
      // The second of two requests begins while the first one is answered.
      try await client.send(
        isHTTP
          ? post(request(1, "sleep", #"{"ms":100}"#))
            + "POST /v1/rpc HTTP/1.1\r\nHost: hark\r\nContent-Length: \(Self.long)\r\n\r\n" : line)
      #expect(try await eventually { harness.server.heldBytes > 0 })
      #expect(try await client.isClosed())
      #expect(try await eventually { harness.server.heldBytes == 0 })
    }
  }

  @Test func nothingIsLeftWhenClientsComeAndGo() async throws {
    var limits = limits()
    limits.requestsAtOnce = 4
    try await Harness.serve(limits) { harness in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for seed in 0..<8 {
          group.addTask {
            var random = SplitMix(state: UInt64(seed))
            for id in 0..<60 {
              let client = try await harness.client()
              let method = ["echo", "sleep", "nothing", "write"].randomElement(using: &random)
              let body = long(id, method ?? "")
              let text =
                switch Int.random(in: 0..<3, using: &random) {
                case 0: body + "\n" + body
                case 1: post(body) + post(body)
                default: chunked + chunk(body.prefix(90_000)) + chunk(body.dropFirst(90_000))
                }
              do {
                let count = Int.random(in: 1...text.utf8.count, using: &random)
                try await client.send(Array(text.utf8.prefix(count)))
                if Bool.random(using: &random) { client.finishSending() }
              } catch RawClient.Failure.gone {
                // The server has refused it meanwhile.
              }
            }
          }
        }
        try await group.waitForAll()
      }
      harness.service.open()
      #expect(try await eventually { harness.server.heldBytes == 0 })
      #expect(try await harness.isAlive())
    }
  }
}
