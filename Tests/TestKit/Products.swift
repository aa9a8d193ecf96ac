public import Foundation

/// The programs that the build under test made.
public enum Products {
  /// The folder of the build's products.
  public static let folder = TestData.packageRoot.appending(path: ".build/release")

  /// The program `hark`, or the one that `HARK_BINARY` names.
  public static let hark: URL =
    ProcessInfo.processInfo.environment["HARK_BINARY"].map { URL(filePath: $0) }
    ?? folder.appending(path: "hark")

  /// The program `hark-parser`, or the one that `HARK_PARSER` names. The variable is set, so that
  /// the library in the test's own process finds the program too.
  public static let parser: URL = {
    if let named = ProcessInfo.processInfo.environment["HARK_PARSER"] {
      return URL(filePath: named)
    }
    let built = folder.appending(path: "hark-parser")
    unsafe setenv("HARK_PARSER", built.path, 1)
    return built
  }()
}
