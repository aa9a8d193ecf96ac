import Glibc

/// The address of a Unix socket.
struct UnixAddress {
  private var address = sockaddr_un()

  /// Makes the address of a path; what does not fit is cut off.
  init(_ path: String) {
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { bytes in
      // The last byte stays zero.
      unsafe bytes.dropLast().copyBytes(from: path.utf8.prefix(bytes.count - 1))
    }
  }

  /// Calls `body` with the address as the system's functions take it.
  func use<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    unsafe withUnsafePointer(to: address) { pointer in
      let size = MemoryLayout<sockaddr_un>.size
      return unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe body($0, socklen_t(size))
      }
    }
  }
}
