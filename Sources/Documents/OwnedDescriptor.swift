import CConfinement
import Glibc
import SystemPackage

/// A descriptor that is closed when its owner goes.
struct OwnedDescriptor: ~Copyable, Sendable {
  /// The number of the descriptor.
  let number: Int32

  deinit { Glibc.close(number) }

  /// Closes the descriptor now.
  consuming func close() {}
}

/// Two descriptors that are connected to each other and closed on exec.
struct DescriptorPair: ~Copyable, Sendable {
  /// The end that stays here; of a pipe the one to read.
  let near: OwnedDescriptor
  /// The end that another process gets; of a pipe the one to write.
  let far: OwnedDescriptor

  private init(_ ends: [Int32]) {
    near = OwnedDescriptor(number: ends[0])
    far = OwnedDescriptor(number: ends[1])
  }

  /// Makes a pipe.
  static func pipe() throws(Errno) -> DescriptorPair {
    var ends: [Int32] = [-1, -1]
    let failure = unsafe descriptors_pipe(&ends)
    guard failure == 0 else { throw Errno(rawValue: failure) }
    return DescriptorPair(ends)
  }

  /// Makes sockets that keep the bounds of messages and carry descriptors.
  static func packetSockets() throws(Errno) -> DescriptorPair {
    var ends: [Int32] = [-1, -1]
    let type = Int32(bitPattern: SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue)
    guard unsafe socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw Errno(rawValue: errno) }
    return DescriptorPair(ends)
  }
}
