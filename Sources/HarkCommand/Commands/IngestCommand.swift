import ArgumentParser
import Foundation
import Hark

/// `hark ingest`: reads files and folders into the store.
struct IngestCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "ingest",
    abstract: "Read files and folders into the store.",
    discussion: """
      Reads PDF, HTML, Markdown and plain text. Folders are walked whole; hidden names, symbolic \
      links and files of other kinds are skipped. Files that the store holds already are passed \
      over, and files that have changed replace what was read before. The store is made where \
      there is none.

      The command may be stopped at any moment, by kill -9 too, and given again: nothing that was \
      committed is lost, and nothing is doubled. A file that cannot be read costs that file alone: \
      it is named in the account at the end, and the exit code is 3.

      EXAMPLES
        hark ingest ~/handbook
        hark ingest report.pdf notes.md --store ~/stores/work
        hark ingest /srv/documents --wait --quiet     # for a nightly job
        hark ingest ~/handbook --json | jq .failures
      """)

  @Argument(help: "Files and folders to read.", completion: .file())
  var path: [String]

  @Flag(help: "Wait while another process is writing, instead of ending with code 4.")
  var wait = false

  @Option(
    help: ArgumentHelp("Refuse files above this size: bytes, or with K, M or G.", valueName: "size")
  )
  var maxFileSize = ByteCount(bytes: IngestOptions().maximumFileSize)

  @OptionGroup var shared: SharedOptions

  func answer(on console: Console) async throws(HarkError) -> Answer {
    // A mistyped path must not leave an empty store behind.
    if let missing = path.first(where: { !FileManager.default.fileExists(atPath: $0) }) {
      throw HarkError(.pathMissing, "\(missing) does not exist: check the path's spelling")
    }
    let engine = try await Engine(store: shared.store, model: shared.model)
    let display = shared.quiet ? nil : ProgressDisplay(on: console)
    defer { display?.finish() }
    let report = try await engine.ingest(
      path,
      options: IngestOptions(waitForOtherWriter: wait, maximumFileSize: maxFileSize.bytes),
      progress: { display?.update($0) })
    let status: ExitStatus = report.failures.isEmpty ? .success : .partial
    if shared.json { return try Answer(json: report, status: status) }
    guard shared.quiet else {
      return Answer(IngestAccount(report: report).text, status: status)
    }
    let failures = report.failures
    return Answer(
      errors: failures.isEmpty ? "" : FailureList(failures: failures).text, status: status)
  }
}
