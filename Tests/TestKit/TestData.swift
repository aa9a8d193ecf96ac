public import Foundation

/// Test data that lies outside the package: real collections, PDFs and reference vectors.
///
/// The folder is the environment variable `HARK_TEST_DATA`, else a folder `data` in a neighbour of
/// the package's own folder. Tests that need it are enabled only where it exists.
public enum TestData {
  /// The root of the package, found from this file.
  public static let packageRoot: URL = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The folder `name` of the test data, or nil where it is not on this machine.
  public static func folder(_ name: String) -> URL? {
    roots.map { $0.appending(path: name) }
      .first { FileManager.default.fileExists(atPath: $0.path) }
  }

  private static let roots: [URL] = {
    if let named = ProcessInfo.processInfo.environment["HARK_TEST_DATA"] {
      return [URL(filePath: named)]
    }
    let parent = packageRoot.deletingLastPathComponent()
    let neighbours = (try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? []
    return neighbours.sorted().map { parent.appending(path: $0).appending(path: "data") }
  }()

  /// The folder of the default embedding model, or nil where `make setup` has not fetched it.
  public static let model: URL? = {
    let folder = packageRoot.appending(path: "models/all-MiniLM-L6-v2")
    let weights = folder.appending(path: "model.safetensors").path
    return FileManager.default.fileExists(atPath: weights) ? folder : nil
  }()
}
