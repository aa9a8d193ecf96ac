public import ArgumentParser
public import Hark

/// `hark bench embed`.
struct BenchEmbedCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "embed",
    abstract: "Measure the embedding model on texts of your own.",
    discussion: """
      Times how long the model takes to load, to cut all texts into tokens, to compute their \
      vectors, and to give a query of ten tokens its vector: that one on one thread, 400 times one \
      after another. Tokens are those that the model reads; none are padding. The texts are a line \
      each: a .txt file, or a .jsonl file with a JSON string a line or an object with a string \
      'text'. Without --texts, 64 English texts from a sentence to a page are embedded.

      EXAMPLES
        hark bench embed
        hark bench embed --texts chunks.jsonl --threads 1
        hark bench embed --texts chunks.jsonl --rounds 5 --json
      """)

  @Option(
    help: ArgumentHelp(
      "The texts: a .txt or .jsonl file. (default: texts of Hark's own)", valueName: "file"),
    completion: .file(extensions: ["txt", "jsonl"]))
  var texts: String?

  @Option(
    help: ArgumentHelp(
      "The threads that work on the texts. (default: all cores)", valueName: "threads"))
  var threads: Int?

  @Option(
    help: "The precision of the model's products. (default: what the processor is best at)")
  var precision: EmbeddingBenchmark.Precision?

  @Option(help: "How many times all texts are embedded; the median counts.")
  var rounds = 3

  @OptionGroup var shared: SharedOptions

  func answer(on console: Console) async throws(HarkError) -> Answer {
    var benchmark = EmbeddingBenchmark(
      model: shared.model, threads: threads, precision: precision, rounds: rounds)
    if let texts { benchmark.texts = try TextLines(path: texts).texts }
    let result = try await benchmark.run()
    if shared.json { return try Answer(json: result) }
    return Answer(EmbeddingBenchmarkRendering(result: result).text)
  }
}

extension EmbeddingBenchmark.Precision: ExpressibleByArgument {}
