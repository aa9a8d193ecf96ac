import FoundationEssentials
import Glibc
import Synchronization
import SystemPackage

/// The server of a ``DocumentParser``: started with the first request, and anew when it is gone.
final class ParserService: Sendable {
  /// The program that is the server.
  let executable: FilePath
  private let server = Mutex<ParserServer?>(nil)

  init(_ executable: FilePath) {
    self.executable = executable
  }

  /// The server that takes requests, started where there is none.
  ///
  /// - Throws: `parser-missing`.
  func current() throws(DocumentError) -> ParserServer {
    do throws(Errno) {
      return try server.withLock { (server) throws(Errno) in
        if let server { return server }
        let started = try start()
        server = started
        return started
      }
    } catch {
      throw cannotStart(error)
    }
  }

  /// Starts a server. A program that is being replaced is open for writing, which ends soon: such
  /// a refusal is no more than a reason to ask again.
  private func start() throws(Errno) -> ParserServer {
    for _ in 0..<50 {
      do { return try ParserServer(executable, environment: Self.environment) } catch {
        guard error == .textFileBusy else { throw error }
        usleep(20_000)
      }
    }
    return try ParserServer(executable, environment: Self.environment)
  }

  /// Gives a server no more requests. It ends when those that it has are done.
  func retire(_ old: ParserServer) {
    server.withLock { server in
      if server === old { server = nil }
    }
  }

  /// The error for a program that the system does not start.
  func cannotStart(_ reason: Errno) -> DocumentError {
    DocumentError(
      .parserMissing, "The program \(executable.string) cannot be started: \(reason).",
      cause: reason)
  }

  /// The error for a program that is not what it should be.
  ///
  /// - Parameter what: What it did, as a sentence without its subject and full stop.
  func misfit(_ what: String) -> DocumentError {
    DocumentError(
      .parserMissing,
      "\(executable.string) \(what). Is it the program hark-parser of the same version as hark? "
        + "Set HARK_PARSER to that, or unset it.")
  }

  /// What the program needs to find its libraries, and nothing of what else the user has set.
  private static var environment: [String] {
    var kept = ["LC_ALL=C.UTF-8", "SWIFT_BACKTRACE=enable=no"]
    let own = ProcessInfo.processInfo.environment
    for key in ["LD_LIBRARY_PATH", "HARK_PARSER_FAULT"] {
      if let value = own[key] { kept.append("\(key)=\(value)") }
    }
    return kept
  }
}
