import Glibc

/// One of the three standard streams of the process. The only place with system calls.
enum StandardStream: Int32, Sendable {
  case input = 0
  case output = 1
  case error = 2

  /// Why a stream could not be written, in the system's words.
  struct WriteError: Error, CustomStringConvertible {
    let description: String
  }

  /// Lets a write to a closed pipe fail as a call, instead of ending the process by SIGPIPE.
  static func ignoreBrokenPipes() {
    _ = signal(SIGPIPE, SIG_IGN)
  }

  /// Whether a terminal is at the other end.
  var isTerminal: Bool { isatty(rawValue) == 1 }

  /// The terminal's width in columns at this moment, nil where there is none.
  var columns: Int? {
    var size = winsize()
    let status = unsafe withUnsafeMutablePointer(to: &size) { size in
      unsafe ioctl(rawValue, UInt(TIOCGWINSZ), size)
    }
    return status == 0 && size.ws_col > 0 ? Int(size.ws_col) : nil
  }

  /// Writes all of `text`. Text for a reader that has closed its end is dropped without an error.
  func write(_ text: String) throws(WriteError) {
    var text = text
    let failure = text.withUTF8 { bytes -> Int32? in
      var rest = unsafe UnsafeRawBufferPointer(bytes)[...]
      while unsafe !rest.isEmpty {
        let written = unsafe Glibc.write(
          rawValue, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if written >= 0 {
          unsafe rest = rest.dropFirst(written)
        } else if errno == EAGAIN {
          waitUntilWritable()
        } else if errno == EPIPE {
          return nil
        } else if errno != EINTR {
          return errno
        }
      }
      return nil
    }
    if let failure {
      throw WriteError(description: unsafe String(cString: strerror(failure)))
    }
  }

  /// Waits for a stream that another process has set non-blocking.
  private func waitUntilWritable() {
    var request = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
    _ = unsafe poll(&request, 1, -1)
  }
}
