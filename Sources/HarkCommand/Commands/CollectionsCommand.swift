import ArgumentParser
import Hark

/// `hark collections`: sets of documents with a model and a chunker each.
struct CollectionsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "collections",
    abstract: "Create, list, show, re-embed and delete collections.",
    discussion: """
      A collection has its own model, chunk size, documents and index. The collection 'default' is \
      there from the beginning.

      EXAMPLES
        hark collections create support --chunk-tokens 120
        hark ingest manuals --collection support
        hark collections list
      """,
    subcommands: [
      CollectionsCreateCommand.self, CollectionsListCommand.self, CollectionsShowCommand.self,
      CollectionsReembedCommand.self, CollectionsDeleteCommand.self,
    ])
}

/// `hark collections create`.
struct CollectionsCreateCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Make an empty collection.",
    discussion: """
      Its model is the one named by --model, else the default model; it is bound to it by its \
      first ingest.

      EXAMPLES
        hark collections create support
        hark collections create reports --model models/multilingual --chunk-tokens 120
      """)

  @Argument(help: "The name: up to 64 letters, digits, _, - and .")
  var name: String

  @Option(help: "What the collection is for.")
  var description: String?

  @Option(help: "The tokens that a chunk is filled up to, 16 to 8192.")
  var chunkTokens = CollectionSettings(name: "").chunkTokens

  @Option(help: "The sentences that a chunk repeats of the one before it, 0 to 8.")
  var chunkOverlap = CollectionSettings(name: "").chunkOverlap

  @OptionGroup var waiting: WaitOption
  @OptionGroup var shared: SharedOptions

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let engine = try await Engine(store: shared.store, model: shared.model)
    let collection = try await engine.createCollection(
      CollectionSettings(
        name: name, description: description, model: shared.model, chunkTokens: chunkTokens,
        chunkOverlap: chunkOverlap), waitForOtherWriter: waiting.wait)
    if shared.json { return try Answer(json: collection) }
    return Answer(shared.quiet ? "" : "Created the collection \(name).\n")
  }
}

/// `hark collections list`.
struct CollectionsListCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List all collections.",
    discussion: """
      EXAMPLES
        hark collections list
        hark collections list --json | jq -r '.collections[].name'
      """)

  @OptionGroup var shared: SharedOptions

  /// The JSON form of the list.
  struct List: Encodable {
    let collections: [CollectionRecord]
  }

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let engine = try await Engine(store: shared.store, model: shared.model, access: .existing)
    let collections = try await engine.collections()
    if shared.json { return try Answer(json: List(collections: collections)) }
    return Answer(CollectionRendering.table(of: collections, isQuiet: shared.quiet))
  }
}

/// `hark collections show`.
struct CollectionsShowCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show a collection: model, chunker, documents.",
    discussion: """
      EXAMPLES
        hark collections show default
        hark collections show support --json | jq .model
      """)

  @Argument(help: "The collection's name.")
  var name: String

  @OptionGroup var shared: SharedOptions

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let engine = try await Engine(store: shared.store, model: shared.model, access: .existing)
    let collection = try await engine.collection(name)
    if shared.json { return try Answer(json: collection) }
    return Answer(CollectionRendering.text(of: collection))
  }
}

/// `hark collections reembed`.
struct CollectionsReembedCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "reembed",
    abstract: "Move a collection to another model, or cut its documents anew.",
    discussion: """
      Works from the text that the store keeps: no file is read. Searches see the old vectors \
      until all new ones are there. Stopped and given again, it goes on where it was. Chunks that \
      are cut as before keep their ids.

      EXAMPLES
        hark collections reembed default --model models/multilingual
        hark collections reembed support --chunk-tokens 120
      """)

  @Argument(help: "The collection's name.")
  var name: String

  @Option(help: "The tokens that a chunk is filled up to, 16 to 8192. (default: as it is)")
  var chunkTokens: Int?

  @Option(
    help: "The sentences that a chunk repeats of the one before it, 0 to 8. (default: as it is)")
  var chunkOverlap: Int?

  @OptionGroup var waiting: WaitOption
  @OptionGroup var shared: SharedOptions

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let engine = try await Engine(store: shared.store, access: .existing)
    let display = shared.quiet ? nil : ProgressDisplay(on: console)
    defer { display?.finish() }
    let command = self
    let status = try await Interrupt.cancels { () async throws(HarkError) in
      try await engine.reembed(
        command.name, model: command.shared.model, chunkTokens: command.chunkTokens,
        chunkOverlap: command.chunkOverlap, waitForOtherWriter: command.waiting.wait
      ) { display?.update($0) }
    }
    if shared.json { return try Answer(json: status) }
    return Answer(shared.quiet ? "" : IndexRendering.text(of: status, store: engine.storePath))
  }
}

/// `hark collections delete`.
struct CollectionsDeleteCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "delete",
    abstract: "Delete a collection with its documents, vectors and files.",
    discussion: """
      Asks first on a terminal; without one, --yes is needed. The files that were ingested are not \
      touched. The default collection is empty afterwards, and still there.

      EXAMPLES
        hark collections delete support
        hark collections delete support --yes --json
      """)

  @Argument(help: "The collection's name.")
  var name: String

  @Flag(name: .shortAndLong, help: "Do not ask.")
  var yes = false

  @OptionGroup var waiting: WaitOption
  @OptionGroup var shared: SharedOptions

  func validate() throws {
    guard yes || Console.current.canAsk else {
      throw ValidationError("There is no terminal to ask on: pass --yes to delete without asking.")
    }
  }

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let engine = try await Engine(store: shared.store, model: shared.model, access: .existing)
    let collection = try await engine.collection(name)
    let holds = CollectionRendering.holdings(of: collection)
    guard yes || Console.confirms("Delete the collection \(name), \(holds)? [y/N] ") else {
      return Answer(shared.quiet ? "" : "Nothing was deleted.\n")
    }
    let deleted = try await engine.deleteCollection(name, waitForOtherWriter: waiting.wait)
    if shared.json { return try Answer(json: deleted) }
    return Answer(shared.quiet ? "" : "Deleted the collection \(name), \(holds).\n")
  }
}
