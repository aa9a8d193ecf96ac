import Foundation
import TestKit
import Testing

/// The chat log as the command shows it.
@Suite(.serialized, .timeLimit(.minutes(4)), .enabled(if: HarkProcess.canEmbed))
struct ChatProcessTests {
  private let folder: TemporaryFolder
  private let store: String

  init() async throws {
    folder = try TemporaryFolder()
    store = folder.file("store")
    try folder.write("in/travel.md", "# Travel\n\nThe manager approves business trips.\n")
    let outcome = try await HarkProcess.run("ingest", folder.file("in"), "--store", store)
    try #require(outcome.status == 0, "\(outcome)")
  }

  private func chat(_ arguments: String...) async throws -> HarkProcess.Outcome {
    try await HarkProcess(["chat"] + arguments + ["--store", store]).outcome()
  }

  @Test func aTurnFromQuestionToDeletion() async throws {
    let ask = ["ask", "Who approves trips?", "--session", "s-1", "--user", "minji"]
    let asked = try await HarkProcess(
      ["chat"] + ask + ["--request-key", "k", "--json", "--store", store]
    ).outcome()
    #expect(asked.status == 0, "\(asked)")
    let turn = try asked.json()
    #expect(
      Set(turn.keys) == [
        "id", "session_id", "user_id", "status", "created_at", "answered_at", "user_message",
        "assistant_response", "sources",
      ])
    let source = try #require((turn["sources"] as? [[String: Any]])?.first)
    #expect(
      Set(source.keys) == [
        "rank", "score", "chunk_id", "document_id", "name", "file_path", "external_id",
        "page_number", "page_end", "start", "end", "heading", "text", "content_hash",
        "generation", "redacted",
      ])
    #expect(source["text"] as? String == "Travel\n\nThe manager approves business trips.")
    let again = try await HarkProcess(
      ["chat"] + ask + ["--request-key", "k", "--json", "--store", store]
    ).outcome()
    #expect(again.output == asked.output)

    #expect(
      try await chat("answer", "1", "The manager, \"always\".").output == "Turn 1 is answered.\n")
    let shown = try await chat("show", "1")
    #expect(
      shown.output.contains("Who approves trips?\n\nThe manager, \"always\".\n\n[1] travel.md\n"))
    #expect(try await chat("sessions").output.contains("s-1"))
    #expect(try await chat("history", "--user", "minji").output.contains("Who approves trips?"))
    #expect(try await chat("search", "manager").output.contains("Who approves trips?"))
    #expect(try await chat("feedback").output == "There is no feedback.\n")

    let table = folder.file("turns.csv")
    #expect(try await chat("export", "--format", "csv", "--output", table).status == 0)
    let lines = try String(contentsOfFile: table, encoding: .utf8)
      .components(separatedBy: "\r\n")
    #expect(lines.count == 3)
    #expect(lines[0].hasPrefix("id,session_id,user_id,status,"))
    #expect(lines[1].contains(#",Who approves trips?,"The manager, ""always"".",""#))
    let json = folder.file("turns.jsonl")
    #expect(try await chat("export", "--output", json).status == 0)
    let line = try Data(contentsOf: URL(filePath: json))
    let object = try JSONSerialization.jsonObject(with: line) as? [String: Any]
    #expect(object?["assistant_response"] as? String == "The manager, \"always\".")

    #expect(try await chat("redact", "--document", "1").output == "Redacted 1 turn.\n")
    #expect(try await chat("show", "1").output.contains("[1] (redacted)\n"))
    #expect(try await chat("delete", "--user", "minji", "--yes").output == "Deleted 1 turn.\n")
    let gone = try await chat("show", "1", "--json")
    #expect(gone.status == 1)
    #expect(try gone.errorCode() == "chat-missing")
  }

  @Test func whatIsMeantHasToBeSaid() async throws {
    #expect(try await chat("delete", "--yes").status == 2)
    #expect(try await chat("delete", "--user", "a", "--session", "b", "--yes").status == 2)
    #expect(try await chat("delete", "--user", "a").status == 2)
    #expect(try await chat("history", "--limit", "0").status == 2)
    #expect(try await chat("redact").status == 2)
    let refused = try await chat("ask", " ", "--session", "s", "--user", "u", "--json")
    #expect(try refused.errorCode() == "invalid-argument")
  }
}
