import Crypto
import Documents
import Foundation
import Glibc
import SystemPackage

/// A file that is open for reading: what is hashed is what is parsed, whatever happens to the path.
final class OpenedFile: Sendable {
  /// The file; closed with the last reference.
  let descriptor: FileDescriptor
  /// Size and time of modification when it was opened.
  let stamp: FileStamp
  private let name: String

  /// Opens a regular file.
  ///
  /// - Throws: `file-missing`, `file-unreadable`, `not-a-regular-file`.
  init(_ path: FilePath, name: String) throws(DocumentError) {
    self.name = name
    descriptor = try DocumentParser.open(path, name: name)
    stamp = Self.stamp(descriptor)
  }

  /// Opens a file that was found.
  convenience init(_ file: ScannedFile) throws(DocumentError) {
    try self.init(file.path, name: file.name)
  }

  deinit { try? descriptor.close() }

  /// Whether size and time of modification are still what they were.
  var isUntouched: Bool { Self.stamp(descriptor) == stamp }

  /// The SHA-256 of the content.
  ///
  /// - Throws: `file-unreadable`.
  /// - Complexity: O(*n*) in the file's size; memory is one mebibyte.
  func hash() throws(DocumentError) -> Data {
    var hash = SHA256()
    var offset: Int64 = 0
    var buffer = [UInt8](repeating: 0, count: min(1 << 20, max(1, Int(clamping: stamp.size))))
    while true {
      let count: Int
      do {
        count = unsafe try buffer.withUnsafeMutableBytes {
          unsafe try descriptor.read(fromAbsoluteOffset: offset, into: $0)
        }
      } catch {
        throw DocumentError(
          .fileUnreadable, "\(name) cannot be read (\(error)): check the disk and try again",
          cause: error)
      }
      if count == 0 { return Data(hash.finalize()) }
      hash.update(data: buffer[..<count])
      offset += Int64(count)
    }
  }

  private static func stamp(_ descriptor: FileDescriptor) -> FileStamp {
    var status = stat()
    guard unsafe fstat(descriptor.rawValue, &status) == 0 else {
      return FileStamp(size: -1, modified: -1)
    }
    let modified = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
    return FileStamp(size: Int64(status.st_size), modified: modified)
  }
}
