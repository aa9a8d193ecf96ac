import Foundation
import HarkServer
import TestKit
import Testing

/// Many requests, slow ones, and clients that go away.
@Suite(.serialized, .timeLimit(.minutes(5))) struct LoadTests {
  private func limits(atOnce: Int) -> ServerLimits {
    var limits = ServerLimits()
    limits.requestsAtOnce = atOnce
    return limits
  }

  @Test func aConnectionIsNotReadWhileItsRequestsAreUnderWay() async throws {
    try await Harness.serve(limits(atOnce: 200)) { harness in
      let client = try await harness.client()
      for id in 100..<164 { try await client.sendLine(request(id, "hold")) }
      #expect(try await eventually { harness.service.counts.running == 64 })
      // The system holds some of what is sent from now on, the server next to nothing.
      let line = Array((request(500, "echo", "[]") + "\n").utf8)
      var sent = 0
      var refusals = 0
      while refusals < 50 {
        if let count = try client.trySending(line[(sent % line.count)...]) {
          sent += count
          refusals = 0
        } else {
          refusals += 1
          try await Task.sleep(for: .milliseconds(10))
        }
      }
      #expect(sent < 4 << 20)
      #expect(harness.service.counts.most == 64)
      harness.service.open()
      if sent % line.count > 0 { try await client.send(Array(line[(sent % line.count)...])) }
      let count = 64 + (sent + line.count - 1) / line.count
      var answered = 0
      for _ in 0..<count where try await client.line() != nil { answered += 1 }
      #expect(answered == count)
      #expect(harness.service.counts.most <= 64)
    }
  }

  @Test func oneConnectionDoesNotStarveAnother() async throws {
    try await Harness.serve(limits(atOnce: 1)) { harness in
      let greedy = try await harness.client()
      for id in 100..<160 { try await greedy.sendLine(request(id, "hold")) }
      try await settle(greedy)
      let modest = try await harness.client()
      for id in 1...3 { try await modest.sendLine(request(id, "echo")) }
      try await settle(modest)
      harness.service.open()
      #expect(try await modest.lines(3) == (1...3).map { result($0, "{}") })
      #expect(try await greedy.lines(60) == (100..<160).map { result($0) })
      // One was running, and from then on both were served in turn.
      let first = harness.service.counts.begun.prefix(8)
      #expect(first == ["100", "101", "1", "102", "2", "103", "3", "104"])
    }
  }

  @Test func noMoreRunThanAllowed() async throws {
    try await Harness.serve(limits(atOnce: 3)) { harness in
      var clients: [RawClient] = []
      for _ in 0..<10 {
        let client = try await harness.client()
        for id in 100..<110 { try await client.sendLine(request(id, "sleep", #"{"ms":5}"#)) }
        clients.append(client)
      }
      for client in clients {
        #expect(try await client.lines(10) == (100..<110).map { result($0) })
      }
      #expect(harness.service.counts.most == 3)
    }
  }

  @Test func aFullQueueIsTold() async throws {
    var limits = limits(atOnce: 1)
    limits.queuedRequests = 2
    try await Harness.serve(limits) { harness in
      let client = try await harness.client()
      for id in 1...4 { try await client.sendLine(request(id, "hold")) }
      let busy = try ErrorReply(try await client.line())
      #expect(busy.id == 4)
      #expect(busy.error.code == -32000)
      #expect(busy.error.data.code == "busy")
      #expect(busy.error.data.retryable)
      #expect(busy.error.data.retry_after_ms == 1_000)
      harness.service.open()
      #expect(try await client.lines(3) == (1...3).map { result($0) })
    }
  }

  @Test func aDeadlinePassesWhileRunningAndWhileWaiting() async throws {
    try await Harness.serve(limits(atOnce: 1)) { harness in
      let client = try await harness.client()
      try await client.sendLine(request(1, "hold"))
      #expect(try await eventually { harness.service.counts.begun == ["1"] })
      try await client.sendLine(request(2, "hold", #"{"deadline_ms":100}"#))
      let waiting = try ErrorReply(try await client.line())
      #expect(waiting.id == 2)
      #expect(waiting.error.data.code == "deadline-exceeded")
      #expect(harness.service.counts.begun == ["1"])
      try await client.sendLine(request(3, "cancel", #"{"id":1}"#))
      _ = try await client.lines(2)
      try await client.sendLine(request(4, "hold", #"{"deadline_ms":100.5}"#))
      let running = try ErrorReply(try await client.line())
      #expect(running.id == 4)
      #expect(running.error.data.code == "deadline-exceeded")
      #expect(try await eventually { harness.service.counts.canceled == 2 })
      try await client.sendLine(request(5, "echo", #"{"deadline_ms":0}"#))
      #expect(try ErrorReply(try await client.line()).error.data.code == "deadline-exceeded")
      try await client.sendLine(request(6, "sleep", #"{"deadline_ms":1e300}"#))
      #expect(try await client.line() == result(6))
    }
  }

  @Test func cancelReachesRunningAndWaitingRequests() async throws {
    try await Harness.serve(limits(atOnce: 1)) { harness in
      let client = try await harness.client()
      let other = try await harness.client()
      try await client.sendLine(request(1, "hold"))
      try await client.sendLine(request(2, "hold"))
      try await settle(client)
      // Another connection's requests are its own.
      try await other.sendLine(request(9, "cancel", #"{"id":1}"#))
      #expect(try await other.line() == result(9, #"{"canceled":false}"#))
      for id in [2, 1] {
        try await client.sendLine(request(20 + id, "cancel", "{\"id\":\(id)}"))
        let lines = try await client.lines(2)
        #expect(lines.last == result(20 + id, #"{"canceled":true}"#))
        let reply = try ErrorReply(lines.first)
        #expect(reply.id == id)
        #expect(reply.error.data.code == "canceled")
      }
      #expect(harness.service.counts.begun == ["1"])
    }
  }

  @Test func aDisconnectCancelsAllButWhatMustFinish() async throws {
    try await Harness.serve(limits(atOnce: 3)) { harness in
      let client = try await harness.client()
      try await client.sendLine(request(1, "hold"))
      try await client.sendLine(request(2, "write"))
      try await client.sendLine(request(3, "hold"))
      try await client.sendLine(request(4, "write"))
      try await settle(client)
      client.hangUp()
      #expect(try await eventually { harness.service.counts.canceled == 1 })
      #expect(try await eventually { harness.service.counts.begun.count == 3 })
      harness.service.open()
      #expect(try await eventually { harness.service.counts.written == 2 })
      #expect(Set(harness.service.counts.begun) == ["1", "2", "4"])
    }
  }

  @Test func aClientThatStopsReadingIsCutOff() async throws {
    var limits = limits(atOnce: 4)
    limits.stall = .milliseconds(500)
    limits.unreadBytes = 1 << 20
    try await Harness.serve(limits) { harness in
      let client = try await harness.client()
      for id in 1...3 { try await client.sendLine(request(id, "big", #"{"n":2000000}"#)) }
      #expect(try await eventually { client.isCut })
      // What waits for the client to read is canceled with it.
      let flooded = try await harness.client()
      try await flooded.sendLine(request(1, "flood"))
      #expect(try await eventually { flooded.isCut })
      #expect(try await eventually { harness.service.counts.canceled == 1 })
      #expect(harness.service.counts.notified < 100)
      #expect(try await harness.isAlive())
    }
  }

  @Test func aClientThatReadsSlowlyIsNot() async throws {
    var limits = limits(atOnce: 4)
    limits.stall = .seconds(20)
    limits.unreadBytes = 1 << 20
    try await Harness.serve(limits) { harness in
      let client = try await harness.client()
      for id in 1...3 { try await client.sendLine(request(id, "big", #"{"n":5000000}"#)) }
      for _ in 0..<3 {
        try await Task.sleep(for: .milliseconds(200))
        #expect(try await client.line()?.utf8.count ?? 0 > 5_000_000)
      }
    }
  }

  @Test(.enabled(if: OpenFilesInTests.allow(4_096), "too few files may be open"))
  func aThousandClientsAtOnce() async throws {
    try await Harness.serve { harness in
      try await withThrowingTaskGroup(of: RawClient.self) { group in
        for id in 0..<1_000 {
          group.addTask {
            let client = try await harness.client()
            try await client.sendLine(request(id, "echo", "[\(id)]"))
            #expect(try await client.line() == result(id, "[\(id)]"))
            return client
          }
        }
        var clients: [RawClient] = []
        for try await client in group { clients.append(client) }
        #expect(clients.count == 1_000)
        for client in clients { #expect(!client.isCut) }
      }
    }
  }

  @Test func oneClientTooManyIsTold() async throws {
    var limits = ServerLimits()
    limits.connections = 2
    try await Harness.serve(limits) { harness in
      let first = try await harness.client()
      do {
        let second = try await harness.client()
        try await settle(first)
        try await settle(second)
        let third = try await harness.client()
        #expect(try ErrorReply(try await third.line()).error.data.code == "busy")
        #expect(try await third.line() == nil)
        #expect(!first.isCut && !second.isCut)
      }
      // There is room again when one has left.
      var isAlive = false
      for _ in 0..<1_000 where !isAlive {
        isAlive = (try? await harness.isAlive()) ?? false
        try await Task.sleep(for: .milliseconds(10))
      }
      #expect(isAlive)
    }
  }

  @Test func aPeerMayBeRefused() async throws {
    try await Harness.serve(service: EchoService(admits: false)) { harness in
      let client = try await harness.client()
      #expect(try ErrorReply(try await client.line()).error.data.code == "peer-refused")
      #expect(try await client.line() == nil)
    }
  }
}
