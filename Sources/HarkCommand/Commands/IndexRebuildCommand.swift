import ArgumentParser
import Hark

/// `hark index rebuild`.
struct IndexRebuildCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "rebuild",
    abstract: "Make the index anew from the catalog.",
    discussion: """
      Builds a new segment from the vectors in the catalog and puts it in the place of the old \
      ones; nothing is embedded again. Searches go on meanwhile, with the old segments.

      EXAMPLES
        hark index rebuild
        hark index rebuild --wait --json
      """)

  @OptionGroup var waiting: WaitOption

  @OptionGroup var collection: CollectionOption

  @OptionGroup var shared: SharedOptions

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let engine = try await Engine(store: shared.store, model: shared.model, access: .existing)
    let status = try await engine.rebuildIndex(
      of: collection.name, waitForOtherWriter: waiting.wait)
    if shared.json { return try Answer(json: status) }
    return Answer(shared.quiet ? "" : IndexRendering.text(of: status, store: engine.storePath))
  }
}
