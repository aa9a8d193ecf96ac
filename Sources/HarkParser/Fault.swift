import CConfinement
import Glibc

/// A failure on purpose, for the tests of what starts this program: `HARK_PARSER_FAULT` is `hang`,
/// `spin`, `crash`, `abort`, `memory`, or `escape`: an attempt to leave the sandbox, which crashes
/// where it succeeds.
enum Fault: String {
  case hang, spin, crash, abort, memory, escape

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
