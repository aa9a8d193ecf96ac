import ArgumentParser
import Hark

/// `hark documents delete`.
struct DocumentsDeleteCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "delete",
    abstract: "Delete documents from the store; their files are not touched.",
    discussion: """
      Asks first on a terminal; without one, --yes is needed. When one of the ids is not in the \
      store, nothing is deleted. A deleted document comes back when its file is ingested again.

      EXAMPLES
        hark documents delete 12 13
        hark documents delete 12 --yes --json
      """)

  @Argument(help: "The ids of the documents.")
  var id: [Int64]

  @Flag(name: .shortAndLong, help: "Do not ask.")
  var yes = false

  @OptionGroup var waiting: WaitOption

  @OptionGroup var shared: SharedOptions

  /// The JSON form of what was done.
  struct Deletion: Encodable {
    let documents: [Int64]
    let chunks: Int
  }

  func validate() throws {
    guard yes || Console.current.canAsk else {
      throw ValidationError("There is no terminal to ask on: pass --yes to delete without asking.")
    }
  }

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let ids = Array(Set(id)).sorted()
    let engine = try await Engine(store: shared.store, model: shared.model, access: .existing)
    let documents = try await engine.documents().filter { ids.contains($0.id) }
    if let missing = ids.first(where: { id in !documents.contains { $0.id == id } }) {
      throw HarkError(
        .documentMissing,
        "no document has the id \(missing), so nothing was deleted: `hark documents list` lists all "
          + "ids")
    }
    guard yes || Console.confirms(DocumentsDeleteCommand.question(for: documents)) else {
      if shared.json { return try Answer(json: Deletion(documents: [], chunks: 0)) }
      return Answer(shared.quiet ? "" : "Nothing was deleted.\n")
    }
    let chunks = try await engine.deleteDocuments(ids, waitForOtherWriter: waiting.wait)
    if shared.json { return try Answer(json: Deletion(documents: ids, chunks: chunks)) }
    let done = Quantity.count(ids.count, "document")
    return Answer(shared.quiet ? "" : "Deleted \(done), \(Quantity.count(chunks, "chunk")).\n")
  }

  /// The question, which names each document.
  static func question(for documents: [DocumentRecord]) -> String {
    let chunks = Quantity.count(documents.reduce(0) { $0 + $1.chunkCount }, "chunk")
    let lines = documents.map { "  \($0.id)  \(DisplayText.line($0.location))\n" }.joined()
    return "\(lines)Delete \(Quantity.count(documents.count, "document")), \(chunks)? [y/N] "
  }
}
