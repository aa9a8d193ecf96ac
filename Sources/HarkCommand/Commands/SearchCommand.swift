public import ArgumentParser
public import Hark

extension SearchMode: ExpressibleByArgument {}

/// `hark search`: finds the passages that answer a query.
struct SearchCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "search",
    abstract: "Find the passages that answer a question.",
    discussion: """
      Each hit has its rank, its score (at most 1), the document, the page \
      with the printed label where that differs, the headings above it, and the passage around the \
      words that were found. On a terminal these words are coloured; elsewhere, with NO_COLOR set \
      or TERM=dumb, they stand in «guillemets». A search that finds nothing says so and ends with \
      code 0. --json gives the whole passages, exactly as they stand in the documents.

      A phrase in "quotation marks" must stand in a passage as it is, -word must not stand in it, \
      and word* is the beginning of words. docs/retrieval.md tells how hits are ranked.

      EXAMPLES
        hark search 'Who approves a business trip?'
        hark search '출장비는 언제 지급되나요?' --limit 3
        hark search AN-1042 --mode text
        hark search '"parental leave" -draft' --explain
        hark search 'travel budget' --path handbook --type pdf --meta year=2024
        hark search 'travel budget' --json | jq -r '.hits[].document.file_path'
      """)

  @Argument(help: "A question or words, in any language that the documents use.")
  var query: String

  @Option(name: [.customShort("k"), .long], help: "The greatest number of hits, 1 to 1000.")
  var limit = SearchOptions().limit

  @OptionGroup var ranking: RankingOptions

  @Flag(help: "Show how the query was understood and what each score is made of.")
  var explain = false

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
        limit: limit, mode: ranking.mode, collection: collection.name, filter: filter,
        minimumScore: ranking.minScore, vectorWeight: ranking.vectorWeight,
        diversity: ranking.diversity, explains: explain))
    if shared.json { return try Answer(json: result) }
    return Answer(
      SearchRendering(result: result, screen: console.output, isQuiet: shared.quiet).text)
  }
}
