/// Why a server cannot start, in words that a person can act upon.
package struct ServerError: Error, Sendable, CustomStringConvertible {
  /// A stable name of the kind of error, for programs.
  package enum Code: String, Sendable, CaseIterable {
    /// The path has more bytes than the address of a socket holds.
    case pathTooLong = "socket-path-too-long"
    /// The folder of the socket cannot be made or opened.
    case folderUnavailable = "socket-folder-unavailable"
    /// Others could replace files in the folder of the socket.
    case folderUnsafe = "socket-folder-unsafe"
    /// Something that is not a socket lies at the path.
    case pathTaken = "socket-path-taken"
    /// Another server answers at the path.
    case serverRunning = "server-running"
    /// The system refused what the server needs.
    case socketFailed = "socket-failed"
    /// The server was started before.
    case alreadyStarted = "server-started-twice"
  }

  /// The stable name of the kind of error.
  package let code: Code
  /// What happened to which path, and what to do.
  package let message: String

  /// Makes an error.
  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message and, in brackets, the code.
  package var description: String { "\(message) [\(code.rawValue)]" }
}
