import Foundation
import Synchronization
import TestKit
import Testing

@testable import HarkClient

/// Calls that end before their answer: canceled, or out of time.
@Suite(.timeLimit(.minutes(2))) struct DeadlineTests {
  private func call(
    _ client: HarkClient, _ method: String = "hold"
  ) async throws -> Int {
    try await client.call(method, params: ["n": 1], isRepeatable: true)
  }

  /// Answers all methods but `hold`.
  private static let holding: FakeServer.Script = { request, connection in
    if !["hold", "", "cancel"].contains(request.method) { connection.answer(request, "5") }
  }

  // MARK: Cancellation

  @Test func aCanceledTaskEndsTheWorkInTheServer() async throws {
    let server = try await FakeServer(Self.holding)
    defer { server.end() }
    let client = try await server.client()
    let task = Task { await failure { try await call(client) } }
    #expect(try await eventually { server.requests.count == 1 })
    task.cancel()
    #expect(await task.value?.code == .canceled)
    #expect(try await eventually { server.requests.count == 2 })
    let cancel = try #require(server.requests.last)
    #expect(cancel.method == "cancel")
    #expect(cancel.id == nil)
    #expect(cancel.number("id") == server.requests.first?.id.map(Int64.init))
    // Its place is free when the server has answered.
    #expect(try await client.link.openCalls() == 1)
    server.connections.first?.answer(server.requests[0], "late")
    #expect(try await call(client, "echo") == 5)
    #expect(try await client.link.openCalls() == 0)
  }

  @Test func aTaskThatIsCanceledAlreadySendsNothing() async throws {
    let server = try await FakeServer(Self.holding)
    defer { server.end() }
    let client = try await server.client()
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      return await failure { try await call(client) }
    }
    task.cancel()
    #expect(await task.value?.code == .canceled)
    #expect(try await call(client, "echo") == 5)
    #expect(server.requests.map(\.method) == ["echo"])
  }

  @Test func aCallThatWaitsForItsTurnIsNeverSent() async throws {
    let server = try await FakeServer(Self.holding)
    let client = try await HarkClient(
      Link(server.path, limits: Connection.Limits(calls: 1)), retries: .quick)
    let first = Task { await failure { try await call(client) } }
    #expect(try await eventually { server.requests.count == 1 })
    let second = Task { await failure { try await call(client) } }
    let third = Task { try await call(client, "echo") }
    while try await client.link.openCalls() < 3 { await Task.yield() }
    second.cancel()
    #expect(await second.value?.code == .canceled)
    #expect(server.requests.count == 1)
    first.cancel()
    #expect(await first.value?.code == .canceled)
    #expect(try await eventually { server.requests.count == 2 })
    server.connections.first?.answer(server.requests[0], "1")
    #expect(try await third.value == 5)
    #expect(server.requests.map(\.method) == ["hold", "cancel", "echo"])
  }

  @Test func aPauseEndsWithItsTask() async throws {
    let error =
      #"{"code":-32000,"message":"","data":{"code":"busy","retryable":true,"retry_after_ms":60000}}"#
    let server = try await FakeServer({ request, connection in
      if request.id != nil { connection.fail(request, error) }
    })
    defer { server.end() }
    let client = try await server.client()
    var patient = client
    patient.retries.longestPause = .seconds(600)
    patient.timeout = nil
    let task = Task { [patient] in
      await failure { try await call(patient) }
    }
    #expect(try await eventually { server.requests.count == 1 })
    task.cancel()
    #expect(await task.value?.code == .canceled)
  }

  @Test func manyCancellationsLeaveNothing() async throws {
    let server = try await FakeServer { request, connection in
      // Half of the answers come before the cancellation, half after it.
      if let id = request.id, id % 2 == 0 || request.method == "echo" {
        connection.answer(request, "5")
      }
      if let id = request.number("id") {
        connection.send(#"{"id":\#(id),"error":{"code":-32003,"message":""}}"# + "\n")
      }
    }
    defer { server.end() }
    let client = try await server.client()
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<500 {
        group.addTask {
          let task = Task { try await call(client) }
          for _ in 0..<(number % 7) { await Task.yield() }
          task.cancel()
          _ = await task.result
        }
      }
    }
    #expect(try await call(client, "echo") == 5)
    while try await client.link.openCalls() > 0 { await Task.yield() }
  }

  // MARK: Deadlines

  @Test func theServerLearnsTheTimeThatIsLeft() async throws {
    let server = try await FakeServer { request, connection in
      if request.id != nil { connection.answer(request, "5") }
    }
    defer { server.end() }
    let client = try await server.client()
    _ = try await call(client.within(.seconds(70)))
    _ = try await call(client.within(nil))
    _ = try await call(client.within(.seconds(Int64.max)))
    _ = try await call(client.within(.seconds(Int64.min)))
    let _: Int = try await client.within(.seconds(70)).call("echo")
    let sent = server.requests.map { $0.number("deadline_ms") }
    #expect((1...70_000).contains(try #require(sent[0])))
    #expect(sent[1] == nil)
    #expect((1...86_400_000).contains(try #require(sent[2])))
    #expect(sent[3] == 0)
    // An object without members gets one all the same.
    #expect((1...70_000).contains(try #require(sent[4])))
  }

  @Test func theAnswerOfTheServerSaysThatTheTimeIsOver() async throws {
    let server = try await FakeServer { request, connection in
      guard let milliseconds = request.number("deadline_ms") else { return }
      connection.later(inMilliseconds: milliseconds) {
        connection.fail(
          request,
          #"""
          {"code":-32001,"message":"Over.","data":{"code":"deadline-exceeded","retryable":true}}
          """#.trimmingCharacters(in: .newlines))
      }
    }
    defer { server.end() }
    let client = try await HarkClient(
      Link(server.path, limits: Connection.Limits(grace: .seconds(60))))
    let error = await failure {
      try await call(client.within(.milliseconds(20)))
    }
    #expect(error?.code == .deadlineExceeded)
    #expect(error?.retryable == true)
    #expect(server.requests.count == 1)
  }

  @Test func aServerThatNeverAnswersIsLeft() async throws {
    let server = try await FakeServer(Self.holding)
    defer { server.end() }
    let client = try await server.client()
    let error = await failure {
      try await call(client.within(.milliseconds(20)))
    }
    #expect(error?.code == .timedOut)
    #expect(error?.retryable == true)
    #expect(try await eventually { server.requests.count == 2 })
    #expect(server.requests.last?.method == "cancel")
    #expect(try await call(client, "echo") == 5)
  }

  @Test func theTimeOfACallThatWaitsForItsTurnRuns() async throws {
    let server = try await FakeServer(Self.holding)
    let client = try await HarkClient(
      Link(server.path, limits: Connection.Limits(calls: 1, grace: .zero)), retries: .none)
    let first = Task { await failure { try await call(client) } }
    #expect(try await eventually { server.requests.count == 1 })
    let error = await failure {
      try await call(client.within(.milliseconds(20)), "echo")
    }
    #expect(error?.code == .timedOut)
    #expect(server.requests.map(\.method) == ["hold"])
    await client.close()
    #expect(await first.value?.code == .clientClosed)
  }

  @Test func aServerThatReadsNothingIsLeft() async throws {
    let server = try await FakeServer { request, connection in
      if request.method.isEmpty { connection.stopReading() }
    }
    let client = try await HarkClient(server.path, timeout: .milliseconds(20), retries: .none)
    let large = String(repeating: "x", count: 4 << 20)
    let error = await failure {
      try await client.call("echo", params: ["text": large], as: Int.self)
    }
    #expect(error?.code == .timedOut)
    await client.close()
  }
}
