import ArgumentParser
import Glibc

/// The root of the command: it parses the command line, runs one subcommand, and ends the process
/// with one of the codes of ``ExitStatus``.
@main
struct HarkCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hark",
    abstract: "Answers with sources from folders of documents.",
    discussion: """
      Hark reads PDF, HTML, Markdown and plain text, keeps what it read in a store, and finds the \
      passages that answer a question, with the document, page and heading where they stand.

      EXAMPLES
        hark ingest ~/handbook
        hark search 'Who approves a business trip?'
        hark documents list

      EXIT CODES
        0    all well
        1    failed; the reason is on stderr
        2    the command line is wrong
        3    done, but some files failed; each is named
        4    another process is writing to the store
        5    a measure is below its bound (hark eval --fail-below)
        130  interrupted or canceled; what was committed is kept

      Errors go to stderr as 'hark: message [code]'; with --json they go to stdout instead, as \
      {"error":{"code":…,"message":…}}, so that a program reads one stream. Codes are stable.
      """,
    version: "hark 0.1.0",
    subcommands: [
      IngestCommand.self, SearchCommand.self, ContextCommand.self, ServeCommand.self,
      APICommand.self, DocumentsCommand.self, CollectionsCommand.self, ChatCommand.self,
      TasksCommand.self, StatsCommand.self, VerifyCommand.self, CompactCommand.self,
      IndexCommand.self, EmbedCommand.self, EvalCommand.self, BenchCommand.self,
      DoctorCommand.self,
    ])

  static func main() async {
    StandardStream.ignoreBrokenPipes()
    let code = await status(of: Array(CommandLine.arguments.dropFirst()))
    // exit(3) would run the libraries' destructors, under threads that an interrupt has left at
    // work: OpenBLAS takes its memory away from them.
    _exit(code.rawValue)
  }

  /// Runs the command line `arguments` and gives the code with which the process is to end.
  static func status(of arguments: [String]) async -> ExitCode {
    do {
      var command = try await asyncParseAsRoot(arguments)
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
      return .success
    } catch let code as ExitCode {
      return code
    } catch {
      return ExitCode(Answer(parserError: error, arguments: arguments).deliver().rawValue)
    }
  }

}
