import Foundation
import TestKit
import Testing

/// The programs in examples/, against the server as a process.
@Suite(.serialized, .timeLimit(.minutes(10)), .enabled(if: HarkProcess.canEmbed))
struct ExampleProcessTests {
  private static let examples = TestData.packageRoot.appending(path: "examples").path

  private let served: ServedStore

  init() async throws { served = try await ServedStore() }

  /// Runs an example to its end.
  private func run(_ command: String...) async throws -> HarkProcess.Outcome {
    try await HarkProcess(
      program: "/usr/bin/env", command, environment: ["HARK_SOCKET": served.socket]
    ).outcome()
  }

  private static let passage = """
    [1] travel.md
    Travel

    The manager approves business trips.


    """

  @Test(.enabled(if: HarkProcess.has(["python3"]), "python3 is not installed"))
  func pythonPrintsPassages() async throws {
    let script = "\(Self.examples)/python/hark.py"
    let outcome = try await run("python3", script, "Who approves a trip?")
    #expect(outcome.status == 0, "\(outcome)")
    #expect(outcome.output.hasPrefix(Self.passage), "\(outcome)")
    let korean = try await run("python3", script, "연차 휴가는", "며칠?")
    #expect(korean.output.contains("] 휴가.txt\n연차 휴가는 일 년에"), "\(korean)")
    let refused = try await run("python3", script)
    #expect(refused.status == 1)
    #expect(refused.errors.contains("[invalid-argument]"), "\(refused)")
  }

  @Test(.enabled(if: HarkProcess.has(["node"]), "node is not installed"))
  func nodePrintsPassages() async throws {
    let script = "\(Self.examples)/node/hark.mjs"
    let outcome = try await run("node", script, "Who approves a trip?")
    #expect(outcome.status == 0, "\(outcome)")
    #expect(outcome.output.hasPrefix(Self.passage), "\(outcome)")
    let korean = try await run("node", script, "연차 휴가는", "며칠?")
    #expect(korean.output.contains("] 휴가.txt\n연차 휴가는 일 년에"), "\(korean)")
    let refused = try await run("node", script)
    #expect(refused.status == 1)
    #expect(refused.errors.contains("invalid-argument"), "\(refused)")
  }

  @Test(.enabled(if: HarkProcess.has(["curl"]), "curl is not installed"))
  func curlPrintsJSON() async throws {
    let script = "\(Self.examples)/curl/ask.sh"
    for question in ["Who approves a trip?", "Who \"approves\" a \\ trip?\n\tReally?"] {
      let outcome = try await run("sh", script, question)
      #expect(outcome.status == 0, "\(outcome)")
      let result = try #require(try outcome.json()["result"] as? [String: Any], "\(outcome)")
      #expect(result["query"] as? String == question.replacing(/[\n\t]/, with: " "))
      let passage = try #require((result["passages"] as? [[String: Any]])?.first)
      #expect((passage["document"] as? [String: Any])?["name"] as? String == "travel.md")
    }
    let refused = try await run("sh", script)
    #expect(refused.output.contains("invalid-argument"), "\(refused)")
  }
}
