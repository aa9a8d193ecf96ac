import Glibc
import NIOCore

/// The process at the other end of a connection, as the kernel names it (SO_PEERCRED).
///
/// The kernel notes the ids when the process connects. A process that was handed the socket later
/// is taken for that one.
package struct Peer: Sendable, Hashable {
  /// The effective user id.
  package let uid: UInt32
  /// The effective group id.
  package let gid: UInt32
  /// The process id, which may have been given to another process since.
  package let pid: Int32

  /// Makes a peer from its ids.
  package init(uid: UInt32, gid: UInt32, pid: Int32) {
    self.uid = uid
    self.gid = gid
    self.pid = pid
  }

  /// What the kernel writes for the option, the C struct ucred; Glibc's module leaves it out.
  private struct Credentials {
    var pid: Int32
    var uid: UInt32
    var gid: UInt32
  }

  /// Asks the kernel who is at the other end of a channel; fails where it is no Unix socket.
  static func of(_ channel: any Channel) -> EventLoopFuture<Peer> {
    guard let socket = channel as? any SocketOptionProvider else {
      return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
    }
    let credentials: EventLoopFuture<Credentials> = socket.unsafeGetSocketOption(
      level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
    return credentials.map { Peer(uid: $0.uid, gid: $0.gid, pid: $0.pid) }
  }
}
