import ArgumentParser

/// `hark index`: the vector index of the store.
struct IndexCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "index",
    abstract: "Inspect, check and rebuild the vector index; make index files of vectors.",
    discussion: """
      The index is derived: whatever happens to its files, 'hark index rebuild' makes them anew \
      from the catalog.

      EXAMPLES
        hark index info
        hark index verify
        hark index rebuild
        hark index create vectors.hark --base vectors.npy
      """,
    subcommands: [
      IndexInfoCommand.self, IndexVerifyCommand.self, IndexRebuildCommand.self,
      IndexCreateCommand.self, IndexSearchCommand.self,
    ])
}
