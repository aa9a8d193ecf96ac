import Glibc
import NIOCore

/// The addresses of Unix sockets.
enum UnixAddress {
  /// The address of the socket at a path.
  ///
  /// - Throws: `connection-failed` where no address can hold the path.
  static func socketAddress(_ path: String) throws(HarkClientError) -> SocketAddress {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let fits = unsafe withUnsafeMutableBytes(of: &address.sun_path) { bytes in
      // The last byte stays zero.
      guard (1..<bytes.count).contains(path.utf8.count), !path.utf8.contains(0) else {
        return false
      }
      unsafe bytes.copyBytes(from: path.utf8)
      return true
    }
    guard fits else {
      throw HarkClientError(
        .connectionFailed,
        "A socket cannot lie at “\(path)”: a path has 1 to 107 bytes, none of them zero.")
    }
    return SocketAddress(address)
  }
}
