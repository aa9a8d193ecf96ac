import Glibc

/// The folder in which a socket lies: whoever can write there can put another server in its place.
enum SocketFolder {
  /// Opens a folder, made 0750 where it is missing, when it is safe.
  ///
  /// Folders above it are not looked at.
  ///
  /// - Parameter group: the group that the folder is given to where it is made.
  /// - Returns: The descriptor, which is the caller's to close.
  static func open(_ path: String, group: UInt32? = nil) throws(ServerError) -> Int32 {
    let isNew = unsafe mkdir(path, 0o750) == 0
    if !isNew, errno != EEXIST { throw unavailable("make", path) }
    let descriptor = unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unavailable("open", path) }
    do throws(ServerError) {
      if isNew, let group, fchown(descriptor, .max, group) != 0 {
        throw unavailable("give the group", path)
      }
      try check(descriptor, path)
    } catch {
      close(descriptor)
      throw error
    }
    return descriptor
  }

  private static func check(_ descriptor: Int32, _ path: String) throws(ServerError) {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw unavailable("look at", path) }
    guard status.st_uid == geteuid() || status.st_uid == 0 else {
      throw ServerError(
        .folderUnsafe,
        "The folder \(path) belongs to the user \(status.st_uid), who could put another socket in "
          + "place of this one. Choose a folder of your own.")
    }
    // In a sticky folder others may add files and neither rename nor remove ours.
    guard status.st_mode & 0o022 == 0 || status.st_mode & 0o1000 != 0 else {
      throw ServerError(
        .folderUnsafe,
        "Others may write to the folder \(path), and could put another socket in place of this "
          + "one. Take that right away: chmod go-w \(path)")
    }
  }

  private static func unavailable(_ action: String, _ path: String) -> ServerError {
    let reason = unsafe String(cString: strerror(errno))
    return ServerError(
      .folderUnavailable, "Cannot \(action) the folder \(path) of the socket: \(reason).")
  }
}
