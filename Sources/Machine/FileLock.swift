import Glibc

/// An advisory lock on a file (flock), held until the value goes.
///
/// The system drops the lock when its process ends, however it ends. The lock file holds the
/// process id of who held it last for himself, for messages alone.
package struct FileLock: ~Copyable, Sendable {
  /// The lock file's path.
  package let path: String
  private let descriptor: Int32

  /// Takes the lock; makes the lock file where it is missing.
  ///
  /// - Parameters:
  ///   - path: the lock file. It is never removed: that would let two processes lock two files.
  ///   - wait: whether to block the thread until the lock is free.
  ///   - isShared: whether others may hold the lock at the same time, who share it too.
  /// - Throws: `file-locked` where another holds it and `wait` is false; `file-open-failed`,
  ///   `file-write-failed` or `disk-full`.
  package init(
    _ path: String, wait: Bool = false, isShared: Bool = false
  ) throws(MachineError) {
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else {
      throw MachineError(.fileOpenFailed, cannot: "open the lock", path, errno: errno)
    }
    let operation = isShared ? LOCK_SH : LOCK_EX
    while flock(descriptor, wait ? operation : operation | LOCK_NB) != 0 {
      let reason = errno
      if reason == EINTR { continue }
      defer { close(descriptor) }
      guard reason == EWOULDBLOCK else {
        throw MachineError(.fileWriteFailed, cannot: "lock", path, errno: reason)
      }
      let holder = FileLock.holder(descriptor).map { " (\($0))" } ?? ""
      throw MachineError(
        code: .fileLocked,
        message:
          "Another process\(holder) holds the lock \(path). Wait until it ends, then try again.",
        path: path)
    }
    self.path = path
    self.descriptor = descriptor
    guard !isShared else { return }
    // The note of the holder is a courtesy: its failure changes nothing.
    let note = Array("\(getpid())\n".utf8)
    _ = ftruncate(descriptor, 0)
    _ = unsafe pwrite(descriptor, note, note.count, 0)
  }

  /// Gives the lock back now, whatever still refers to the value.
  package borrowing func release() { flock(descriptor, LOCK_UN) }

  deinit {
    // Closing alone leaves the lock to a child that another thread has just forked and that has
    // not yet executed its program: it shares the open file.
    release()
    close(descriptor)
  }

  private static func holder(_ descriptor: Int32) -> Int? {
    var note = [UInt8](repeating: 0, count: 20)
    let count = unsafe pread(descriptor, &note, note.count, 0)
    guard count > 1 else { return nil }
    return Int(String(decoding: note[..<(count - 1)], as: UTF8.self))
  }
}
