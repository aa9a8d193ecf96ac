import ArgumentParser
import Hark

/// `hark index info`.
struct IndexInfoCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "info",
    abstract: "Show the index: model, segments, and what is not in them yet.",
    discussion: """
      The tail counts chunks that are newer than the newest segment and searched one by one; \
      masked chunks are deleted, and still lie in a segment until it is merged.

      EXAMPLES
        hark index info
        hark index info --json | jq .segments
      """)

  @OptionGroup var collection: CollectionOption

  @OptionGroup var shared: SharedOptions

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let engine = try await Engine(store: shared.store, model: shared.model, access: .existing)
    let status = try await engine.indexStatus(of: collection.name)
    if shared.json { return try Answer(json: status) }
    return Answer(IndexRendering.text(of: status, store: engine.storePath))
  }
}
