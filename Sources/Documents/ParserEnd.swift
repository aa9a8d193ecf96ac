import Glibc

/// How a parser process ended that left no document, and what that means.
struct ParserEnd: Sendable {
  /// The status that a process leaves.
  enum Status: Sendable, Equatable {
    /// The process ended by itself, with this code.
    case exited(Int32)
    /// A signal ended it.
    case signaled(Int32)
    /// Its server ended, and took it along.
    case lost
  }

  /// The status that the process left.
  let status: Status
  /// Whether it was killed for its wall time.
  let timedOut: Bool
  /// The beginning of what it wrote to standard error.
  let complaint: String

  /// Makes an end of its parts.
  ///
  /// - Parameter status: The status as of waitpid, or nil where it is not known.
  init(status: Int32?, timedOut: Bool, complaint: String) {
    self.status =
      switch status {
      case nil: .lost
      case let status? where status & 0x7F == 0: .exited(status >> 8 & 0xFF)
      case let status?: .signaled(status & 0x7F)
      }
    self.timedOut = timedOut
    self.complaint = complaint
  }

  /// Whether the process died of a fault of its own, and of no limit, or its server is gone.
  var isCrash: Bool {
    switch status {
    case .exited: false
    case .signaled(SIGKILL), .signaled(SIGALRM), .signaled(SIGXCPU): false
    case .signaled: !isOutOfMemory
    case .lost: true
    }
  }

  /// Whether the process ended as it should.
  var isSuccess: Bool { status == .exited(0) }

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
    case .signaled(SIGKILL), .lost:
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
