import FoundationEssentials
import SystemPackage

extension DocumentParser {
  /// The name of the parser program.
  static let programName = "hark-parser"

  /// Finds the parser program; see ``init(executable:limits:)`` for the order.
  static func locate(_ given: String?) throws(DocumentError) -> FilePath {
    let environment = ProcessInfo.processInfo.environment["HARK_PARSER"]
    if let named = given ?? environment, !named.isEmpty {
      guard FileManager.default.isExecutableFile(atPath: named) else {
        throw DocumentError(
          .parserMissing,
          "\(named) is not a program. Set HARK_PARSER to the program hark-parser, or unset it.")
      }
      // A relative path must go on to mean the same file when the working directory changes.
      let path = FilePath(named)
      return path.isAbsolute
        ? path : FilePath(FileManager.default.currentDirectoryPath).appending(path.components)
    }
    var places: [FilePath] = []
    if let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
      let folder = FilePath(own).removingLastComponent()
      places.append(folder.appending(programName))
      places.append(folder.removingLastComponent().appending("libexec/hark/\(programName)"))
    }
    for place in places where FileManager.default.isExecutableFile(atPath: place.string) {
      return place
    }
    let tried = places.map(\.string).joined(separator: " and ")
    throw DocumentError(
      .parserMissing,
      "The program hark-parser was not found at \(tried). Install it there, or set HARK_PARSER.")
  }
}
