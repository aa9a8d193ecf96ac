package import Documents
import Glibc

/// The bytes of the file that is to be parsed, mapped where it is a regular file.
///
/// A file that is cut short by somebody else while it is read raises SIGBUS. That ends the
/// parser process, and with it this document alone.
@safe package struct InputFile: ~Copyable {
  private let base: UnsafeMutableRawPointer?
  private let count: Int

  /// Maps a file from its beginning, whatever the position of the descriptor.
  ///
  /// - Parameter descriptor: A regular file that is open for reading.
  /// - Throws: `file-unreadable`, `not-a-regular-file` or `file-empty`.
  package init(descriptor: Int32) throws(DocumentError) {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw DocumentError(.fileUnreadable, "The file cannot be read (errno \(errno)).")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw DocumentError(.notARegularFile, "Standard input is not a regular file.")
    }
    guard let size = Int(exactly: status.st_size), size > 0 else {
      throw DocumentError(.fileEmpty, "The file is empty. Give it some text, or leave it out.")
    }
    guard let address = unsafe mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0),
      unsafe address != MAP_FAILED
    else {
      throw DocumentError(.fileUnreadable, "The file cannot be mapped (errno \(errno)).")
    }
    unsafe base = address
    count = size
  }

  deinit {
    unsafe munmap(base, count)
  }

  /// The bytes of the file.
  package var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    borrowing get {
      let pointer = unsafe UnsafeRawBufferPointer(start: base, count: count)
      let span = unsafe Span<UInt8>(_unsafeBytes: pointer)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }
}
