internal import Glibc

/// A thread of the operating system that runs one closure and ends.
enum WorkerThread {
  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Starts a detached thread.
  ///
  /// - Returns: zero, or the error number with which the system refused.
  static func start(_ run: @escaping @Sendable () -> Void) -> Int32 {
    let body = unsafe Unmanaged.passRetained(Body(run))
    var thread = pthread_t()
    let status = unsafe pthread_create(&thread, nil, enter, body.toOpaque())
    guard status == 0 else {
      unsafe body.release()
      return status
    }
    return pthread_detach(thread)
  }

  private static let enter: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? =
    { argument in
      if let argument = unsafe argument {
        unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
      }
      return nil
    }
}

/// The scheduling priority of a thread: a nice value, 0 (usual) to 19 (lowest). On Linux each thread
/// has its own, which the threads and processes that it starts inherit.
enum ThreadPriority {
  private static let thread = __priority_which_t(PRIO_PROCESS.rawValue)

  /// That of the calling thread.
  static var current: Int32 { getpriority(thread, 0) }

  /// Lowers that of the calling thread, for good: the system lets only root raise it again.
  static func lower(to nice: Int32) {
    if nice > current { setpriority(thread, 0, nice) }
  }
}
