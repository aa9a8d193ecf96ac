import ArgumentParser
import Hark

/// `hark context`: finds passages for a language model.
struct ContextCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "context",
    abstract: "Find passages for a language model, as one text with numbered citations.",
    discussion: """
      Takes the best hits while they fit into the budget, joins those that are neighbours, and \
      prints each passage below a line with its number, its document, its page and its headings. \
      --json tells what each number stands for.

      EXAMPLES
        hark context 'Who approves a business trip?'
        hark context 'Who approves a business trip?' --budget 500 --json | jq -r '.text'
      """)

  @Argument(help: "A question or words, in any language that the documents use.")
  var query: String

  @Option(
    help: ArgumentHelp(
      "How many tokens the text may have, as the embedding model counts them.",
      valueName: "tokens"))
  var budget = 2_000

  @Option(name: [.customShort("k"), .long], help: "The hits that are considered, 1 to 1000.")
  var limit = 20

  @OptionGroup var ranking: RankingOptions

  @OptionGroup var filter: FilterOptions

  @OptionGroup var collection: CollectionOption

  @OptionGroup var shared: SharedOptions

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let filter = try filter.searchFilter()
    let engine = try await Engine(store: shared.store, model: shared.model, access: .existing)
    let context = try await engine.context(
      for: query, budget: budget,
      options: SearchOptions(
        limit: limit, mode: ranking.mode, collection: collection.name, filter: filter,
        minimumScore: ranking.minScore, vectorWeight: ranking.vectorWeight,
        diversity: ranking.diversity))
    if shared.json { return try Answer(json: context) }
    return Answer(
      context.text.isEmpty ? "" : DisplayText.paragraphs(context.text) + "\n",
      errors: shared.quiet ? "" : Self.account(of: context))
  }

  private static func account(of context: SearchContext) -> String {
    let omitted = context.omitted == 0 ? "" : ", \(context.omitted) hits left out for want of room"
    return "hark: \(context.tokens) of \(context.budgetTokens) tokens\(omitted)\n"
  }
}
