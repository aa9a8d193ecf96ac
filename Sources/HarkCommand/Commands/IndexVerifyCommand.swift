import ArgumentParser
import Hark

/// `hark index verify`.
struct IndexVerifyCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check the index against its checksums and the catalog.",
    discussion: """
      Reads every segment whole, checks each block's checksum and the structure, and compares \
      the vectors with the catalog. Ends with code 1 when something is wrong; the remedy is \
      'hark index rebuild'.

      EXAMPLES
        hark index verify
        hark index verify --quiet || hark index rebuild
      """)

  @OptionGroup var collection: CollectionOption

  @OptionGroup var shared: SharedOptions

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let engine = try await Engine(store: shared.store, model: shared.model, access: .existing)
    let verification = try await engine.verifyIndex(of: collection.name)
    let status: ExitStatus = verification.problems.isEmpty ? .success : .failure
    if shared.json { return try Answer(json: verification, status: status) }
    return Answer(
      IndexRendering.text(of: verification, isQuiet: shared.quiet), status: status)
  }
}
