import Documents

internal import struct SystemPackage.FilePath

/// The size of a file in bytes, and its time of modification in nanoseconds since 1970.
struct FileStamp: Sendable, Hashable {
  var size: Int64
  var modified: Int64

  init(size: Int64, modified: Int64) {
    self.size = size
    self.modified = modified
  }

  /// The stamp of two columns, either of which is null where there is none.
  init?(size: Int64?, modified: Int64?) {
    guard let size, let modified else { return nil }
    self.init(size: size, modified: modified)
  }
}

/// A path that was asked for.
struct ScannedRoot: Sendable, Hashable {
  /// The absolute path, without links, `.` and `..`.
  var path: String
  /// Whether it is a folder.
  var isFolder: Bool
}

/// A file that an ingest may read.
struct ScannedFile: Sendable, Hashable {
  /// The absolute path.
  var name: String
  /// The format that the name promises.
  var type: FileType
  /// Size and time of modification.
  var stamp: FileStamp
  /// The stamp of the file's sidecar of metadata, `NAME.meta.json` beside it, where there is one.
  var sidecar: FileStamp?

  /// What follows the name of a file in the name of its sidecar.
  static let sidecarSuffix = ".meta.json"

  /// The path for calls of the system.
  var path: FilePath { FilePath(name) }
  /// The file's name without its folders.
  var fileName: String { name.split(separator: "/").last.map(String.init) ?? name }

  /// Whether the file is the root, or lies below it.
  func isAtOrBelow(_ root: String) -> Bool { Self.isAtOrBelow(root, name) }

  /// Whether a path is the root, or lies below it, byte by byte.
  static func isAtOrBelow(_ root: String, _ path: String) -> Bool {
    let (root, path) = (root.utf8, path.utf8)
    guard path.starts(with: root) else { return false }
    return path.count == root.count || root.last == UInt8(ascii: "/")
      || path.dropFirst(root.count).first == UInt8(ascii: "/")
  }
}
