import CConfinement
import Glibc
import Synchronization
import SystemPackage

/// One running `hark-parser --serve`, which forks a process for each request.
///
/// It ends when the last reference to this goes, and when Hark ends, however that happens: the
/// kernel closes the other end of its socket then.
final class ParserServer: Sendable {
  /// What is known of the process, shared with the thread that started it and waits for it.
  private final class Process: Sendable {
    struct State: ~Copyable {
      /// Its standard input, until it has it.
      var input: OwnedDescriptor?
      /// The number of the process while it is not reaped.
      var number: pid_t?
      /// Whether it is to be killed as soon as it is there.
      var isDoomed = false
      /// Why it could not be started.
      var failure: Errno?
    }

    let state = Mutex(State())
  }

  private let process = Process()
  /// Where requests are sent to.
  let socket: OwnedDescriptor

  /// Has the program started, and does not wait for it: requests wait in the socket meanwhile.
  ///
  /// - Throws: The reason for which the system has no socket or thread.
  init(_ executable: FilePath, environment: [String]) throws(Errno) {
    let sockets = try DescriptorPair.packetSockets()
    var far: OwnedDescriptor? = sockets.far
    process.state.withLock { $0.input = far.take() }
    socket = sockets.near
    // The process dies with the thread that started it, which therefore waits for its end.
    let refused = DetachedThread.start { [process] in
      Self.run(executable, environment: environment, as: process)
    }
    guard refused == 0 else { throw Errno(rawValue: refused) }
  }

  /// Why the program could not be started, or nil where it was.
  var failure: Errno? { process.state.withLock { $0.failure } }

  /// Kills the program, for one that does not do as it should.
  func kill() {
    process.state.withLock { state in
      state.isDoomed = true
      if let number = state.number { process_kill(number) }
    }
  }

  /// Starts the program, waits until it ends, and reaps it.
  private static func run(
    _ executable: FilePath, environment: [String], as process: Process
  ) {
    let input = process.state.withLock { $0.input?.number ?? -1 }
    var number: pid_t = 0
    let failure = unsafe withCStrings([executable.string, "--serve"]) { arguments in
      unsafe withCStrings(environment) { environment in
        unsafe executable.withPlatformString { path in
          unsafe process_start(&number, path, arguments, environment, input)
        }
      }
    }
    process.state.withLock { state in
      if failure == 0 {
        state.number = number
        if state.isDoomed { process_kill(number) }
      } else {
        state.failure = Errno(rawValue: failure)
      }
      // From here on the process alone has this end, so that requests fail when it is gone.
      state.input = nil
    }
    guard failure == 0 else { return }
    process_await(number)
    process.state.withLock { state in
      state.number = nil
      waitpid(number, nil, 0)
    }
  }

  /// Calls `body` with an array of C strings that ends with a null pointer.
  private static func withCStrings(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32
  ) -> Int32 {
    var pointers = unsafe strings.map { unsafe strdup($0) } + [nil]
    defer { unsafe pointers.forEach { unsafe free($0) } }
    return unsafe pointers.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return EINVAL }
      return unsafe body(base)
    }
  }
}
