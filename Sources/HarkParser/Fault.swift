import CConfinement
import Glibc

/// A failure on purpose, for the tests of what starts this program: `HARK_PARSER_FAULT` is `hang`,
/// `spin`, `crash`, `abort`, `memory`, or `escape`: an attempt to leave the sandbox, which crashes
/// where it succeeds. The path of a program has that run in place of the parser, to say and do what
/// it likes.
enum Fault {
  case hang, spin, crash, abort, memory, escape
  case program(String)

  /// The fault that the environment asks for.
  static var injected: Fault? {
    guard let value = unsafe getenv("HARK_PARSER_FAULT") else { return nil }
    return unsafe Fault(String(cString: value))
  }

  private init?(_ name: String) {
    switch name {
    case "hang": self = .hang
    case "spin": self = .spin
    case "crash": self = .crash
    case "abort": self = .abort
    case "memory": self = .memory
    case "escape": self = .escape
    case _ where name.hasPrefix("/"): self = .program(name)
    default: return nil
    }
  }

  /// Lets it happen, where it can only happen before the process is confined.
  func happenUnconfined() {
    guard case .program(let path) = self, let name = unsafe strdup(path) else { return }
    var arguments = unsafe [name, nil]
    unsafe execv(path, &arguments)
    _exit(127)
  }

  /// Lets it happen.
  func happen() {
    switch self {
    case .program: return
    case .hang: while true { pause() }
    case .spin: while getpid() > 0 {}
    case .escape:
      guard let call = unsafe confinement_escape() else { return }
      StandardError.write(unsafe "hark-parser: \(String(cString: call)) got through\n")
      Fault.crash.happen()
    case .abort: Glibc.abort()
    case .crash: unsafe UnsafeMutablePointer<Int>(bitPattern: 8)?.pointee = 0
    case .memory:
      var hoard: [[UInt8]] = []
      while hoard.count < 1 << 20 { hoard.append(Array(repeating: 1, count: 16 << 20)) }
    }
  }
}
