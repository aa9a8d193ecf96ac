import ArgumentParser
import Foundation
import Hark
import VectorIndex

/// `hark bench index`.
struct BenchIndexCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "index",
    abstract: "Measure the vector index on vectors of your own.",
    discussion: """
      Builds an index of the base vectors, publishes and maps it, and searches for each query: \
      one after another through the public call. For each recall it finds the cheapest effort \
      that reaches it, then times that. Vectors are NumPy arrays (.npy) of float32 or float16, or \
      .fvecs; truth holds the numbers of the nearest vectors of each query as integers (.npy or \
      .ivecs), and is computed by an exact search where none is given.

      EXAMPLES
        hark bench index --base base.npy --queries queries.npy --truth truth.npy --metric cosine
        hark bench index --base base.npy --queries queries.npy --metric l2 --profile compact --json
        hark bench index --base b.fvecs --queries q.fvecs --truth t.ivecs --metric l2 --effort 40,80
      """)

  @OptionGroup var vectors: VectorOptions

  @Option(
    help: ArgumentHelp("The vectors to search for.", valueName: "file"), completion: .file())
  var queries: String

  @Option(
    help: ArgumentHelp(
      "The numbers of the nearest vectors of each query. (default: computed)", valueName: "file"),
    completion: .file())
  var truth: String?

  @Option(
    name: [.customShort("k"), .long], help: "How many nearest vectors are searched for.")
  var k = 10

  @Option(help: "The threads that search; one alone is always measured, too.")
  var threads = 1

  @Option(
    help: ArgumentHelp(
      "Shares of the nearest to be found. (default: 0.90,0.95,0.99)", valueName: "shares"))
  var recall: NumberList?

  @Option(
    help: ArgumentHelp("Efforts to measure, instead of recalls.", valueName: "efforts"))
  var effort: NumberList?

  @Option(
    help: ArgumentHelp("Let only this share of the vectors be found.", valueName: "share"))
  var filter: Double?

  @Flag(help: "Drop the index from the system's cache before each measurement.")
  var cold = false

  @Flag(help: "Measure an exact search for all queries at once, too.")
  var exact = false

  @Option(
    help: ArgumentHelp(
      "Where the index is made. (default: the system's folder of temporary files)",
      valueName: "folder"), completion: .directory)
  var scratch: String?

  @OptionGroup var shared: SharedOptions

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let efforts = effort?.values.map { Int($0) } ?? []
    let settings = IndexBenchmark.Settings(
      base: vectors.base, queries: queries, truth: truth, metric: vectors.metric,
      options: vectors.options, k: k,
      recalls: recall?.values ?? (effort == nil ? [0.90, 0.95, 0.99] : []), efforts: efforts,
      filter: filter, isCold: cold, searchThreads: threads, isExact: exact)
    let folder = scratch ?? FileManager.default.temporaryDirectory.path
    let path = "\(folder)/hark-bench-\(ProcessInfo.processInfo.processIdentifier).hark"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let result: IndexBenchmark.Result
    do { result = try IndexBenchmark.run(settings, at: path) } catch {
      throw HarkError(wrapping: error)
    }
    if shared.json { return try Answer(json: result) }
    return Answer(IndexBenchmarkRendering(result: result).text)
  }
}

/// Numbers with commas between them, as `0.90,0.95`.
struct NumberList: ExpressibleByArgument {
  let values: [Double]

  init?(argument: String) {
    let values = argument.split(separator: ",", omittingEmptySubsequences: false).map {
      Double($0.trimmingCharacters(in: .whitespaces))
    }
    guard !values.isEmpty, values.allSatisfy({ ($0 ?? -1) > 0 && ($0 ?? 0) < 1e9 }) else {
      return nil
    }
    self.values = values.compactMap(\.self)
  }
}
