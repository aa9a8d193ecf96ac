import Glibc

/// A folder that is open for reading: what is asked of its names needs no path.
///
/// The stream is the folder's own and closed with it.
@safe struct OpenFolder: ~Copyable {
  private let stream: OpaquePointer
  private let descriptor: Int32

  /// Opens a folder; `errno` tells why it could not be.
  ///
  /// - Parameters:
  ///   - path: the path, with a slash at its end or without.
  ///   - followLinks: whether a link at its end is followed.
  init?(_ path: [UInt8], followLinks: Bool) {
    // A slash at the end would follow a link.
    let path = path.count > 1 && path.last == UInt8(ascii: "/") ? path.dropLast() : path[...]
    let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK | (followLinks ? 0 : O_NOFOLLOW)
    let descriptor = unsafe FileStatus.withCPath(path) { unsafe open($0, flags) }
    guard descriptor >= 0 else { return nil }
    guard let stream = unsafe fdopendir(descriptor) else {
      let reason = errno
      close(descriptor)
      errno = reason
      return nil
    }
    unsafe self.stream = unsafe stream
    self.descriptor = descriptor
  }

  deinit { unsafe closedir(stream) }

  /// What the folder itself is.
  func status() -> FileStatus? {
    var status = stat()
    return unsafe fstat(descriptor, &status) == 0 ? FileStatus(status) : nil
  }

  /// What an entry leads to; `errno` tells why there is no answer.
  func status(
    of entry: FolderListing.Entry, in listing: FolderListing, followLinks: Bool
  ) -> FileStatus? {
    unsafe listing.withCName(of: entry) { name in unsafe status(of: name, followLinks: followLinks)
    }
      ?? nil
  }

  private func status(of name: UnsafePointer<CChar>, followLinks: Bool) -> FileStatus? {
    var status = stat()
    let flags = followLinks ? 0 : AT_SYMLINK_NOFOLLOW
    return unsafe fstatat(descriptor, name, &status, flags) == 0 ? FileStatus(status) : nil
  }

  /// Reads the names in the folder; nil where that failed half-way, and `errno` tells why.
  func list() -> FolderListing? {
    guard let nameOffset = MemoryLayout<dirent>.offset(of: \.d_name) else { return nil }
    var listing = FolderListing()
    while true {
      errno = 0
      guard let entry = unsafe readdir(stream) else { break }
      // The record ends with the name, before the end of its type.
      let name = unsafe UnsafeRawPointer(entry) + nameOffset
      let text = unsafe name.assumingMemoryBound(to: CChar.self)
      let bytes = unsafe UnsafeBufferPointer(
        start: name.assumingMemoryBound(to: UInt8.self), count: strlen(text))
      if unsafe bytes.count <= 2 && bytes.allSatisfy({ $0 == UInt8(ascii: ".") }) { continue }
      let kind: FileStatus.Kind
      switch Int(unsafe entry.pointee.d_type) {
      case Int(DT_DIR): kind = .folder
      case Int(DT_REG): kind = .file
      case Int(DT_LNK): kind = .link
      case Int(DT_UNKNOWN):
        // Some file systems do not tell. What cannot be examined fails when it is looked at.
        kind = unsafe status(of: text, followLinks: false)?.kind ?? .file
      default: kind = .special
      }
      unsafe listing.append(bytes, kind)
    }
    guard errno == 0 else { return nil }
    listing.arrange()
    return listing
  }

  /// What reading a small file came to.
  enum Content {
    case missing
    case unreadable(reason: String)
    case bytes([UInt8])
  }

  /// Reads a small regular file in the folder.
  func content(of name: String, byteLimit: Int, followLinks: Bool) -> Content {
    // What is no file must not be waited for.
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (followLinks ? 0 : O_NOFOLLOW)
    let file = unsafe openat(descriptor, name, flags)
    guard file >= 0 else {
      switch errno {
      case ENOENT: return .missing
      case ELOOP: return .unreadable(reason: "it is a symbolic link")
      default: return .unreadable(reason: FileStatus.text(errno))
      }
    }
    defer { close(file) }
    var status = stat()
    guard unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      return .unreadable(reason: "it is not a regular file")
    }
    var bytes = [UInt8](repeating: 0, count: byteLimit + 1)
    var count = 0
    while count < bytes.count {
      let part = unsafe bytes.withUnsafeMutableBytes { bytes in
        unsafe read(file, bytes.baseAddress?.advanced(by: count), bytes.count - count)
      }
      if part < 0, errno == EINTR { continue }
      guard part >= 0 else { return .unreadable(reason: FileStatus.text(errno)) }
      if part == 0 { return .bytes(Array(bytes[..<count])) }
      count += part
    }
    return .unreadable(reason: "it has more than \(byteLimit) bytes")
  }
}
