import Documents
import Foundation
import Glibc

/// What lies below the paths of an ingest.
///
/// Hidden names (with a leading dot) are passed over, and what ignore files (`.harkignore`, in the
/// manner of gitignore(5)) leave out. Symbolic links below a path are counted and not followed
/// unless that is asked for; a path given by the user may itself be a link. Folders on other file
/// systems are entered unless that is forbidden. Only regular files are read: a FIFO or a device
/// would never end.
struct FolderScan: Sendable {
  /// The paths that were asked for, absolute and without links, by ascending bytes.
  private(set) var roots: [String] = []
  /// The files to read, by ascending bytes of their paths.
  private(set) var files: [ScannedFile] = []
  /// Files that are not read for their kind, by extension.
  private(set) var skipped: [String: Int] = [:]
  /// Files and folders that ignore rules left out.
  private(set) var ignored = 0
  /// What could not be looked at, and files whose kind forbids reading them.
  private(set) var failures: [IngestFailure] = []
  /// The paths that could not be looked at, so that nothing at or below them is known to be gone.
  private(set) var unreadable: [String] = []
  /// All folders that were walked.
  private(set) var folders: [String] = []

  /// Files of every kind that were seen.
  var filesSeen: Int { files.count + failures.count + skipped.values.reduce(0, +) }

  /// The roots that lie below no other root, by ascending bytes.
  var outermostRoots: [String] {
    roots.filter { root in
      !roots.contains { $0 != root && ScannedFile.isAtOrBelow($0, root) }
    }
  }

  /// Whether a path could not be looked at, so that it may be there all the same.
  func isUnreadable(_ path: String) -> Bool {
    unreadable.contains { ScannedFile.isAtOrBelow($0, path) }
  }

  /// Walks the paths given by the user, and all folders below them.
  ///
  /// - Throws: `path-missing` where one of the paths does not exist.
  /// - Complexity: O(*n*) in the entries of the folders, and a call of the system for each file of a
  ///   kind that is read.
  init(_ paths: [String], options: ScanOptions) throws(HarkError) {
    var resolved: [[UInt8]] = []
    for path in paths {
      guard let root = Self.resolved(path) else {
        throw HarkError(
          .pathMissing, "\(path) does not exist or cannot be reached: check the path's spelling")
      }
      if !resolved.contains(root) { resolved.append(root) }
    }
    resolved.sort { $0.lexicographicallyPrecedes($1) }
    roots = resolved.map { String(decoding: $0, as: UTF8.self) }
    for root in resolved {
      var walk = FolderWalk(root: root, options: options)
      walk.run()
      take(walk)
    }
    failures.sort { $0.filePath < $1.filePath }
  }

  private mutating func take(_ walk: FolderWalk) {
    // A root within another one may bring files that were seen already.
    if let last = files.last, let first = walk.files.first,
      !last.name.utf8.lexicographicallyPrecedes(first.name.utf8)
    {
      files = (files + walk.files).sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        .reduce(into: []) { kept, file in
          if kept.last.map({ !$0.name.utf8.elementsEqual(file.name.utf8) }) ?? true {
            kept.append(file)
          }
        }
    } else {
      files += walk.files
    }
    skipped.merge(walk.skipped, uniquingKeysWith: +)
    ignored += walk.ignored
    failures += walk.failures.filter { !failures.contains($0) }
    unreadable += walk.unreadable
    folders += walk.folders
  }

  /// The path without links, `.` and `..`; nil where nothing is there.
  private static func resolved(_ path: String) -> [UInt8]? {
    guard let resolved = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(resolved) }
    return unsafe Array(UnsafeRawBufferPointer(start: resolved, count: strlen(resolved)))
  }
}
