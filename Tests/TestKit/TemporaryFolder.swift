public import Foundation

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
}
