import ArgumentParser
import Hark

/// `hark eval`: measures the ranking on judged queries.
struct EvalCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Measure the ranking on a set of judged queries.",
    discussion: """
      The set is a folder in BEIR's layout: corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv. With \
      --documents the corpus is a folder of files instead, and judgements name files by their path \
      in it. The corpus is read into a temporary store, or into the one that --store names, for \
      the next run to use again; that one must hold nothing else.

      Measures are those of trec_eval: nDCG with linear gain, recall over all relevant documents, \
      MAP over the 100 documents that are ranked. Each mean has an interval of 95 % (bootstrap over \
      the queries). Queries without relevant documents are left out. --against compares with what \
      an earlier run printed with --json, by a randomisation test for pairs. --fail-below ends with \
      code 5 where a mean is below its bound. --tune fits --vector-weight of hark search on a random \
      half of at least 8 queries, tries it on the other half and says whether to use it; all other \
      figures stay those of the default weight. Measures: ndcg_at_10, recall_at_10, recall_at_100, \
      mrr_at_10, map, success_at_1, success_at_3.

      EXAMPLES
        hark eval ~/beir/scifact
        hark eval ~/beir/scifact --mode text --json > text.json
        hark eval ~/beir/scifact --against text.json --per-query
        hark eval ~/beir/scifact --fail-below ndcg_at_10=0.6 --fail-below map=0.5
        hark eval corpora/handbook/questions --documents corpora/handbook/documents
        hark eval ~/feedback --tune
      """)

  @Argument(help: "The folder of the set.", completion: .directory)
  var folder: String

  @Option(
    help: ArgumentHelp("Files that are the corpus, instead of corpus.jsonl.", valueName: "folder"),
    completion: .directory)
  var documents: String?

  @Option(help: "How hits are ranked: by meaning and words, by meaning, or by words.")
  var mode = SearchMode.hybrid

  @Option(help: "The judgements to use: the name of a file in qrels, without .tsv.")
  var split = "test"

  @Option(
    help: ArgumentHelp(
      "Compare with an earlier run: what it printed with --json.", valueName: "run.json"),
    completion: .file(extensions: ["json"]))
  var against: String?

  @Option(
    help: ArgumentHelp(
      "End with code 5 where a mean is below a bound. May be given several times.",
      valueName: "measure=value"), transform: MeasureBound.init(argument:))
  var failBelow: [MeasureBound] = []

  @Flag(help: "Fit the weight of meaning on half of the queries, and try it on the rest.")
  var tune = false

  @Flag(help: "Print the measures of each query, too. --json always has them.")
  var perQuery = false

  @OptionGroup var shared: SharedOptions

  func validate() throws {
    guard !tune || mode == .hybrid else {
      throw ValidationError(
        "--tune fits a weight that --mode \(mode.rawValue) does not have: leave out one of them.")
    }
  }

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let evaluation = Evaluation(
      folder: folder, documents: documents, mode: mode, split: split, store: shared.store,
      model: shared.model,
      earlier: try against.map { path throws(HarkError) in try EvaluationRun(contentsOf: path) },
      tunes: tune)
    let display = shared.quiet ? nil : ProgressDisplay(on: console)
    defer { display?.finish() }
    let report = try await evaluation.run { display?.update($0) }
    let checks = failBelow.map { MeasureCheck($0, report) }
    let failed = checks.filter { !$0.passed }
    let status: ExitStatus =
      !failed.isEmpty ? .belowBound : report.failures.isEmpty ? .success : .partial
    if shared.json {
      return try Answer(json: CheckedReport(report: report, checks: checks), status: status)
    }
    var errors = report.warnings.map { "hark: warning: \(DisplayText.line($0))\n" }.joined()
    if !report.failures.isEmpty { errors += FailureList(failures: report.failures).text }
    errors += failed.map { "hark: \($0.message)\n" }.joined()
    return Answer(
      EvaluationRendering(report: report, showsQueries: perQuery).text, errors: errors,
      status: status)
  }
}

/// A report with what `--fail-below` found, where it was given.
private struct CheckedReport: Encodable {
  let report: EvaluationReport
  let checks: [MeasureCheck]

  enum CodingKeys: String, CodingKey { case checks }

  func encode(to encoder: any Encoder) throws {
    try report.encode(to: encoder)
    guard !checks.isEmpty else { return }
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(checks, forKey: .checks)
  }
}
