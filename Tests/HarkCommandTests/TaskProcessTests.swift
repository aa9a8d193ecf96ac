import Foundation
import Hark
import TestKit
import Testing

/// Tasks that a program enqueues and servers carry out, which are stopped and killed meanwhile.
@Suite(.serialized, .timeLimit(.minutes(10)), .enabled(if: HarkProcess.canEmbed))
struct TaskProcessTests {
  private static let notes = 1_000

  private let folder: TemporaryFolder
  private let store: String
  /// The program that enqueues, which this process is.
  private let engine: Engine

  init() async throws {
    folder = try TemporaryFolder()
    store = folder.file("store")
    engine = try await Engine(store: store)
  }

  private func serve(_ options: String...) throws -> HarkProcess {
    try HarkProcess(["serve", "--store", store, "--socket", folder.file("hark.sock")] + options)
  }

  private func enqueue() async throws -> Int64 {
    let documents = (0..<Self.notes).map { number in
      let text = (0..<6).map { "Line \($0) of note \(number) tells of reeds and herons." }
      return SourceDocument(
        externalID: "\(number)", content: .text(text.joined(separator: " ")))
    }
    return try await engine.enqueue(IngestRequest(.documents(documents))).id
  }

  /// Waits until a server has committed more documents than there were, or has done with a task.
  private func waitForDocuments(beyond count: Int, _ task: Int64) async throws {
    while try await engine.documents().count <= count, try await !engine.task(task).status.isEnd {
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  private func waitForEnd(of task: Int64) async throws -> TaskRecord {
    for await _ in try await engine.progress(of: task) {}
    return try await engine.task(task)
  }

  @Test func aServerGoesOnWhereAnotherOneWasKilled() async throws {
    let task = try await enqueue()
    let waiting = try await HarkProcess.run("tasks", "--store", store)
    #expect(waiting.output.contains("enqueued"))
    #expect(waiting.output.contains("waits for `hark serve`"))
    let first = try serve()
    try await waitForDocuments(beyond: 0, task)
    let list = try await HarkProcess.run("tasks", "list", "--store", store)
    #expect(list.output.contains("processing"))
    first.killAtOnce()
    _ = try await first.outcome()
    let kept = try await engine.documents().count
    #expect(kept > 0 && kept < Self.notes)
    #expect(try await engine.task(task).status == .processing)
    let second = try serve("--json")
    let done = try await waitForEnd(of: task)
    #expect(done.status == .succeeded && done.attempts == 2)
    #expect(done.count("unchanged") == Double(kept))
    #expect(try await engine.documents().count == Self.notes)
    second.send(SIGTERM)
    let outcome = try await second.outcome()
    #expect(outcome.status == 0)
    #expect(outcome.errors.contains("hark: task \(task) succeeded: "))
    #expect(try await engine.verify().problems == [])
  }

  @Test(arguments: [SIGTERM, SIGINT])
  func aServerThatIsStoppedGivesItsTaskBack(number: Int32) async throws {
    let task = try await enqueue()
    let first = try serve("--quiet")
    try await waitForDocuments(beyond: 0, task)
    first.send(number)
    let outcome = try await first.outcome()
    #expect(outcome.status == 0 && outcome.errors == "")
    let left = try await engine.task(task)
    #expect(left.status == .enqueued && left.attempts == 0)
    #expect(try await engine.documents().count < Self.notes)
    let second = try serve()
    try await waitForDocuments(beyond: try await engine.documents().count, task)
    let canceled = try await HarkProcess.run("tasks", "cancel", "\(task)", "--store", store)
    #expect(canceled.output == "Asked for the end of task \(task).\n")
    #expect(try await waitForEnd(of: task).status == .canceled)
    second.send(SIGTERM)
    #expect(try await second.outcome().status == 0)
  }

  /// A command waits for a server's task, and the server for a command.
  @Test func commandsAndTheServerTakeTurns() async throws {
    try folder.write("in/a.md", "# Rails\n\nThe water rail hides.")
    let first = try await enqueue()
    let server = try serve()
    try await waitForDocuments(beyond: 0, first)
    let locked = try await HarkProcess.run("ingest", folder.file("in"), "--store", store)
    #expect(locked.status == 4)
    let waiting = try HarkProcess(["ingest", folder.file("in"), "--store", store, "--wait"])
    let second = try await engine.enqueue(IngestRequest(.paths([folder.file("in")])))
    #expect(try await waiting.outcome().status == 0)
    #expect(try await waitForEnd(of: second.id).status == .succeeded)
    #expect(try await engine.tasks().allSatisfy { $0.status == .succeeded })
    #expect(try await engine.documents().count == Self.notes + 1)
    server.send(SIGTERM)
    #expect(try await server.outcome().status == 0)
  }
}
