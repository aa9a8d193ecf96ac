import ArgumentParser
import Hark

/// `hark chat ask`.
struct ChatAskCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "ask",
    abstract: "Search, and log the question with the passages that were found.",
    discussion: """
      The turn is pending until it is answered. With a request key, the same command once more \
      logs nothing and shows the same turn.

      EXAMPLES
        hark chat ask 'Who approves a business trip?' --session s-1 --user minji
        hark chat ask '출장 숙박비는 얼마인가요?' --session s-1 --user minji --json | jq .id
      """)

  @Argument(help: "The question.")
  var question: String

  @Option(help: ArgumentHelp("The conversation.", valueName: "id"))
  var session: String

  @Option(help: ArgumentHelp("Who asks.", valueName: "id"))
  var user: String

  @Option(name: [.customShort("k"), .long], help: "The greatest number of passages, 1 to 1000.")
  var limit = 10

  @OptionGroup var filter: FilterOptions

  @OptionGroup var collection: CollectionOption

  @Option(help: ArgumentHelp("Makes a retry harmless.", valueName: "key"))
  var requestKey: String?

  @OptionGroup var shared: SharedOptions

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let filter = try filter.searchFilter()
    let engine = try await Engine(store: shared.store, model: shared.model, access: .existing)
    let turn = try await engine.chat.ask(
      question, in: session, by: user,
      options: SearchOptions(limit: limit, collection: collection.name, filter: filter),
      requestKey: requestKey)
    if shared.json { return try Answer(json: turn) }
    return Answer(ChatRendering.text(of: turn))
  }
}

/// `hark chat answer`.
struct ChatAnswerCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "answer",
    abstract: "Log the answer to a pending question.",
    discussion: """
      The same answer once more does nothing; another one is refused.

      EXAMPLES
        hark chat answer 7 'The manager approves it [1].'
      """)

  @Argument(help: "The turn's id.")
  var id: Int64

  @Argument(help: "The answer.")
  var response: String

  @OptionGroup var shared: SharedOptions

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let engine = try await Engine(store: shared.store, model: shared.model, access: .existing)
    let turn = try await engine.chat.answer(id, with: response)
    if shared.json { return try Answer(json: turn) }
    return Answer(shared.quiet ? "" : "Turn \(id) is answered.\n")
  }
}
