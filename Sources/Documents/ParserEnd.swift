import Glibc
import Subprocess

/// How a parser process ended that left no document, and what that means.
struct ParserEnd: Sendable {
  /// The status that the process left.
  var status: TerminationStatus
  /// Whether it was killed for its wall time.
  var timedOut: Bool
  /// The beginning of what it wrote to standard error.
  var complaint: String

  /// Bytes of standard error that are kept.
  private static let complaintLimit = 4096

  /// Reads standard error to its end and keeps the beginning.
  static func complaint(from output: SubprocessOutputSequence) async -> String {
    var kept: [UInt8] = []
    do {
      for try await buffer in output {
        let room = complaintLimit - kept.count
        unsafe buffer.withUnsafeBytes { unsafe kept.append(contentsOf: $0.prefix(max(0, room))) }
      }
    } catch {
      // The process is gone; what it said is still worth showing.
    }
    return String(decoding: kept, as: UTF8.self).onOneLine
  }

  /// The error for a process that ended like this.
  ///
  /// - Parameters:
  ///   - how: What its output lacked, as a sentence without its full stop.
  ///   - limits: The limits that it ran under.
  func error(_ how: String, limits: ParserLimits) -> DocumentError {
    switch status {
    case _ where timedOut, .signaled(SIGALRM), .signaled(SIGXCPU):
      DocumentError(
        .parserTimeout,
        "Parsing took longer than \(limits.seconds) s, or \(limits.cpuSeconds) s of processor time. "
          + "Split the file.")
    case _ where isOutOfMemory:
      DocumentError(
        .parserMemory,
        "Parsing took more than \(limits.addressSpaceBytes >> 20) MiB of memory. Split the file.")
    case .signaled(SIGKILL):
      DocumentError(
        .parserCrashed, "The parser was killed, perhaps since the machine ran out of memory.")
    case .signaled(let signal):
      DocumentError(.parserCrashed, "The parser crashed with \(Self.name(of: signal)).")
    case .exited(let code):
      DocumentError(
        .parserProtocol,
        "\(how), and it ended with status \(code)\(complaint.isEmpty ? "" : ": \(complaint)").")
    }
  }

  /// Whether the process gave up for want of memory. The kernel does not tell: an allocator that
  /// is refused says so in words of its own, then aborts or exits.
  private var isOutOfMemory: Bool {
    let said = complaint.lowercased()
    return ["out of memory", "bad_alloc", "allocate", "alloc returned null pointer"]
      .contains { said.contains($0) }
  }

  /// The name of a signal, such as SIGSEGV.
  static func name(of signal: Int32) -> String {
    let names = [
      SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGILL: "SIGILL",
      SIGSEGV: "SIGSEGV", SIGSYS: "SIGSYS", SIGTERM: "SIGTERM", SIGTRAP: "SIGTRAP",
      SIGPIPE: "SIGPIPE", SIGXFSZ: "SIGXFSZ",
    ]
    return names[signal] ?? "signal \(signal)"
  }
}
