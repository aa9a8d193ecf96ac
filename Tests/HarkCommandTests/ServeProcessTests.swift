import Foundation
import TestKit
import Testing

/// The server as a process of its own.
@Suite(.serialized, .timeLimit(.minutes(10)), .enabled(if: HarkProcess.canEmbed))
struct ServeProcessTests {
  private let folder: TemporaryFolder
  private let store: String
  private let socket: String

  init() async throws {
    folder = try TemporaryFolder()
    store = folder.file("store")
    socket = folder.file("hark.sock")
    try folder.write("in/travel.md", "# Travel\n\nThe manager approves business trips.\n")
    let outcome = try await HarkProcess.run("ingest", folder.file("in"), "--store", store)
    try #require(outcome.status == 0, "\(outcome)")
  }

  /// A server that answers.
  private func serve() async throws -> (HarkProcess, RawClient) {
    let process = try HarkProcess(["serve", "--store", store, "--socket", socket, "--json"])
    for _ in 0..<1200 {
      // A socket file of a server that was killed refuses until the new one takes its place.
      if let client = try? await RawClient(socket) { return (process, client) }
      try #require(process.isRunning)
      try await Task.sleep(for: .milliseconds(50))
    }
    throw RawClient.Failure.timeout
  }

  private func call(
    _ client: RawClient, _ id: Int, _ method: String, _ params: String = "{}"
  ) async throws -> [String: Any] {
    try await client.sendLine(
      #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":\#(params)}"#)
    // A requirement would fail the test where the server is killed on purpose.
    guard let line = try await client.line() else { throw RawClient.Failure.gone }
    let answer = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    return try #require(answer?["result"] as? [String: Any], "\(line)")
  }

  @Test func oneServerAnswersOnBothProtocolsAndEndsInOrder() async throws {
    let (process, client) = try await serve()
    #expect(try await call(client, 1, "hello")["server"] as? String == "hark")
    let found = try await call(client, 2, "search", #"{"query":"who approves a trip?"}"#)
    let hit = try #require((found["hits"] as? [[String: Any]])?.first)
    #expect(hit["text"] as? String == "Travel\n\nThe manager approves business trips.")

    let web = try await RawClient(socket)
    try await web.send("GET /healthz HTTP/1.1\r\nHost: hark\r\n\r\n")
    let health = try #require(try await web.response())
    #expect(health.status == 200)
    #expect(health.body.contains(#""status":"ok""#))

    let second = try await HarkProcess.run(
      "serve", "--store", store, "--socket", folder.file("other.sock"), "--json")
    #expect(second.status == 1)
    #expect(try second.errorCode() == "server-running")

    process.send(SIGTERM)
    let outcome = try await process.outcome()
    #expect(outcome.status == 0, "\(outcome)")
    #expect(try outcome.json()["socket"] as? String == socket)
    #expect(!FileManager.default.fileExists(atPath: socket))
  }

  @Test func aConfigurationThatIsWrongIsNamedAtTheStart() async throws {
    try folder.write("store/hark.toml", "sokket = \"x\"\n")
    let outcome = try await HarkProcess.run(
      "serve", "--store", store, "--socket", socket, "--json")
    #expect(outcome.status == 1)
    #expect(try outcome.errorCode() == "configuration-invalid")
    #expect(outcome.output.contains("sokket"))
    let other = try await HarkProcess.run(
      "serve", "--store", store, "--config", folder.file("none.toml"), "--json")
    #expect(try other.errorCode() == "configuration-missing")
  }

  @Test func whatWasEnqueuedIsIngestedByTheNextServer() async throws {
    let (first, client) = try await serve()
    let params = #"{"documents":[{"external_id":"d","text":"The dotterel is tame."}]}"#
    let task = try #require(try await call(client, 1, "ingest", params)["job_id"] as? Int)
    first.send(SIGKILL)
    _ = try await first.outcome()
    let (second, next) = try await serve()
    // Notifications may come before the answer.
    try await next.sendLine(
      #"{"jsonrpc":"2.0","id":2,"method":"subscribe","params":{"task":\#(task)}}"#)
    var line = try #require(try await next.line())
    while line.contains(#""method":"progress""#) { line = try #require(try await next.line()) }
    #expect(line.contains(#""status":"succeeded""#), "\(line)")
    let found = try await call(next, 3, "search", #"{"query":"dotterel","mode":"text"}"#)
    #expect((found["hits"] as? [Any])?.count == 1)
    second.send(SIGTERM)
    #expect(try await second.outcome().status == 0)
  }

  @Test func documentsOfAnotherProcessAreFound() async throws {
    let (process, client) = try await serve()
    for number in 0..<5 {
      try folder.write("in/note\(number).txt", "The curlew number \(number) calls at dusk.")
      let ingest = try await HarkProcess.run("ingest", folder.file("in"), "--store", store)
      #expect(ingest.status == 0, "\(ingest)")
      let found = try await call(
        client, number, "search", #"{"query":"curlew","mode":"text","limit":10}"#)
      #expect((found["hits"] as? [Any])?.count == number + 1)
    }
    process.send(SIGTERM)
    #expect(try await process.outcome().status == 0)
  }

  @Test func aRefusedSocketIsNamed() async throws {
    try folder.write("taken.sock", "a file")
    let outcome = try await HarkProcess.run(
      "serve", "--store", store, "--socket", folder.file("taken.sock"), "--json")
    #expect(outcome.status == 1)
    #expect(try outcome.errorCode() == "socket-path-taken")
    #expect(try String(contentsOfFile: folder.file("taken.sock"), encoding: .utf8) == "a file")
  }

  @Test func whatWasAcknowledgedOutlivesTheServer() async throws { try await killServers(5) }

  @Test(
    .enabled(if: ProcessInfo.processInfo.environment["HARK_SOAK"] == "1"), .timeLimit(.minutes(30)))
  func whatWasAcknowledgedOutlivesTheServerSoak() async throws { try await killServers(100) }

  /// Kills the server again and again while clients log; what was acknowledged is there.
  private func killServers(_ rounds: Int) async throws {
    var acknowledged: Set<Int> = []
    for round in 0..<rounds {
      let (process, first) = try await serve()
      for id in acknowledged.shuffled().prefix(20) {
        #expect(try await call(first, 0, "chat.get", #"{"id":\#(id)}"#)["id"] as? Int == id)
      }
      let ids = try await withThrowingTaskGroup(of: [Int].self) { group in
        for writer in 0..<4 {
          group.addTask { try await log(round, writer) }
        }
        try await Task.sleep(for: .milliseconds(Int.random(in: 50...400)))
        process.killAtOnce()
        return try await group.reduce(into: []) { $0 += $1 }
      }
      _ = try await process.outcome()
      #expect(acknowledged.isDisjoint(with: ids))
      acknowledged.formUnion(ids)
    }
    #expect(!acknowledged.isEmpty)
    let (process, client) = try await serve()
    for id in acknowledged {
      #expect(try await call(client, 0, "chat.get", #"{"id":\#(id)}"#)["id"] as? Int == id)
    }
    process.send(SIGTERM)
    #expect(try await process.outcome().status == 0)
  }

  /// Logs turns until the server is gone.
  ///
  /// - Returns: the ids of those that were acknowledged.
  private func log(_ round: Int, _ writer: Int) async throws -> [Int] {
    guard let client = try? await RawClient(socket) else { return [] }
    var ids: [Int] = []
    for number in 0... {
      let params = """
        {"session_id":"s\(writer)","user_id":"u","user_message":"round \(round) turn \(number)",\
        "assistant_response":"yes"}
        """
      guard let turn = try? await call(client, number, "chat.append", params),
        let id = turn["id"] as? Int
      else { break }
      ids.append(id)
    }
    return ids
  }
}
