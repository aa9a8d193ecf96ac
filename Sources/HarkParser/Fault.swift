import Glibc

/// A failure on purpose, for the tests of what starts this program: `HARK_PARSER_FAULT` is `hang`,
/// `spin`, `crash`, `memory`, or `escape`: an attempt to leave the sandbox, which crashes where it
/// succeeds.
enum Fault: String {
  case hang, spin, crash, memory, escape

  /// The fault that the environment asks for.
  static var injected: Fault? {
    guard let value = unsafe getenv("HARK_PARSER_FAULT") else { return nil }
    return unsafe Fault(rawValue: String(cString: value))
  }

  /// Lets it happen.
  func happen() {
    switch self {
    case .hang: while true { pause() }
    case .spin: while getpid() > 0 {}
    case .escape:
      let file = unsafe open("/tmp/hark-parser-escape", O_WRONLY | O_CREAT, 0o600)
      let secret = unsafe open("/proc/self/environ", O_RDONLY)
      let network = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      if file >= 0 || secret >= 0 || network >= 0 || kill(getppid(), 0) == 0 {
        Fault.crash.happen()
      }
    case .crash: unsafe UnsafeMutablePointer<Int>(bitPattern: 8)?.pointee = 0
    case .memory:
      var hoard: [[UInt8]] = []
      while hoard.count < 1 << 20 { hoard.append(Array(repeating: 1, count: 16 << 20)) }
    }
  }
}
