import Crypto
import Documents
import Foundation
import Glibc
import SystemPackage

/// A file that is open for reading: what is hashed is what is parsed, whatever happens to the path.
final class OpenedFile: Sendable {
  /// The file; closed with the last reference.
  let descriptor: FileDescriptor
  /// The size in bytes when it was opened.
  let size: Int64
  /// The time of modification in nanoseconds since 1970 when it was opened.
  let modified: Int64
  private let name: String

  /// Opens a regular file.
  ///
  /// - Throws: `file-missing`, `file-unreadable`, `not-a-regular-file`.
  init(_ file: FoundFile) throws(DocumentError) {
    name = file.name
    descriptor = try DocumentParser.open(file.path, name: file.name)
    (size, modified) = Self.stamp(descriptor)
  }

  deinit { try? descriptor.close() }

  /// Whether size and time of modification are still what they were.
  var isUntouched: Bool { Self.stamp(descriptor) == (size, modified) }

  /// The SHA-256 of the content.
  ///
  /// - Throws: `file-unreadable`.
  /// - Complexity: O(*n*) in the file's size; memory is one mebibyte.
  func hash() throws(DocumentError) -> Data {
    var hash = SHA256()
    var offset: Int64 = 0
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
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

  private static func stamp(_ descriptor: FileDescriptor) -> (size: Int64, modified: Int64) {
    var status = stat()
    guard unsafe fstat(descriptor.rawValue, &status) == 0 else { return (-1, -1) }
    let modified = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
    return (Int64(status.st_size), modified)
  }
}
