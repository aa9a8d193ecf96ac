import Documents
import Glibc
import Parsers

/// Reads one file from standard input and writes it as records to standard output, or serves
/// requests to do so, each in a process of its own.
///
/// `hark` has one such server, which forks for each document, so that one that hangs or crashes the
/// parser costs itself alone. It is a program of its own for the licence too: it links poppler
/// (GPL-2.0-or-later).
@main
enum HarkParser {
  static func main() {
    var invocation = Invocation(CommandLine.arguments.dropFirst())
    // From here on a forked process is what the program is that was started with its arguments.
    if case .serve = invocation { invocation = Invocation(Server.serve()[...]) }
    switch invocation {
    case .parse(let request): parse(request)
    case .version: print("hark-parser, protocol \(ParserRecord.version)")
    case .sandbox: print(Confinement.enterSandbox().joined(separator: "\n"))
    case .help: print(Invocation.usage)
    case .serve: fail("A request cannot be --serve.")
    case .wrong(let reason): fail(reason)
    }
    fflush(nil)
    // The kernel frees all of it faster than destructors do, and they cannot crash then.
    _exit(0)
  }

  /// Parses the file within the limits of the request.
  private static func parse(_ request: Request) {
    Fault.injected?.happenUnconfined()
    Confinement.apply(request)
    Fault.injected?.happen()
    let output = RecordWriter()
    do throws(DocumentError) {
      let file = try InputFile(descriptor: STDIN_FILENO)
      FileParser.parse(file.bytes, as: request.type) { output.write($0) }
    } catch {
      output.write(.failure(code: error.code, message: error.message))
    }
    output.flush()
    _exit(0)
  }

  private static func fail(_ reason: String) -> Never {
    StandardError.write("hark-parser: \(reason)\n\(Invocation.usage)\n")
    _exit(2)
  }
}
