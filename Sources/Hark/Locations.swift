import Embedding
import Foundation

/// Where things lie when nobody says so.
enum Locations {
  /// The name of the default model, and of its folder.
  static let defaultModel = "all-MiniLM-L6-v2"

  /// The folder of the store: the one named, else `HARK_STORE`, else `./indexes/default` where a
  /// folder `indexes` exists, else `$XDG_DATA_HOME/hark/default`.
  static func store(_ named: String?) -> String {
    if let named = named ?? environment("HARK_STORE") { return absolute(named) }
    if isFolder("indexes") { return absolute("indexes/default") }
    return "\(dataHome)/hark/default"
  }

  /// The folder of the embedding model: the one named, else `HARK_MODEL`, else the first of the
  /// usual places that has the model.
  ///
  /// - Parameter name: the name of the model that is looked for in the usual places.
  /// - Throws: `model-missing`.
  static func model(
    _ named: String?, name: String = defaultModel
  ) throws(HarkError) -> String {
    if let named = named ?? environment("HARK_MODEL") {
      guard isFolder(named) else {
        throw HarkError(
          .modelMissing,
          "\(named) is no folder: name the folder of a sentence-transformers model "
            + "(with --model or HARK_MODEL)")
      }
      return absolute(named)
    }
    let places = modelPlaces.map { "\($0)/\(name)" }
    guard let found = places.first(where: isFolder) else {
      throw HarkError(
        .modelMissing,
        "the embedding model \(name) is in none of \(places.joined(separator: ", ")): run "
          + "`make setup` in Hark's source folder, or name a model's folder with --model or "
          + "HARK_MODEL")
    }
    return absolute(found)
  }

  /// The places where a model is looked for, in this order: the working folder, the
  /// installation, the source tree that the program was built in, the user's data.
  private static var modelPlaces: [String] {
    let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    var places = ["models"]
    var folder = program.deletingLastPathComponent()
    places.append(folder.deletingLastPathComponent().appending(path: "share/hark/models").path)
    // A build lies at .build/PLATFORM/CONFIGURATION below the sources.
    for _ in 0..<4 {
      folder = folder.deletingLastPathComponent()
      if folder.lastPathComponent == ".build" {
        places.append(folder.deletingLastPathComponent().appending(path: "models").path)
      }
    }
    places.append("\(dataHome)/hark/models")
    return places
  }

  private static var dataHome: String {
    environment("XDG_DATA_HOME") ?? "\(NSHomeDirectory())/.local/share"
  }

  private static func environment(_ name: String) -> String? {
    ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }

  private static func absolute(_ path: String) -> String {
    URL(filePath: path).standardizedFileURL.path
  }
}
