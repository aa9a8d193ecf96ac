import ArgumentParser
import Hark

/// `hark verify`: checks a whole store, and mends it.
struct VerifyCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check the whole store, and mend what can be mended.",
    discussion: """
      Holds documents, chunks, positions, full text, vectors and segments against each other, and \
      the files with --files. Ends with code 1 when something is wrong and still is at the end. \
      --repair cuts and embeds chunks anew from the document's text, and makes full text and \
      segments anew from the chunks; files are never touched.

      EXAMPLES
        hark verify
        hark verify --files --json | jq .problems
        hark verify --repair
      """)

  @Flag(help: "Compare the files with what was read of them, too.")
  var files = false

  @Flag(help: "Mend what can be mended.")
  var repair = false

  @OptionGroup var waiting: WaitOption
  @OptionGroup var shared: SharedOptions

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let engine = try await Engine(store: shared.store, model: shared.model, access: .existing)
    let found = try await engine.verify(
      comparesFiles: files, repairs: repair, waitForOtherWriter: waiting.wait)
    let status: ExitStatus = found.problems.isEmpty ? .success : .failure
    if shared.json { return try Answer(json: found, status: status) }
    return Answer(
      MaintenanceRendering.text(of: found, isQuiet: shared.quiet), status: status)
  }
}

/// `hark compact`: gives back the room of what was deleted.
struct CompactCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "compact",
    abstract: "Give back the room of what was deleted.",
    discussion: """
      Builds segments without deleted vectors, merges the full text so that deleted words leave \
      it, and shrinks the catalog. Needs as much free room as the catalog has; searches go on \
      meanwhile.

      EXAMPLES
        hark compact
        hark compact --wait --quiet
      """)

  @OptionGroup var waiting: WaitOption
  @OptionGroup var shared: SharedOptions

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let engine = try await Engine(store: shared.store, model: shared.model, access: .existing)
    let done = try await engine.compact(waitForOtherWriter: waiting.wait)
    if shared.json { return try Answer(json: done) }
    return Answer(
      shared.quiet
        ? ""
        : "The store had \(Quantity.bytes(done.bytesBefore)) and has "
          + "\(Quantity.bytes(done.bytesAfter)) now.\n")
  }
}

/// `hark stats`: the store in numbers.
struct StatsCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "stats",
    abstract: "Show what the store holds, in numbers.",
    discussion: """
      EXAMPLES
        hark stats
        hark stats --json | jq '.collections[] | {name, documents, chunks}'
      """)

  @OptionGroup var shared: SharedOptions

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let engine = try await Engine(store: shared.store, model: shared.model, access: .existing)
    let statistics = try await engine.statistics()
    if shared.json { return try Answer(json: statistics) }
    return Answer(MaintenanceRendering.text(of: statistics))
  }
}
