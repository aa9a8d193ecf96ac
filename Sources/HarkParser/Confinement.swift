import CConfinement
import Glibc

/// The limits that the process puts on itself before it looks at a file.
enum Confinement {
  /// Takes the limits upon this process.
  ///
  /// Whoever started it watches the time as well; the alarm is for the case that nobody is left to.
  static func apply(_ request: Request) {
    lowerPriority(to: request.nice)
    limit(RLIMIT_AS, to: request.addressSpaceBytes)
    // The kernel warns at the first limit with SIGXCPU, which tells the reason, and kills at the
    // second.
    limit(RLIMIT_CPU, to: request.cpuSeconds, hard: request.cpuSeconds + 1)
    limit(RLIMIT_FSIZE, to: 0)
    limit(RLIMIT_CORE, to: 0)
    limit(RLIMIT_NOFILE, to: 64)
    // A font cache that cannot be written is no reason to die.
    signal(SIGXFSZ, SIG_IGN)
    // Signals that the starting program ignores stay ignored otherwise.
    signal(SIGALRM, SIG_DFL)
    signal(SIGXCPU, SIG_DFL)
    alarm(request.seconds + 2)
    _ = enterSandbox()
  }

  /// Gives up what a parser has no use for: privileges, files, the network, other processes.
  ///
  /// - Returns: What of it is in force, by name. The kernel may lack some, and that is no reason not
  ///   to parse: the limits above hold on any.
  static func enterSandbox() -> [String] {
    let state = confinement_enter()
    return [
      (CONFINEMENT_NO_NEW_PRIVILEGES, "no new privileges"), (CONFINEMENT_FILES, "files"),
      (CONFINEMENT_CALLS, "system calls"),
    ].filter { state & Int32($0.0) != 0 }.map(\.1)
  }

  private static func lowerPriority(to nice: Int32) {
    let process = __priority_which_t(PRIO_PROCESS.rawValue)
    if nice > getpriority(process, 0) { setpriority(process, 0, nice) }
  }

  private static func limit(_ resource: __rlimit_resource, to value: UInt, hard: UInt? = nil) {
    var limit = rlimit(rlim_cur: value, rlim_max: hard ?? value)
    // A limit that is lower already stays: raising it is refused, and need not happen.
    unsafe setrlimit(__rlimit_resource_t(resource.rawValue), &limit)
  }
}
