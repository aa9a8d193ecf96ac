import Glibc

/// What went wrong with a file, a lock or a library of this machine.
///
/// `code` is stable and meant for programs. `message` is meant for people: it says what happened,
/// to which file, and what to do.
package struct MachineError: Error, Sendable, CustomStringConvertible {
  /// The kinds of failure; raw values are stable.
  package enum Code: String, Sendable, CaseIterable {
    /// The file cannot be opened: it is missing, or not permitted.
    case fileOpenFailed = "file-open-failed"
    /// The path names a folder, a pipe or a device where a regular file is wanted.
    case fileNotRegular = "file-not-regular"
    /// The file cannot be read or mapped.
    case fileReadFailed = "file-read-failed"
    /// The file cannot be written, synced or renamed.
    case fileWriteFailed = "file-write-failed"
    /// There is no room left on the device, or the quota is used up.
    case diskFull = "disk-full"
    /// Another process holds the lock.
    case fileLocked = "file-locked"
    /// The file is not a NumPy array of a kind that can be read here.
    case numpyInvalid = "numpy-invalid"
    /// The file is not one of vectors in the formats .fvecs or .ivecs.
    case vecsInvalid = "vecs-invalid"
    /// A library that is loaded at run time, such as BLAS, is not there.
    case libraryMissing = "library-missing"
    /// The system starts no further thread.
    case threadFailed = "thread-failed"
    /// An argument has the wrong shape.
    case shapeInvalid = "shape-invalid"
  }

  /// What kind of failure it is.
  package let code: Code
  /// What happened, to which file, and what to do; whole sentences.
  package let message: String
  /// The file concerned, if there is one.
  package let path: String?
  /// The system's own error number, if a system call failed.
  package let errno: Int32?

  /// Makes an error from its parts.
  package init(code: Code, message: String, path: String? = nil, errno: Int32? = nil) {
    self.code = code
    self.message = message
    self.path = path
    self.errno = errno
  }

  /// An error of the system call that failed just now.
  ///
  /// Full devices and used-up quotas get the code `disk-full`, whatever `code` says. The message
  /// ends with what to do, which follows from the error number.
  ///
  /// - Parameters:
  ///   - code: what kind of failure it is.
  ///   - action: what was tried, as it follows “Cannot”: “open”, “write to”.
  ///   - path: the file concerned.
  ///   - errno: the system's error number.
  package init(_ code: Code, cannot action: String, _ path: String, errno: Int32) {
    let full = errno == ENOSPC || errno == EDQUOT
    self.init(
      code: full ? .diskFull : code,
      message: "Cannot \(action) \(path): \(MachineError.text(of: errno)). "
        + MachineError.remedy(for: errno),
      path: path, errno: errno)
  }

  /// What to do about an error number of a file.
  private static func remedy(for errno: Int32) -> String {
    switch errno {
    case ENOSPC, EDQUOT: "Free some space and try again."
    case ENOENT, ENOTDIR, EISDIR, ENAMETOOLONG, ELOOP: "Check the path."
    case EACCES, EPERM: "Check the permissions of the file and of its folder."
    case EROFS: "Name a place that is not mounted read-only."
    case EMFILE, ENFILE: "Raise the limit of open files (ulimit -n) and try again."
    case ENOMEM: "Free some memory and try again."
    case EIO: "Check the device: the system's log (dmesg) says more."
    default: "Check the path and its permissions, then try again."
    }
  }

  /// The system's words for an error number.
  package static func text(of errno: Int32) -> String {
    unsafe String(cString: strerror(errno))
  }

  package var description: String { message }
}
