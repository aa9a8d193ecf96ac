import ArgumentParser

/// `hark documents`: what the store holds.
struct DocumentsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "documents",
    abstract: "List, show and delete the documents of the store.",
    discussion: """
      EXAMPLES
        hark documents list
        hark documents show 12
        hark documents delete 12 13
      """,
    subcommands: [
      DocumentsListCommand.self, DocumentsShowCommand.self, DocumentsDeleteCommand.self,
    ])
}
