import Foundation
import Synchronization
import TestKit
import Testing

@testable import HarkClient

/// How clients begin and end, and what they leave.
@Suite(.timeLimit(.minutes(2))) struct LifetimeTests {
  private static let echo: FakeServer.Script = { request, connection in
    if request.method == "echo" { connection.answer(request, "5") }
  }

  private func call(
    _ client: HarkClient, _ method: String = "echo"
  ) async throws -> Int {
    try await client.call(method, params: ["n": 1], isRepeatable: true)
  }

  // MARK: Beginning

  @Test func theSocketIsFoundInTheEnvironment() {
    #expect(HarkClient.defaultPath(in: ["HARK_SOCKET": "/a", "XDG_RUNTIME_DIR": "/b"]) == "/a")
    #expect(
      HarkClient.defaultPath(in: ["HARK_SOCKET": "", "XDG_RUNTIME_DIR": "/b"]) == "/b/hark.sock")
    #expect(HarkClient.defaultPath(in: ["XDG_RUNTIME_DIR": "/b"]) == "/b/hark.sock")
    #expect(HarkClient.defaultPath(in: ["XDG_RUNTIME_DIR": ""]) == nil)
    #expect(HarkClient.defaultPath(in: [:]) == nil)
  }

  @Test(arguments: [
    "none.sock", "file", "", String(repeating: "x", count: 200), "a\u{0}b",
  ])
  func aSocketThatIsNoneIsNamed(_ name: String) async throws {
    let folder = try TemporaryFolder()
    try folder.write("file", "")
    let path = name.isEmpty ? "" : "\(folder.path)/\(name)"
    let error = await failure { try await HarkClient(path) }
    #expect(error?.code == .connectionFailed)
    #expect(path.isEmpty || error?.message.contains(path) == true, "\(error?.message ?? "")")
  }

  @Test func aPathMayBeAsLongAsAnAddressHolds() async throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/\(String(repeating: "x", count: 107 - folder.path.utf8.count - 1))"
    #expect(path.utf8.count == 107)
    // Nobody is there, but the path is none of the reasons.
    let error = await failure { try await HarkClient(path) }
    #expect(error?.retryable == true)
    #expect(error?.message.contains("No such file") == true, "\(error?.message ?? "")")
  }

  @Test func aServerThatCameBackIsFound() async throws {
    let server = try await FakeServer(Self.echo)
    defer { server.end() }
    let client = try await server.client()
    for _ in 0..<3 {
      #expect(try await call(client) == 5)
      await server.stop()
      let error = await failure { try await call(client) }
      #expect([.connectionFailed, .connectionLost].contains(error?.code))
      try await server.start()
    }
    #expect(try await call(client) == 5)
  }

  @Test func aServerThatComesBackIsAwaited() async throws {
    let server = try await FakeServer(Self.echo)
    let client = try await HarkClient(
      server.path,
      retries: HarkClient.RetryPolicy(
        attempts: 100_000, firstPause: .milliseconds(1), longestPause: .milliseconds(5)))
    #expect(try await call(client) == 5)
    await server.stop()
    let calls = (0..<20).map { _ in Task { try await call(client) } }
    try await Task.sleep(for: .milliseconds(20))
    try await server.start()
    for task in calls { #expect(try await task.value == 5) }
    // All of them have waited for one connection.
    #expect(server.connections.count == 2)
    await client.close()
  }

  // MARK: End

  @Test func closingEndsAllCalls() async throws {
    let server = try await FakeServer(Self.echo)
    let client = try await HarkClient(server.path)
    let calls = (0..<100).map { _ in
      Task { await failure { try await call(client, "hold") } }
    }
    #expect(try await eventually { server.requests.count == 63 })
    await client.close()
    for task in calls { #expect(await task.value?.code == .clientClosed) }
    await client.close()
    let later = await failure { try await call(client) }
    #expect(later?.code == .clientClosed)
    #expect(later?.retryable == false)
    #expect(try await eventually { server.connections.allSatisfy { !$0.isOpen } })
    #expect(server.connections.count == 1)
  }

  @Test func callsAndClosingMayRace() async throws {
    let server = try await FakeServer(Self.echo)
    for _ in 0..<50 {
      let client = try await HarkClient(server.path, retries: .none)
      let calls = (0..<10).map { _ in
        Task { await failure { try await call(client) } }
      }
      await client.close()
      for task in calls {
        let code = await task.value?.code
        #expect(code == nil || code == .clientClosed)
      }
    }
    #expect(try await eventually { server.connections.allSatisfy { !$0.isOpen } })
  }

  @Test func aClientThatNobodyHasIsClosed() async throws {
    let server = try await FakeServer(Self.echo)
    weak var link: Link?
    do {
      let client = try await HarkClient(server.path)
      link = client.link
      let copy = client.within(.seconds(5)).chat
      #expect(try await call(copy.client) == 5)
    }
    #expect(link == nil)
    #expect(try await eventually { server.connections.allSatisfy { !$0.isOpen } })
  }

  @Test func nothingIsLeftOfCallsThatEndInAnyWay() async throws {
    let server = try await FakeServer { request, connection in
      switch request.method {
      case "echo": connection.answer(request, "5")
      case "fail": connection.fail(request, #"{"code":1,"message":"No."}"#)
      case "bad": connection.answer(request, "{")
      case "garbage": connection.send("garbage\n")
      case "lose": connection.hangUp()
      default: break
      }
    }
    weak var link: Link?
    weak var connection: Connection?
    do {
      let client = try await HarkClient(server.path, retries: .quick)
      link = client.link
      connection = try await client.link.connection()
      await withTaskGroup(of: Void.self) { group in
        for method in ["echo", "fail", "bad", "hold", "echo", "lose", "garbage", "hold"] {
          for _ in 0..<5 {
            group.addTask { _ = try? await call(client.within(.milliseconds(50)), method) }
          }
        }
        group.addTask {
          let canceled = Task { try await call(client, "hold") }
          canceled.cancel()
          _ = await canceled.result
        }
      }
      #expect(try await call(client) == 5)
    }
    #expect(link == nil)
    #expect(try await eventually { connection == nil })
    #expect(try await eventually { server.connections.allSatisfy { !$0.isOpen } })
  }
}
