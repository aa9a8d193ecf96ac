import Glibc

/// A thread of the operating system for what has to wait in system calls, as a thread of the
/// cooperative pool must not.
enum DetachedThread {
  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Bytes of a stack: a line of a parser may nest its JSON as deeply as its reader allows.
  private static let stackSize = 1 << 20

  /// Runs a closure on a new thread.
  ///
  /// - Returns: zero, or the error number with which the system refused.
  static func start(_ run: @escaping @Sendable () -> Void) -> Int32 {
    var attributes = pthread_attr_t()
    var status = unsafe pthread_attr_init(&attributes)
    guard status == 0 else { return status }
    defer { unsafe pthread_attr_destroy(&attributes) }
    unsafe pthread_attr_setstacksize(&attributes, stackSize)
    unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    let body = unsafe Unmanaged.passRetained(Body(run))
    var thread = pthread_t()
    status = unsafe pthread_create(&thread, &attributes, enter, body.toOpaque())
    if status != 0 { unsafe body.release() }
    return status
  }

  private static let enter: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? =
    { argument in
      if let argument = unsafe argument {
        unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
      }
      return nil
    }
}
