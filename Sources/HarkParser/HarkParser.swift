import Documents
import Glibc
import Parsers

/// Reads one file from standard input and writes it as records to standard output.
///
/// `hark` starts this program for each document, so that one that hangs or crashes the parser costs
/// itself alone. It is a program of its own for the licence too: it links poppler (GPL-2.0-or-later).
@main
enum HarkParser {
  static func main() {
    let request: Request
    switch Invocation(CommandLine.arguments.dropFirst()) {
    case .version:
      print("hark-parser, protocol \(ParserRecord.version)")
      return
    case .sandbox:
      print(Confinement.enterSandbox().joined(separator: "\n"))
      return
    case .help:
      print(Invocation.usage)
      return
    case .wrong(let reason):
      StandardError.write("hark-parser: \(reason)\n\(Invocation.usage)\n")
      exit(2)
    case .parse(let parsed): request = parsed
    }
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
    // The kernel frees all of it faster than destructors do, and they cannot crash then.
    _exit(0)
  }
}
