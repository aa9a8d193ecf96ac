import ArgumentParser
import Hark

/// A subcommand of `hark`: it turns its arguments into an ``Answer``, and touches no stream itself
/// beside the progress display.
protocol Subcommand: AsyncParsableCommand {
  /// The options that every subcommand takes.
  var shared: SharedOptions { get }

  /// Does the work.
  ///
  /// - Parameter console: where the answer will appear.
  /// - Returns: what is to be printed, and the code to end with.
  func answer(on console: Console) async throws(HarkError) -> Answer
}

extension Subcommand {
  mutating func run() async throws {
    var answer: Answer
    do {
      answer = try await self.answer(on: .current)
    } catch {
      answer = Answer(error, asJSON: shared.json)
    }
    let status = answer.deliver()
    if status != .success { throw ExitCode(status.rawValue) }
  }
}

/// The options that every subcommand takes.
struct SharedOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      The store's folder. (default: $HARK_STORE, else indexes/default where a folder 'indexes' \
      exists, else $XDG_DATA_HOME/hark/default)
      """, valueName: "folder"), completion: .directory)
  var store: String?

  @Option(
    help: ArgumentHelp(
      "The embedding model's folder. (default: $HARK_MODEL, else models/all-MiniLM-L6-v2)",
      valueName: "folder"), completion: .directory)
  var model: String?

  @Flag(help: "Print one line of JSON instead of text for people.")
  var json = false

  @Flag(help: "Print results and errors only: no progress, no account.")
  var quiet = false
}
