import Glibc

/// What the system says of a file.
struct FileStatus: Sendable {
  /// What a name leads to.
  enum Kind: Sendable {
    case folder, file, link, special
  }

  /// What tells a file from every other one.
  struct Identity: Sendable, Hashable {
    var device: UInt64
    var inode: UInt64
  }

  let kind: Kind
  let stamp: FileStamp
  let identity: Identity

  init(_ status: stat) {
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFDIR: .folder
      case S_IFREG: .file
      case S_IFLNK: .link
      default: .special
      }
    stamp = FileStamp(
      size: Int64(status.st_size),
      modified: Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec))
    identity = Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
  }

  /// Asks for the file at a path; `errno` tells why there is no answer.
  init?(of path: [UInt8], followLinks: Bool) {
    var status = stat()
    let flags = followLinks ? 0 : AT_SYMLINK_NOFOLLOW
    let result = unsafe Self.withCPath(path[...]) { unsafe fstatat(AT_FDCWD, $0, &status, flags) }
    guard result == 0 else { return nil }
    self.init(status)
  }

  /// Calls a body with a path.
  static func withCPath<T>(
    _ path: ArraySlice<UInt8>, _ body: (UnsafePointer<CChar>) -> T
  ) -> T {
    let path = path.map { CChar(bitPattern: $0) } + [0]
    return unsafe path.withUnsafeBufferPointer { path in
      // With its zero, the path is never empty.
      unsafe body(path.baseAddress.unsafelyUnwrapped)
    }
  }

  /// What an error number of the system says.
  static func text(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
}
