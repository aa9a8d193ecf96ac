import Foundation
import Synchronization
import TestKit
import Testing

@testable import HarkClient

/// What is done again, and what is not.
@Suite(.timeLimit(.minutes(2))) struct RetryTests {
  private static let busy =
    #"{"code":-32000,"message":"Full.","data":{"code":"busy","retryable":true,"retry_after_ms":1}}"#

  private func call(
    _ client: HarkClient, isRepeatable: Bool = false
  ) async throws -> Int {
    try await client.call("echo", params: ["n": 1], isRepeatable: isRepeatable)
  }

  /// A script that hangs up on the first requests and answers the others.
  private func hangingUp(_ times: Int, after text: String = "") -> FakeServer.Script {
    let left = Counter(times)
    return { request, connection in
      guard request.id != nil else { return }
      if left.takeOne() {
        if !text.isEmpty { connection.send(text) }
        connection.hangUp()
      } else {
        connection.answer(request, "5")
      }
    }
  }

  /// A script that answers the first requests with an error, and the others.
  private func failing(_ times: Int, _ error: String) -> FakeServer.Script {
    let left = Counter(times)
    return { request, connection in
      guard request.id != nil else { return }
      if left.takeOne() { connection.fail(request, error) } else { connection.answer(request, "5") }
    }
  }

  // MARK: Lost connections

  @Test(arguments: ["", #"{"jsonrpc":"2.0","id":1,"res"#, "{"])
  func aCallThatMayBeRepeatedIsMadeOnceMore(_ text: String) async throws {
    let server = try await FakeServer(hangingUp(1, after: text))
    defer { server.end() }
    let client = try await server.client()
    #expect(try await call(client, isRepeatable: true) == 5)
    #expect(server.requests.count == 2)
  }

  @Test func noCallIsLostTwice() async throws {
    let server = try await FakeServer(hangingUp(2))
    defer { server.end() }
    let client = try await server.client()
    let error = await failure {
      try await call(client, isRepeatable: true)
    }
    #expect(error?.code == .connectionLost)
    #expect(error?.retryable == true)
    #expect(error?.number == nil)
    #expect(server.requests.count == 2)
    #expect(try await call(client) == 5)
  }

  @Test func aCallThatDoesHarmTwiceIsMadeOnce() async throws {
    let server = try await FakeServer(hangingUp(1))
    defer { server.end() }
    let client = try await server.client()
    let error = await failure { try await call(client) }
    #expect(error?.code == .connectionLost)
    #expect(server.requests.count == 1)
  }

  @Test func thePolicyMayForbidAll() async throws {
    for (script, code) in [
      (hangingUp(1), HarkClientError.Code.connectionLost), (failing(1, Self.busy), .busy),
    ] {
      let server = try await FakeServer(script)
      defer { server.end() }
      let client = try await server.client(retries: .none)
      let error = await failure { try await call(client, isRepeatable: true) }
      #expect(error?.code == code)
      #expect(server.requests.count == 1)
    }
  }

  @Test func allCallsOfALostConnectionEnd() async throws {
    let isFirst = Counter(40)
    let server = try await FakeServer { request, connection in
      guard request.id != nil else { return }
      if !isFirst.takeOne() {
        connection.answer(request, "5")
      } else if isFirst.isUsedUp {
        connection.hangUp()
      }
    }
    defer { server.end() }
    let client = try await server.client()
    try await withThrowingTaskGroup(of: (Bool, Int?).self) { group in
      for number in 0..<40 {
        group.addTask {
          (number % 2 == 0, try? await call(client, isRepeatable: number % 2 == 0))
        }
      }
      for try await (isRepeatable, result) in group {
        #expect(result == (isRepeatable ? 5 : nil))
      }
    }
    #expect(server.connections.count == 2)
    #expect(try await client.link.openCalls() == 0)
  }

  @Test func whereNobodyIsThereAnyMoreTheLossIsTold() async throws {
    let server = try await FakeServer { request, connection in
      if request.id != nil { connection.hangUp() }
    }
    let client = try await HarkClient(server.path, retries: .quick)
    try FileManager.default.removeItem(atPath: server.path)
    let error = await failure {
      try await call(client, isRepeatable: true)
    }
    #expect(error?.code == .connectionLost)
    let later = await failure { try await call(client) }
    #expect(later?.code == .connectionFailed)
  }

  // MARK: Request keys

  @Test func aWriteIsRepeatedUnderItsKey() async throws {
    let left = Counter(1)
    let server = try await FakeServer { request, connection in
      guard request.id != nil else { return }
      if left.takeOne() { connection.hangUp() } else { connection.answer(request, Samples.turn) }
    }
    defer { server.end() }
    let client = try await server.client()
    let turn = try await client.chat.append(session: "s", user: "u", question: "Why?")
    #expect(turn.id == 7)
    try await client.chat.answer(turn.id, with: "So.")
    let keys = server.requests.map { $0.params["request_key"] }
    #expect(keys.count == 3)
    #expect(keys[0] != nil)
    #expect(keys[0] == keys[1])
    #expect(keys[1] != keys[2])
    try await client.chat.answer(turn.id, with: "So.", requestKey: "mine")
    #expect(server.requests.last?.params["request_key"] == "mine")
  }

  @Test func madeKeysAreShortAndDifferent() {
    let keys = (0..<1_000).map { _ in HarkClient.RequestKey().rawValue }
    #expect(Set(keys).count == 1_000)
    #expect(keys.allSatisfy { (1...256).contains($0.utf8.count) })
  }

  // MARK: Errors that pass

  @Test(arguments: [
    busy,
    #"{"code":-32011,"message":"Locked.","data":{"code":"store-locked","retryable":true}}"#,
    #"{"code":-32004,"message":"Bye.","data":{"code":"shutting-down","retryable":true}}"#,
  ])
  func whatMaySucceedLaterIsTriedAgain(_ error: String) async throws {
    for times in [3, 4] {
      let server = try await FakeServer(failing(times, error))
      defer { server.end() }
      let client = try await server.client()
      let result = try? await call(client)
      #expect(result == (times == 3 ? 5 : nil))
      #expect(server.requests.count == 4)
      #expect(server.connections.count == 1)
    }
  }

  @Test func noPauseIsLongerThanThePolicyAllows() async throws {
    let error =
      #"{"code":-32000,"message":"","data":{"code":"busy","retryable":true,"retry_after_ms":6000}}"#
    let server = try await FakeServer(failing(1, error))
    defer { server.end() }
    let client = try await server.client()
    let thrown = await failure { try await call(client) }
    #expect(thrown?.code == .busy)
    #expect(thrown?.retryAfter == .seconds(6))
    #expect(server.requests.count == 1)
  }

  @Test func noPauseOutlastsTheCall() async throws {
    let error =
      #"{"code":-32000,"message":"","data":{"code":"busy","retryable":true,"retry_after_ms":50000}}"#
    let server = try await FakeServer(failing(1, error))
    defer { server.end() }
    let client = try await server.client(
      retries: HarkClient.RetryPolicy(longestPause: .seconds(60)))
    let thrown = await failure {
      try await call(client.within(.seconds(40)))
    }
    #expect(thrown?.code == .busy)
    #expect(server.requests.count == 1)
  }

  @Test func pausesGrowWithinBounds() {
    let error = HarkClientError(.busy, "", retryable: true)
    let policy = HarkClient.RetryPolicy(
      attempts: 5, firstPause: .milliseconds(100), longestPause: .milliseconds(300))
    let bounds = [100, 200, 300, 300]
    for (index, milliseconds) in bounds.enumerated() {
      let pause = policy.pause(afterAttempt: index + 1, error) ?? .zero
      #expect(pause >= .milliseconds(milliseconds))
      #expect(pause <= .milliseconds(milliseconds) * 1.25)
    }
    #expect(policy.pause(afterAttempt: 5, error) == nil)
    #expect(policy.pause(afterAttempt: 1, HarkClientError(.busy, "")) == nil)
    #expect(HarkClient.RetryPolicy.none.pause(afterAttempt: 1, error) == nil)
  }

  @Test(arguments: [
    HarkClient.RetryPolicy(
      attempts: .max, firstPause: .seconds(Int64.max), longestPause: .seconds(Int64.max)),
    HarkClient.RetryPolicy(
      attempts: .max, firstPause: .seconds(Int64.min), longestPause: .seconds(Int64.min)),
    HarkClient.RetryPolicy(attempts: .min), HarkClient.RetryPolicy(attempts: 0),
  ])
  func noPolicyIsTooStrange(_ policy: HarkClient.RetryPolicy) {
    for attempt in [1, 2, 63, 64, 1_000, .max - 1, .max] {
      for wait in [nil, Duration.zero, .milliseconds(Int64.max)] {
        let error = HarkClientError(.busy, "", retryable: true, retryAfter: wait)
        let pause = policy.pause(afterAttempt: attempt, error)
        #expect((pause ?? .zero) >= .zero)
        #expect((pause ?? .zero) <= .seconds(2 * 86_400))
      }
    }
  }
}

/// A number that is used up, from any thread.
final class Counter: Sendable {
  private let left: Mutex<Int>

  init(_ count: Int) { left = Mutex(count) }

  var isUsedUp: Bool { left.withLock { $0 <= 0 } }

  /// Whether there was one left.
  func takeOne() -> Bool {
    left.withLock { left in
      left -= 1
      return left >= 0
    }
  }
}
