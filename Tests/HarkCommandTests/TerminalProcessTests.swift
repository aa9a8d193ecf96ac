import Foundation
import Testing

/// Runs of the program on a pseudo-terminal.
@Suite(
  .serialized, .timeLimit(.minutes(2)),
  .enabled(
    if: HarkProcess.canEmbed && FileManager.default.isExecutableFile(atPath: "/usr/bin/script")))
struct TerminalProcessTests {
  private static let colours = ["\u{1B}[1;33m", "\u{1B}[1m", "\u{1B}[2m", "\u{1B}[0m"]

  @Test func foundWordsAreColoured() async throws {
    let sample = try await SampleStore.shared()
    let outcome = try await HarkProcess.terminal(
      "$HARK search approves --mode text --store '\(sample.store)'")
    #expect(outcome.output.contains("\u{1B}[1;33mapproves\u{1B}[0m"))
    #expect(!outcome.output.contains("«"))
    for line in outcome.output.split(separator: "\r\n") {
      #expect(line.replacing(/\u{1B}\[[0-9;]*m/, with: "").count <= 60)
    }
  }

  @Test(arguments: [["NO_COLOR": "1"], ["TERM": "dumb"]])
  func colourIsTurnedOff(environment: [String: String]) async throws {
    let sample = try await SampleStore.shared()
    let outcome = try await HarkProcess.terminal(
      "$HARK search approves --mode text --store '\(sample.store)'", environment: environment)
    #expect(outcome.output.contains("«approves»"))
    #expect(!outcome.output.contains("\u{1B}"))
  }

  @Test(arguments: [
    "search zebra --mode text", "search zebra --mode text --json", "documents show ID",
    "documents show ID --json", "documents list",
  ])
  func documentsCannotCommandTheTerminal(command: String) async throws {
    let sample = try await SampleStore.shared()
    let list = try await HarkProcess.run("documents", "list", "--store", sample.store, "--json")
    let documents = try #require(try list.json()["documents"] as? [[String: Any]])
    let hostile = try #require(documents.first { $0["name"] as? String == "hostile.txt" })
    let line = command.replacing("ID", with: "\(try #require(hostile["id"] as? Int))")
    let outcome = try await HarkProcess.terminal("$HARK \(line) --store '\(sample.store)'")
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("hostile") || outcome.output.contains("zebra"))
    let shown = Self.colours.reduce(outcome.output) { $0.replacing($1, with: "") }
    for scalar in shown.unicodeScalars where scalar != "\r" && scalar != "\n" {
      #expect(scalar.properties.generalCategory != .control)
    }
  }

  @Test func progressIsALineThatIsClearedAtTheEnd() async throws {
    let sample = try await SampleStore.shared()
    let line = "$HARK ingest '\(sample.documents)' --store new"
    let outcome = try await HarkProcess.terminal(line)
    let parts = outcome.output.components(separatedBy: "\u{1B}[K")
    #expect(parts.count >= 2)
    // A line of at most 59 of the 60 columns follows the carriage return.
    for part in parts.dropLast() { #expect(part.hasPrefix("\r") && part.dropFirst().count < 60) }
    #expect(parts.last?.hasPrefix("5 files seen: 4 added") == true)
    let quiet = try await HarkProcess.terminal("\(line) --quiet")
    #expect(quiet.output == "")
  }
}
