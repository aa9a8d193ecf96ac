import ArgumentParser

/// `hark index`: the vector index of the store.
struct IndexCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "index",
    abstract: "Inspect, check and rebuild the vector index.",
    discussion: """
      The index is derived: whatever happens to its files, 'hark index rebuild' makes them anew \
      from the catalog.

      EXAMPLES
        hark index info
        hark index verify
        hark index rebuild
      """,
    subcommands: [IndexInfoCommand.self, IndexVerifyCommand.self, IndexRebuildCommand.self])
}
