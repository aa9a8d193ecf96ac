import Documents
import Glibc

internal import struct SystemPackage.FilePath

/// A file that an ingest may read.
struct FoundFile: Sendable {
  /// The absolute path, as bytes that need not be UTF-8.
  var path: FilePath
  /// The path as text.
  var name: String
  /// The format that the name promises.
  var type: FileType
  /// The size in bytes.
  var size: Int64
  /// The time of modification in nanoseconds since 1970.
  var modified: Int64
}

/// What lies below the paths of an ingest.
///
/// Hidden names (with a leading dot) are passed over. Symbolic links below a path are counted and
/// not followed, so that no file is read twice and no loop is walked; a path given by the user may
/// itself be a link. Only regular files are read: a FIFO or a device would never end.
struct FolderWalk: Sendable {
  /// The files to read, by ascending bytes of their paths.
  private(set) var files: [FoundFile] = []
  /// Files of kinds that Hark does not read, by extension.
  private(set) var skipped: [String: Int] = [:]
  /// What could not be looked at, and files whose kind forbids reading them.
  private(set) var failures: [IngestFailure] = []
  private var folders: [FilePath] = []

  /// Files of every kind that were seen.
  var filesSeen: Int { files.count + failures.count + skipped.values.reduce(0, +) }

  /// Walks the paths given by the user, and all folders below them.
  ///
  /// - Throws: `path-missing` where one of the paths does not exist.
  init(_ roots: [String]) throws(HarkError) {
    for root in roots {
      guard let resolved = Self.absolute(root) else {
        throw HarkError(
          .pathMissing, "\(root) does not exist or cannot be reached: check the path's spelling")
      }
      look(at: resolved, followingLinks: true)
    }
    while let folder = folders.popLast() { walk(folder) }
    files.sort { $0.path.bytes.lexicographicallyPrecedes($1.path.bytes) }
    // Two roots may overlap.
    files = files.reduce(into: []) { kept, file in
      if kept.last?.path != file.path { kept.append(file) }
    }
    failures.sort { $0.filePath < $1.filePath }
  }

  private mutating func walk(_ folder: FilePath) {
    guard let stream = unsafe folder.withPlatformString({ unsafe opendir($0) }) else {
      return fail(
        folder, "folder-unreadable",
        "\(folder) cannot be listed (\(Self.text(errno))): check its permissions")
    }
    defer { unsafe closedir(stream) }
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe FilePath(platformString: $0)
        }
      }
      if name.bytes.first == UInt8(ascii: ".") { continue }
      look(at: folder.appending(name.components), followingLinks: false)
    }
  }

  private mutating func look(at path: FilePath, followingLinks: Bool) {
    var status = stat()
    let flags = followingLinks ? 0 : AT_SYMLINK_NOFOLLOW
    let result = unsafe path.withPlatformString {
      unsafe fstatat(AT_FDCWD, $0, &status, flags)
    }
    guard result == 0 else {
      return fail(
        path, "file-unreadable",
        "\(path) cannot be examined (\(Self.text(errno))): check the permissions of its folders")
    }
    let type = FileType(pathBytes: path.bytes)
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      folders.append(path)
    case S_IFREG:
      guard let type else { return skip(Self.kind(of: path)) }
      guard let name = String(validating: path) else {
        return fail(
          path, "name-not-utf8",
          "the name of \(path) is not valid UTF-8, so that it could not be cited: rename the file")
      }
      let modified = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
      files.append(
        FoundFile(
          path: path, name: name, type: type, size: Int64(status.st_size), modified: modified))
    case S_IFLNK:
      skip("symbolic link")
    default:
      guard type != nil else { return skip("special file") }
      fail(
        path, "not-a-regular-file",
        "\(path) is a FIFO, a socket or a device and was not opened: put a file in its place"
      )
    }
  }

  private mutating func skip(_ kind: String) { skipped[kind, default: 0] += 1 }

  private mutating func fail(_ path: FilePath, _ code: String, _ message: String) {
    failures.append(IngestFailure(filePath: path.string, code: code, message: message))
  }

  /// The extension of a file's name in lower case, by which skipped files are counted.
  private static func kind(of path: FilePath) -> String {
    path.extension.map { $0.lowercased() } ?? "no extension"
  }

  /// The path without links, `.` and `..`; nil where nothing is there.
  private static func absolute(_ path: String) -> FilePath? {
    guard let resolved = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(resolved) }
    return unsafe FilePath(platformString: resolved)
  }

  private static func text(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
}

extension FilePath {
  /// The bytes of the path, without the terminating zero.
  var bytes: [UInt8] {
    unsafe withPlatformString { pointer in
      unsafe Array(UnsafeRawBufferPointer(start: pointer, count: strlen(pointer)))
    }
  }
}
