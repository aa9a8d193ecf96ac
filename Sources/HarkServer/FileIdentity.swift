import Glibc

/// Which file lies at a name, symbolic links not followed.
struct FileIdentity: Equatable, Sendable {
  /// Whether the file is a socket.
  let isSocket: Bool
  private let device: dev_t
  private let number: ino_t

  /// Looks at a name in an open folder; nil where nothing is there.
  init?(_ name: String, in folder: Int32) {
    var status = stat()
    guard unsafe fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
    isSocket = status.st_mode & S_IFMT == S_IFSOCK
    device = status.st_dev
    number = status.st_ino
  }
}
