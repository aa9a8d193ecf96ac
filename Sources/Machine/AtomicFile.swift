import Glibc

/// Files that appear whole or not at all.
package enum AtomicFile {
  /// What the name of an unfinished file holds; such files are strays once their writer is gone.
  package static let temporaryMark = ".unfinished-"

  /// Writes a file beside `path`, syncs it, renames it to `path` and syncs the folder.
  ///
  /// A crash at any point leaves the old file or the new one under `path`, and at most a stray
  /// whose name contains ``temporaryMark``. When `write` throws, the stray is removed and the old
  /// file stays.
  ///
  /// - Parameters:
  ///   - path: where the file shall appear; its folder must exist.
  ///   - failure: puts an error of the file system into the caller's words.
  ///   - write: writes the whole content.
  /// - Returns: what `write` returned.
  /// - Throws: `failure` of `file-write-failed` or `disk-full`, or what `write` throws.
  package static func publish<Result, Failure: Error>(
    _ path: String, failure: (MachineError) -> Failure,
    write: (inout FileWriter) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let suffix = String(UInt64.random(in: .min ... .max), radix: 16)
    let temporary = path + temporaryMark + suffix
    var writer: FileWriter
    do { writer = try FileWriter(creating: temporary) } catch { throw failure(error) }
    do throws(Failure) {
      let result = try write(&writer)
      do throws(MachineError) {
        try writer.synchronize()
        guard FileFaults.permit() != nil, unsafe rename(temporary, path) == 0 else {
          throw MachineError(.fileWriteFailed, cannot: "publish", path, errno: errno)
        }
        try synchronizeFolder(of: path)
      } catch { throw failure(error) }
      return result
    } catch {
      // After a rename there is nothing to remove, and the failure is harmless.
      if FileFaults.permit() != nil { unsafe unlink(temporary) }
      throw error
    }
  }

  /// The same where `write` throws nothing but errors of the file system.
  package static func publish<Result>(
    _ path: String, write: (inout FileWriter) throws(MachineError) -> Result
  ) throws(MachineError) -> Result {
    try publish(path, failure: { $0 }, write: write)
  }

  /// Makes the names in the folder of `path` durable.
  ///
  /// - Throws: `file-write-failed` or `disk-full`.
  package static func synchronizeFolder(of path: String) throws(MachineError) {
    var folder = "."
    if let slash = path.lastIndex(of: "/") {
      folder = slash == path.startIndex ? "/" : String(path[..<slash])
    }
    let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw MachineError(.fileWriteFailed, cannot: "open the folder", folder, errno: errno)
    }
    defer { close(descriptor) }
    guard FileFaults.permit() != nil, fsync(descriptor) == 0 else {
      throw MachineError(.fileWriteFailed, cannot: "sync the folder", folder, errno: errno)
    }
  }
}
