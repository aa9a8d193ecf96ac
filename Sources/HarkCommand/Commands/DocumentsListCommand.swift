import ArgumentParser
import Hark

/// `hark documents list`.
struct DocumentsListCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List all documents with their ids.",
    discussion: """
      A line a document, in the order of ids. An id is never used again for another document.

      EXAMPLES
        hark documents list
        hark documents list --collection support
        hark documents list --json | jq -r '.documents[] | [.id, .file_path] | @tsv'
      """)

  @Option(
    name: [.customShort("c"), .long],
    help: ArgumentHelp("Only the documents of this collection. (default: all)", valueName: "name"))
  var collection: String?

  @OptionGroup var shared: SharedOptions

  /// The JSON form of the list.
  struct List: Encodable {
    let documents: [DocumentRecord]
  }

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let engine = try await Engine(store: shared.store, model: shared.model, access: .existing)
    let documents = try await engine.documents(in: collection)
    if shared.json { return try Answer(json: List(documents: documents)) }
    return Answer(DocumentTable(documents: documents, isQuiet: shared.quiet).text)
  }
}
