import Documents
import Glibc

/// Writes records to standard output, many at a time.
final class RecordWriter {
  private var buffer: [UInt8] = []
  private static let bufferSize = 256 << 10

  /// Writes a record.
  func write(_ record: ParserRecord) {
    do {
      try record.append(to: &buffer)
    } catch {
      StandardError.write("hark-parser: a record cannot be encoded\n")
      _exit(1)
    }
    if buffer.count >= Self.bufferSize { flush() }
  }

  /// Hands over what has been written so far.
  func flush() {
    Descriptor.write(buffer, to: STDOUT_FILENO)
    buffer.removeAll(keepingCapacity: true)
  }
}

/// Standard error.
enum StandardError {
  /// Writes a text.
  static func write(_ text: String) {
    Descriptor.write(Array(text.utf8), to: STDERR_FILENO)
  }
}

/// Descriptors that are open for writing.
private enum Descriptor {
  /// Writes bytes, or ends the program where that is refused: nobody would see the rest.
  static func write(_ bytes: [UInt8], to descriptor: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = unsafe rest.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if written > 0 {
        rest = rest.dropFirst(written)
      } else if errno != EINTR {
        if descriptor != STDERR_FILENO {
          // The limit on file sizes makes the second case likely when somebody tries this by hand.
          StandardError.write("hark-parser: standard output is closed, or a file and no pipe\n")
        }
        _exit(1)
      }
    }
  }
}
