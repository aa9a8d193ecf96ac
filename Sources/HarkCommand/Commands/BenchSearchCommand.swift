import ArgumentParser
import Hark

/// `hark bench search`.
struct BenchSearchCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "search",
    abstract: "Measure how long searches take, end to end and by stage.",
    discussion: """
      Asks queries one after another, as a program that uses the library does, and tells the mean \
      and percentiles of their times: all of it, and its stages. Modes take turns round by round; \
      the first round warms up and does not count. The queries are a line each: a .txt file, or a \
      .jsonl file with a JSON string a line or an object with a string 'text', such as the \
      queries.jsonl of a judged set. Without --queries, 100 headings and beginnings of passages \
      are asked, spread over the store, the same in every run.

      --synthetic makes a store of that many chunks first: generated words, English and Korean, as \
      rare as those of real text, with vectors spun from hashes. Nothing is embedded then, neither \
      chunks nor queries. With --store that store is kept, and measured again without --synthetic.

      EXAMPLES
        hark bench search --store indexes/handbook
        hark bench search --queries queries.txt --mode hybrid --rounds 9 --json
        hark bench search --synthetic 100000
        hark bench search --path ~/handbook/travel
      """)

  @Option(
    help: ArgumentHelp(
      "The queries: a .txt or .jsonl file. (default: a sample of the store)", valueName: "file"),
    completion: .file(extensions: ["txt", "jsonl"]))
  var queries: String?

  @Option(
    help: "A mode to measure. May be given several times. (default: all)")
  var mode: [SearchMode] = []

  @Option(name: [.customShort("k"), .long], help: "The greatest number of hits, 1 to 1000.")
  var limit = SearchOptions().limit

  @Option(help: "How many times all queries are asked in each mode.")
  var rounds = 3

  @Option(help: "How many rounds come before that and do not count.")
  var warmUp = 1

  @Option(
    help: ArgumentHelp(
      "Make a store of so many chunks of generated text and measure that.", valueName: "chunks"))
  var synthetic: Int?

  @Option(
    help: ArgumentHelp(
      "Where a generated store without --store is made. (default: the system's folder of temporary "
        + "files)",
      valueName: "folder"), completion: .directory)
  var scratch: String?

  @OptionGroup var filter: FilterOptions

  @OptionGroup var collection: CollectionOption

  @OptionGroup var shared: SharedOptions

  func answer(on console: Console) async throws(HarkError) -> Answer {
    var benchmark = SearchBenchmark(
      store: shared.store, model: shared.model, collection: collection.name,
      syntheticChunks: synthetic, scratch: scratch, filter: try filter.searchFilter(),
      limit: limit, rounds: rounds, warmUpRounds: warmUp)
    if !mode.isEmpty { benchmark.modes = mode }
    if let queries { benchmark.queries = .texts(try TextLines(path: queries).texts) }
    let display = shared.quiet ? nil : ProgressDisplay(on: console)
    defer { display?.finish() }
    let measured = try await benchmark.run { display?.update($0) }
    if shared.json { return try Answer(json: measured) }
    return Answer(SearchMeasurementRendering(measurement: measured).text)
  }
}
