import ArgumentParser
import Hark

/// `hark bench`: measurements.
struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure Hark on this machine, on data of your own.",
    discussion: """
      EXAMPLES
        hark bench ingest ~/handbook
        hark bench ingest ~/handbook --stub --json
        hark bench index --base base.npy --queries queries.npy --metric cosine
        hark bench embed --texts chunks.jsonl
        hark bench search --store indexes/handbook
      """,
    subcommands: [
      BenchIngestCommand.self, BenchIndexCommand.self, BenchEmbedCommand.self,
      BenchSearchCommand.self,
    ])
}

/// `hark bench ingest`.
struct BenchIngestCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "ingest",
    abstract: "Measure an ingest against what its encoder reaches alone.",
    discussion: """
      Ingests into a store of its own, which is removed afterwards; the time counts from the walk \
      of the folders to the sealed index. --stub spins vectors from the texts' hashes, which shows \
      what everything but embedding costs.

      EXAMPLES
        hark bench ingest ~/handbook
        hark bench ingest ~/handbook --stub --json
      """)

  @Argument(help: "Files and folders to read.", completion: .file())
  var path: [String]

  @Flag(help: "Replace embedding by numbers spun from each text's hash.")
  var stub = false

  @Option(
    help: ArgumentHelp(
      "Where the store is made. (default: the system's folder of temporary files)",
      valueName: "folder"), completion: .directory)
  var scratch: String?

  @OptionGroup var shared: SharedOptions

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let display = shared.quiet ? nil : ProgressDisplay(on: console)
    defer { display?.finish() }
    let measured = try await IngestBenchmark.run(
      path, isStubbed: stub, model: shared.model, folder: scratch
    ) { display?.update($0) }
    if shared.json { return try Answer(json: measured) }
    var fields = [
      ["files", "\(Quantity.grouped(measured.files)), \(measured.failed) failed"],
      ["chunks", "\(Quantity.grouped(measured.chunks)), \(measured.chunksReused) reused"],
      ["time", Quantity.duration(measured.seconds)],
      ["rate", "\(Quantity.decimal(measured.chunksPerSecond, places: 1)) chunks/s"],
      ["again, unchanged", Quantity.duration(measured.secondsAgain)],
      ["memory", "\(Quantity.bytes(measured.peakMemoryBytes)) at most"],
    ]
    if let alone = measured.embeddingChunksPerSecond, let share = measured.shareOfEmbedding {
      fields.insert(
        [
          "encoder alone",
          "\(Quantity.decimal(alone, places: 1)) chunks/s; the ingest reaches "
            + "\(Quantity.decimal(share, places: 2)) of it",
        ], at: 4)
    }
    return Answer(Columns.text(of: fields))
  }
}
