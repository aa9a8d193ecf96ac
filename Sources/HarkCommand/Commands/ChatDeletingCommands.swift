import ArgumentParser
import Hark

/// `hark chat delete`.
struct ChatDeleteCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "delete",
    abstract: "Delete turns with their feedback, down to the bytes of the files.",
    discussion: """
      Asks first on a terminal; without one, --yes is needed. --user deletes the user's turns in \
      all conversations, and the user's feedback on other turns.

      EXAMPLES
        hark chat delete --user minji
        hark chat delete --older-than 90 --yes
      """)

  @OptionGroup var scope: ChatScopeOptions

  @Flag(name: .shortAndLong, help: "Do not ask.")
  var yes = false

  @OptionGroup var shared: SharedOptions

  /// The JSON form of what was done.
  struct Deletion: Encodable {
    let turns: Int
  }

  func validate() throws {
    guard scope.scope != nil else {
      throw ValidationError("Give one of --session, --user and --older-than.")
    }
    guard yes || Console.current.canAsk else {
      throw ValidationError("There is no terminal to ask on: pass --yes to delete without asking.")
    }
  }

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let engine = try await Engine(store: shared.store, model: shared.model, access: .existing)
    let isWanted = yes || Console.confirms("Delete these turns for good? [y/N] ")
    guard let scope = scope.scope, isWanted else {
      if shared.json { return try Answer(json: Deletion(turns: 0)) }
      return Answer(shared.quiet ? "" : "Nothing was deleted.\n")
    }
    let count = try await engine.chat.delete(scope)
    if shared.json { return try Answer(json: Deletion(turns: count)) }
    return Answer(shared.quiet ? "" : "Deleted \(Quantity.count(count, "turn")).\n")
  }
}

/// `hark chat redact`.
struct ChatRedactCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "redact",
    abstract: "Remove the copies of documents' passages from all turns.",
    discussion: """
      For documents that must vanish altogether: delete them with `hark documents delete`, and \
      their copies in the chat log with this. Ids, offsets and hashes stay. Answers are not \
      touched, although they may quote.

      EXAMPLES
        hark chat redact --document 12 --document 13
      """)

  @Option(help: ArgumentHelp("A document's id; may be given often.", valueName: "id"))
  var document: [Int64]

  @OptionGroup var shared: SharedOptions

  /// The JSON form of what was done.
  struct Redaction: Encodable {
    let turns: Int
  }

  func validate() throws {
    guard !document.isEmpty else { throw ValidationError("Give --document at least once.") }
  }

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let engine = try await Engine(store: shared.store, model: shared.model, access: .existing)
    let count = try await engine.chat.redact(documents: document)
    if shared.json { return try Answer(json: Redaction(turns: count)) }
    return Answer(shared.quiet ? "" : "Redacted \(Quantity.count(count, "turn")).\n")
  }
}
