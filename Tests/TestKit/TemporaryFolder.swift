public import Foundation
import Glibc

/// A folder for one test, removed when the last reference to it goes.
public final class TemporaryFolder: Sendable {
  /// Where the folder lies.
  public let url: URL
  /// The same as a path.
  public var path: String { url.path }

  /// Makes a new, empty folder.
  public init() throws {
    url = FileManager.default.temporaryDirectory
      .appending(path: "hark-test-\(UUID().uuidString)", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// The path of the file `name` in this folder.
  public func file(_ name: String) -> String { url.appending(path: name).path }

  /// Writes a file, with the folders above it, and gives its path.
  @discardableResult
  public func write(_ name: String, _ contents: some StringProtocol) throws -> String {
    try write(name, Data(contents.utf8))
  }

  /// Writes a file, with the folders above it, and gives its path.
  @discardableResult
  public func write(_ name: String, _ contents: Data) throws -> String {
    let file = url.appending(path: name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try contents.write(to: file)
    return file.path
  }

  /// Writes a program, such as a shell script, and gives its path when it can be started.
  public func writeProgram(_ name: String, _ contents: String) throws -> String {
    let path = try write(name, contents)
    try Self.makeProgram(path)
    return path
  }

  /// Makes a file a program that can be started at once.
  public static func makeProgram(_ path: String) throws {
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    waitForWriters(of: path)
  }

  /// Waits until all files are closed for good.
  public func waitForWriters() {
    for name in FileManager.default.subpaths(atPath: path) ?? [] {
      Self.waitForWriters(of: file(name))
    }
  }

  /// Waits until nobody has a file open for writing.
  ///
  /// A program that another test starts holds a copy of every descriptor until it is under way: a
  /// file just written may not be started yet, and is heard being closed later. A read lease is
  /// granted only on a file that is not open for writing.
  private static func waitForWriters(of path: String) {
    let setLease: CInt = 1024  // F_SETLEASE, which Glibc's module leaves out.
    guard let file = FileHandle(forReadingAtPath: path) else { return }
    while fcntl(file.fileDescriptor, setLease, F_RDLCK) != 0, errno == EAGAIN { usleep(1_000) }
    _ = fcntl(file.fileDescriptor, setLease, F_UNLCK)
  }
}
