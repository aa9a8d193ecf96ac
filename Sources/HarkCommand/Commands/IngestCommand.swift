import ArgumentParser
import Foundation
import Hark

/// `hark ingest`: keeps a collection in step with files and folders.
struct IngestCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "ingest",
    abstract: "Read files and folders into the store, and keep it in step with them.",
    discussion: """
      Reads PDF, HTML, Markdown and plain text. A run compares the folders with the store: new and \
      changed files are read, moved ones keep their chunks, documents whose files are gone are \
      deleted, and all others are left alone. --dry-run prints that plan and does nothing. The \
      store is made where there is none.

      Hidden names are left out, and what .harkignore files name in the manner of .gitignore. \
      Symbolic links are counted, not followed. A document is not deleted when its folder came \
      back empty, or when more than --max-delete of a folder's documents are gone at once: the \
      account then says so, and the exit code is 3.

      The command may be stopped at any moment, by kill -9 too, and given again: nothing that was \
      committed is lost, and nothing is doubled. A file that cannot be read costs that file alone: \
      it is named in the account at the end, and the exit code is 3. It is tried again when it \
      changes, or with --retry-failed.

      EXAMPLES
        hark ingest ~/handbook
        hark ingest ~/handbook --dry-run
        hark ingest /srv/documents --wait --quiet     # for a nightly job
        hark ingest ~/handbook --watch                # until it is interrupted
        hark ingest manuals --collection support --meta product=C48 --exclude 'drafts/'
      """)

  @Argument(help: "Files and folders to read.", completion: .file())
  var path: [String]

  @OptionGroup var collection: CollectionOption

  @Flag(name: [.customShort("n"), .long], help: "Print what would be done, and do nothing.")
  var dryRun = false

  @Flag(help: "Stay, and ingest again whenever something below the paths has changed.")
  var watch = false

  @Option(
    name: .customLong("meta"),
    help: ArgumentHelp(
      """
      Say something of all documents: title, author, language, date, tags, source_url, or a field \
      of your own. May be given several times.
      """, valueName: "key=value"))
  var metadata: [String] = []

  @Option(
    help: ArgumentHelp(
      "Take only files that match, in the manner of .gitignore. May be given several times.",
      valueName: "pattern"))
  var include: [String] = []

  @Option(
    help: ArgumentHelp(
      "Leave out what matches, in the manner of .gitignore. May be given several times.",
      valueName: "pattern"))
  var exclude: [String] = []

  @Flag(help: "Take hidden files and folders too.")
  var hidden = false

  @Flag(help: "Follow symbolic links.")
  var followLinks = false

  @Flag(help: "Stay on the file system of each path.")
  var oneFileSystem = false

  @Flag(help: "Keep documents whose files are gone.")
  var noPrune = false

  @Option(
    help: ArgumentHelp(
      "Delete nothing below a path where more of its documents than this are gone at once.",
      valueName: "share"))
  var maxDelete = Share(value: IngestOptions().maximumDeletion)

  @Flag(help: "Try files again that failed and have not changed.")
  var retryFailed = false

  @Option(
    help: ArgumentHelp("Refuse files above this size: bytes, or with K, M or G.", valueName: "size")
  )
  var maxFileSize = ByteCount(bytes: IngestOptions().maximumFileSize)

  @Option(help: ArgumentHelp("The scheduling priority, 0 to 19; 19 is the lowest.", valueName: "n"))
  var nice = 10

  @OptionGroup var waiting: WaitOption

  @OptionGroup var shared: SharedOptions

  func validate() throws {
    guard (0...19).contains(nice) else {
      throw ValidationError("The priority has to be from 0 to 19, and is \(nice).")
    }
    guard !(watch && dryRun) else {
      throw ValidationError("--watch and --dry-run do not go together.")
    }
  }

  func answer(on console: Console) async throws(HarkError) -> Answer {
    // A mistyped path must not leave an empty store behind.
    if let missing = path.first(where: { !FileManager.default.fileExists(atPath: $0) }) {
      throw HarkError(.pathMissing, "\(missing) does not exist: check the path's spelling")
    }
    let options = try options()
    if dryRun { return try await plan(options) }
    ProcessPriority.lower(to: nice)
    let engine = try await Engine(store: shared.store, model: shared.model)
    let display = shared.quiet ? nil : ProgressDisplay(on: console)
    defer { display?.finish() }
    let (path, watch) = (path, watch)
    let report = try await Interrupt.cancels { () async throws(HarkError) in
      guard watch else {
        return try await engine.ingest(path, options: options) { display?.update($0) }
      }
      return try await engine.watch(path, options: options) {
        display?.update($0)
      } onReport: {
        display?.finish()
        try? tell($0)
      }
    }
    return try account(report)
  }

  /// What the command line asks for.
  private func options() throws(HarkError) -> IngestOptions {
    IngestOptions(
      collection: collection.name, waitForOtherWriter: waiting.wait || watch,
      maximumFileSize: maxFileSize.bytes,
      scan: ScanOptions(
        include: include, exclude: exclude, hidden: hidden, followLinks: followLinks,
        oneFileSystem: oneFileSystem),
      prunes: !noPrune, maximumDeletion: maxDelete.value, retriesFailures: retryFailed,
      metadata: metadata.isEmpty ? nil : try DocumentMetadata(assignments: metadata))
  }

  /// What would be done, also where there is no store yet.
  private func plan(_ options: IngestOptions) async throws(HarkError) -> Answer {
    var plan: IngestPlan
    do throws(HarkError) {
      let engine = try await Engine(store: shared.store, model: shared.model, access: .existing)
      plan = try await engine.plan(path, options: options)
    } catch  where error.code == .storeMissing {
      let folder = FileManager.default.temporaryDirectory.appending(path: "hark-plan-\(UUID())")
      defer { try? FileManager.default.removeItem(at: folder) }
      plan = try await Engine(store: folder.path).plan(path, options: options)
    }
    if shared.json { return try Answer(json: plan) }
    return Answer(IngestAccount.text(of: plan, listsSteps: !shared.quiet))
  }

  /// Prints the account of one round of `--watch`.
  private func tell(_ report: IngestReport) throws {
    let answer = try account(report)
    try StandardStream.output.write(answer.output)
    try StandardStream.error.write(answer.errors)
  }

  private func account(_ report: IngestReport) throws(HarkError) -> Answer {
    let status: ExitStatus = report.isComplete ? .success : .partial
    if shared.json { return try Answer(json: report, status: status) }
    guard shared.quiet else {
      return Answer(IngestAccount(report: report).text, status: status)
    }
    let failures = report.failures + report.refusals
    return Answer(
      errors: failures.isEmpty ? "" : FailureList(failures: failures).text, status: status)
  }
}
