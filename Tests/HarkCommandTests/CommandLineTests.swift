import Foundation
import Testing

/// Runs of the program that need no model.
@Suite(.serialized, .timeLimit(.minutes(2)), .enabled(if: HarkProcess.binary != nil))
struct CommandLineTests {
  @Test func versionIsOneLine() async throws {
    let outcome = try await HarkProcess.run("--version")
    #expect(outcome.output == "hark 0.1.0\n")
    #expect(outcome.errors == "")
    #expect(outcome.status == 0)
  }

  @Test(arguments: [["--help"], ["help", "search"], ["search", "-h"], [], ["documents"]])
  func helpGoesToStandardOutput(arguments: [String]) async throws {
    let outcome = try await HarkProcess(arguments).outcome()
    #expect(outcome.output.hasPrefix("OVERVIEW: "))
    #expect(outcome.errors == "")
    #expect(outcome.status == 0)
  }

  @Test(arguments: [
    ["nonsense"], ["search"], ["search", "x", "--mode", "best"], ["search", "x", "-k", "0"],
    ["search", "x", "-k", "1001"], ["search", " \n"], ["ingest"], ["documents", "show", "x"],
    ["ingest", ".", "--max-file-size", "3X"], ["documents", "delete", "1"],
    ["documents", "delete"],
    ["embed", "--input", "a.csv", "--output", "a.npy"],
    ["embed", "--input", "a.txt", "--output", "a.bin"], ["index", "burn"], ["eval"],
    ["eval", "x", "--fail-below", "map"], ["eval", "x", "--fail-below", "map=1.5"],
    ["eval", "x", "--fail-below", "map=nan"],
    ["eval", "x", "--tune", "--mode", "text"], ["eval", "x", "--mode", "vector", "--tune"],
  ])
  func wrongCommandLinesEndWith2(arguments: [String]) async throws {
    let outcome = try await HarkProcess(arguments).outcome()
    #expect(outcome.output == "")
    #expect(outcome.errors.hasPrefix("hark: "))
    #expect(outcome.errors.contains("[usage]\n"))
    #expect(outcome.status == 2)
    let json = try await HarkProcess(arguments + ["--json"]).outcome()
    #expect(try json.errorCode() == "usage")
    #expect(json.errors == "")
    #expect(json.status == 2)
  }

  @Test func usageErrorsAreWhole() async throws {
    let outcome = try await HarkProcess.run("documents", "show", "\u{1B}[2J")
    #expect(
      outcome.errors == """
        hark: The value '\u{FFFD}[2J' is invalid for '<id>' [usage]
        Help:  <id>  The document's id.
        Usage: hark documents show <id> [--store <folder>] [--model <folder>] [--json] [--quiet]
          See 'hark documents show --help' for more information.

        """)
  }

  @Test func aWrongMeasureIsToldTheRightOnes() async throws {
    let outcome = try await HarkProcess.run("eval", "x", "--fail-below", "ndcg@10=0.37")
    #expect(outcome.status == 2)
    #expect(
      outcome.errors.hasPrefix(
        "hark: The value 'ndcg@10=0.37' is invalid for '--fail-below <measure=value>': the "
          + "measures are ndcg_at_10, recall_at_10, recall_at_100, mrr_at_10, map, success_at_1, "
          + "success_at_3 [usage]\n"), "\(outcome.errors)")
  }

  @Test(arguments: [
    ["search", "x"], ["documents", "list"], ["documents", "show", "1"],
    ["documents", "delete", "1", "--yes"], ["index", "info"], ["index", "verify"],
    ["index", "rebuild"],
  ])
  func aMissingStoreIsAnError(arguments: [String]) async throws {
    let outcome = try await HarkProcess(arguments + ["--store", "none"]).outcome()
    #expect(outcome.output == "")
    #expect(outcome.errors.hasPrefix("hark: there is no store at "))
    #expect(outcome.errors.hasSuffix(" [store-missing]\n"))
    #expect(outcome.status == 1)
    let json = try await HarkProcess(arguments + ["--store", "none", "--json"]).outcome()
    #expect(try json.errorCode() == "store-missing")
    #expect(json.status == 1)
  }

  @Test func embedNamesBadLines() async throws {
    let outcome = try await HarkProcess.shell(
      "printf '\"a\"\\n{}\\n' > in.jsonl; $HARK embed --input in.jsonl --output out.npy; "
        + "echo $?; ls")
    #expect(outcome.errors.contains("line 2 is neither a string nor an object"))
    #expect(outcome.errors.hasSuffix("[input-invalid]\n"))
    #expect(outcome.output.hasPrefix("1\n"))
    #expect(!outcome.output.contains("out.npy"))
  }

  @Test func doctorAgreesWithItsExitCode() async throws {
    let outcome = try await HarkProcess.run("doctor", "--json")
    let findings = try #require(try outcome.json()["findings"] as? [[String: String]])
    #expect(!findings.isEmpty)
    for finding in findings { #expect(Set(finding.keys) == ["topic", "standing", "message"]) }
    #expect(outcome.status == (findings.contains { $0["standing"] == "bad" } ? 1 : 0))
    let text = try await HarkProcess.run("doctor")
    #expect(text.output.split(separator: "\n").count == findings.count + 1)
    #expect(text.status == outcome.status)
  }

  @Test func closedReadersEndQuietly() async throws {
    let outcome = try await HarkProcess.shell(
      "$HARK --help | true; echo ${PIPESTATUS[0]}; { sleep 0.3; $HARK --help; } | :; "
        + "echo ${PIPESTATUS[0]}")
    #expect(outcome.output == "0\n0\n")
    #expect(outcome.errors == "")
  }

  @Test func aFullDiskIsTold() async throws {
    let outcome = try await HarkProcess.shell("$HARK --help > /dev/full; echo $?")
    #expect(outcome.output == "1\n")
    #expect(
      outcome.errors == "hark: standard output cannot be written: No space left on device "
        + "[output-unwritable]\n")
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func completionsAreOffered(shell: String) async throws {
    let outcome = try await HarkProcess.run("--generate-completion-script", shell)
    #expect(outcome.output.contains("documents"))
    #expect(outcome.status == 0)
  }
}
