import Glibc
import Machine
import Synchronization

/// The place of a socket in the file system: its folder checked and open, its lock held.
///
/// The socket is made, named and removed through the descriptor of the folder that was checked,
/// whatever becomes of the folder's name. The lock `<path>.lock` is held until the value goes; its
/// file stays.
final class SocketPlace: Sendable {
  /// How many bytes the address of a socket holds, without the zero at its end.
  static let pathBytes = 107

  /// The path of the socket.
  let path: String
  private let name: String
  private let group: UInt32?
  private let folder: Int32
  private let lock: FileLock
  /// The socket file that was published here.
  private let published = Mutex<FileIdentity?>(nil)

  /// Checks the folder, takes the lock, and checks what lies at the path.
  ///
  /// - Parameter group: the group that the socket is given to, and the folder where it is made.
  /// - Throws: `ServerError` of every code but `alreadyStarted`.
  init(_ path: String, group: UInt32? = nil) throws(ServerError) {
    guard path.utf8.count <= Self.pathBytes, !path.utf8.contains(0) else {
      throw ServerError(
        .pathTooLong,
        "The path of the socket has \(path.utf8.count) bytes, and a socket's address holds "
          + "\(Self.pathBytes): \(path). Choose a shorter path.")
    }
    let cut = path.lastIndex(of: "/")
    name = String(cut.map { path[path.index(after: $0)...] } ?? path[...])
    guard !name.isEmpty, name != ".", name != ".." else {
      throw ServerError(.pathTaken, "The path of the socket names a folder: \(path).")
    }
    self.path = path
    self.group = group
    let parent = cut.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    folder = try SocketFolder.open(parent, group: group)
    do throws(MachineError) {
      lock = try FileLock(path + ".lock")
    } catch {
      // A throwing initializer of a class runs no deinit.
      Glibc.close(folder)
      guard error.code == .fileLocked else { throw ServerError(.socketFailed, error.message) }
      throw ServerError(
        .serverRunning, "Another server runs at \(path). Stop it, or choose another path.")
    }
    try checkOccupant()
  }

  deinit { Glibc.close(folder) }

  /// Makes a listening socket under a name that nobody knows yet.
  ///
  /// - Returns: The descriptor, which is the caller's to close.
  func bind() throws(ServerError) -> Int32 {
    let type = Int32(bitPattern: SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(AF_UNIX, type, 0)
    guard descriptor >= 0 else { throw failure("make a socket for") }
    // The lock is held: what lies there was left by a server that died between two steps.
    _ = unsafe unlinkat(folder, temporaryName, 0)
    let isBound = unsafe UnixAddress(descriptorPath).use { address, length in
      unsafe Glibc.bind(descriptor, address, length) == 0
    }
    let isGiven =
      group.map { unsafe fchownat(folder, temporaryName, .max, $0, AT_SYMLINK_NOFOLLOW) == 0 }
      ?? true
    guard isBound, isGiven, unsafe fchmodat(folder, temporaryName, 0o660, 0) == 0 else {
      let error = failure("bind the socket")
      Glibc.close(descriptor)
      throw error
    }
    return descriptor
  }

  /// Gives the listening socket its name, in place of a dead one.
  func publish() throws(ServerError) {
    guard let identity = FileIdentity(temporaryName, in: folder),
      unsafe renameat(folder, temporaryName, folder, name) == 0
    else {
      let error = failure("name the socket")
      unsafe unlinkat(folder, temporaryName, 0)
      throw error
    }
    published.withLock { $0 = identity }
  }

  /// Removes the socket file if it is still the one published.
  func remove() {
    guard let identity = published.withLock({ $0.take() }),
      FileIdentity(name, in: folder) == identity
    else { return }
    unsafe unlinkat(folder, name, 0)
  }

  private var temporaryName: String { ".\(name).new" }

  /// A path to the temporary name that is short however long the folder's is.
  private var descriptorPath: String { "/proc/self/fd/\(folder)/\(temporaryName)" }

  /// Leaves the path to whoever has it, unless it is a socket on which nobody listens.
  private func checkOccupant() throws(ServerError) {
    guard let identity = FileIdentity(name, in: folder) else { return }
    guard identity.isSocket else {
      throw ServerError(
        .pathTaken,
        "Something that is not a socket lies at \(path). Move it away, or choose another path.")
    }
    let type = Int32(
      bitPattern: SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let probe = socket(AF_UNIX, type, 0)
    guard probe >= 0 else { throw failure("make a socket for") }
    defer { Glibc.close(probe) }
    let reason = unsafe UnixAddress(path).use { address, length in
      unsafe connect(probe, address, length) == 0 ? 0 : errno
    }
    switch reason {
    case ECONNREFUSED, ENOENT: return
    case 0, EAGAIN, EINPROGRESS:
      throw ServerError(
        .serverRunning, "Another server answers at \(path). Stop it, or choose another path.")
    default:
      errno = reason
      throw failure("look at the socket")
    }
  }

  private func failure(_ action: String) -> ServerError {
    let reason = unsafe String(cString: strerror(errno))
    return ServerError(.socketFailed, "Cannot \(action) \(path): \(reason).")
  }
}
