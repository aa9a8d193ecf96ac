import TestKit
import Testing

@testable import HarkServer

/// Slow requests of all kinds, and those that must not wait for them.
@Suite(.serialized, .timeLimit(.minutes(5))) struct LaneTests {
  private func limits(atOnce: Int) -> ServerLimits {
    var limits = ServerLimits()
    limits.requestsAtOnce = atOnce
    return limits
  }

  private func send(_ ids: Range<Int>, _ method: String, on client: RawClient) async throws {
    for id in ids { try await client.sendLine(request(id, method)) }
    try await settle(client)
  }

  @Test func heavyRequestsLeaveHalfOfThePlaces() async throws {
    try await Harness.serve(limits(atOnce: 4)) { harness in
      let client = try await harness.client()
      let other = try await harness.client()
      try await send(100..<110, "grind", on: client)
      try await send(200..<210, "grind", on: other)
      for client in [client, other] {
        try await client.sendLine(request(1, "echo"))
        #expect(try await client.line() == result(1, "{}"))
      }
      #expect(try await eventually { harness.service.counts.running == 2 })
      harness.service.open()
      #expect(try await client.lines(10) == (100..<110).map { result($0) })
      #expect(try await other.lines(10) == (200..<210).map { result($0) })
      #expect(harness.service.counts.most <= 3)
    }
  }

  @Test func heavyRequestsAreServedInTurnToo() async throws {
    try await Harness.serve(limits(atOnce: 2)) { harness in
      let greedy = try await harness.client()
      let modest = try await harness.client()
      try await send(100..<104, "grind", on: greedy)
      try await send(1..<3, "grind", on: modest)
      harness.service.open()
      _ = try await greedy.lines(4)
      _ = try await modest.lines(2)
      #expect(harness.service.counts.begun == ["100", "101", "1", "102", "2", "103"])
    }
  }

  @Test func aHeavyRequestRunsAlthoughQuickOnesKeepComing() async throws {
    try await Harness.serve(limits(atOnce: 1)) { harness in
      let quick = try await harness.client()
      let heavy = try await harness.client()
      try await send(100..<105, "hold", on: quick)
      try await send(1..<3, "grind", on: heavy)
      harness.service.open()
      _ = try await quick.lines(5)
      _ = try await heavy.lines(2)
      #expect(harness.service.counts.begun == ["100", "101", "1", "102", "2", "103", "104"])
    }
  }

  @Test(arguments: ["hold", "grind"]) func slowRequestsOfOneConnectionLeaveAPlace(
    _ method: String
  ) async throws {
    try await Harness.serve(limits(atOnce: 2)) { harness in
      let greedy = try await harness.client()
      for id in 100..<164 { try await greedy.sendLine(request(id, method)) }
      #expect(try await eventually { harness.service.counts.running == 1 })
      // None of the 64 ends before the other client has had all its answers.
      let modest = try await harness.client()
      for id in 1...20 {
        try await modest.sendLine(request(id, "echo"))
        #expect(try await modest.line() == result(id, "{}"))
      }
      #expect(harness.service.counts.running == 1)
      harness.service.open()
      #expect(try await greedy.lines(64) == (100..<164).map { result($0) })
    }
  }

  @Test func requestsThatOnlyWaitTakeNoPlace() async throws {
    var limits = limits(atOnce: 1)
    limits.waitingRequests = 3
    limits.queuedRequests = 0
    try await Harness.serve(limits) { harness in
      let client = try await harness.client()
      let other = try await harness.client()
      try await send(1..<3, "watch", on: client)
      try await send(3..<4, "watch", on: other)
      try await other.sendLine(request(4, "watch"))
      let busy = try ErrorReply(try await other.line())
      #expect(busy.id == 4)
      #expect(busy.error.data.code == "busy")
      #expect(busy.error.data.retryable)
      #expect(busy.error.data.retry_after_ms == 1_000)
      try await other.sendLine(request(5, "echo"))
      #expect(try await other.line() == result(5, "{}"))
      // One that is canceled, and those of a client that is gone, make room.
      try await other.sendLine(request(6, "cancel", #"{"id":3}"#))
      #expect(try await other.lines(2).last == result(6, #"{"canceled":true}"#))
      client.hangUp()
      #expect(try await eventually { harness.service.counts.canceled == 3 })
      #expect(try await eventually { harness.service.counts.running == 0 })
      try await send(7..<10, "watch", on: other)
      #expect(try await eventually { harness.service.counts.running == 3 })
    }
  }

  @Test func theQueuesShareOneLimit() async throws {
    var limits = limits(atOnce: 1)
    limits.queuedRequests = 2
    try await Harness.serve(limits) { harness in
      let client = try await harness.client()
      try await client.sendLine(request(1, "hold"))
      try await client.sendLine(request(2, "grind"))
      try await client.sendLine(request(3, "hold"))
      for (id, method) in [(4, "hold"), (5, "grind")] {
        try await client.sendLine(request(id, method))
        let busy = try ErrorReply(try await client.line())
        #expect(busy.id == id)
        #expect(busy.error.data.code == "busy")
      }
      try await client.sendLine(request(6, "cancel", #"{"id":2}"#))
      _ = try await client.lines(2)
      try await client.sendLine(request(7, "grind"))
      try await settle(client)
      harness.service.open()
      #expect(try await client.lines(3) == [1, 3, 7].map { result($0) })
    }
  }

  @Test func placesAreNeverOverdrawn() {
    var random = SplitMix(state: 5)
    for count in 1...9 {
      var limits = limits(atOnce: count)
      limits.waitingRequests = 3
      var places = Places(limits)
      var running: [(lane: MethodTraits.Lane, owner: Int)] = []
      for _ in 0..<5_000 {
        let owner = Int.random(in: 1...4, using: &random)
        let lane = MethodTraits.Lane.allCases.randomElement(using: &random) ?? .quick
        if Bool.random(using: &random), let index = running.indices.randomElement(using: &random) {
          let ended = running.remove(at: index)
          places.free(in: ended.lane, for: ended.owner)
        } else if places.hasRoom(in: lane, for: owner) {
          places.take(in: lane, for: owner)
          running.append((lane, owner))
        }
        let held = running.filter { $0.lane != .waiting }
        #expect(held.count <= count)
        #expect(running.count - held.count <= 3)
        #expect(held.count { $0.lane == .heavy } <= max(1, count / 2))
        let most = Dictionary(grouping: held, by: \.owner).values.map(\.count).max() ?? 0
        #expect(most <= max(1, count - 1))
        let isFree = held.count < count
        #expect(places.hasRoom(in: .quick, for: 5) == isFree)
        #expect(places.hasRoom(in: .waiting, for: 5) == (running.count - held.count < 3))
      }
    }
  }
}
