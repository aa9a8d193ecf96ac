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
      the next run to use again; that one must hold nothing else. Measures are those of \
      trec_eval: nDCG with linear gain, and recall over all relevant documents.

      EXAMPLES
        hark eval ~/beir/scifact
        hark eval ~/beir/scifact --mode text --json
        hark eval corpora/handbook/questions --documents corpora/handbook/documents
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

  @OptionGroup var shared: SharedOptions

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let display = shared.quiet ? nil : ProgressDisplay(on: console)
    defer { display?.finish() }
    let report = try await Evaluation.run(
      folder: folder, documents: documents, mode: mode, split: split, store: shared.store,
      model: shared.model, progress: { display?.update($0) })
    let status: ExitStatus = report.failures.isEmpty ? .success : .partial
    if shared.json { return try Answer(json: report, status: status) }
    let failures = report.failures
    return Answer(
      EvaluationRendering(report: report).text,
      errors: failures.isEmpty ? "" : FailureList(failures: failures).text, status: status)
  }
}
