public import ArgumentParser
public import Hark

extension SearchMode: ExpressibleByArgument {}

/// `hark search`: finds the passages that answer a query.
struct SearchCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "search",
    abstract: "Find the passages that answer a question.",
    discussion: """
      Each hit has its rank, its score (comparable within one result only), the document, the page \
      with the printed label where that differs, the headings above it, and the passage around the \
      words that were found. On a terminal these words are coloured; elsewhere, with NO_COLOR set \
      or TERM=dumb, they stand in «guillemets». A search that finds nothing says so and ends with \
      code 0. --json gives the whole passages, exactly as they stand in the documents.

      EXAMPLES
        hark search 'Who approves a business trip?'
        hark search '출장비는 언제 지급되나요?' --limit 3
        hark search AN-1042 --mode text
        hark search 'travel budget' --path handbook --type pdf --meta year=2024
        hark search 'travel budget' --json | jq -r '.hits[].document.file_path'
      """)

  @Argument(help: "A question or words, in any language that the documents use.")
  var query: String

  @Option(name: [.customShort("k"), .long], help: "The greatest number of hits, 1 to 1000.")
  var limit = SearchOptions().limit

  @Option(help: "How hits are ranked: by meaning and words, by meaning, or by words.")
  var mode = SearchMode.hybrid

  @OptionGroup var filter: FilterOptions

  @OptionGroup var collection: CollectionOption

  @OptionGroup var shared: SharedOptions

  func validate() throws {
    guard (1...1000).contains(limit) else {
      throw ValidationError("The limit has to be from 1 to 1000, and is \(limit).")
    }
    guard query.contains(where: { !$0.isWhitespace }) else {
      throw ValidationError("The query is empty.")
    }
  }

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let filter = try filter.searchFilter()
    let engine = try await Engine(store: shared.store, model: shared.model, access: .existing)
    let result = try await engine.search(
      query,
      options: SearchOptions(
        limit: limit, mode: mode, collection: collection.name, filter: filter))
    if shared.json { return try Answer(json: result) }
    return Answer(
      SearchRendering(result: result, screen: console.output, isQuiet: shared.quiet).text)
  }
}
