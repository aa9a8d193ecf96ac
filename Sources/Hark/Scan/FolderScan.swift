import Documents
import Glibc

/// What lies below the paths of an ingest.
///
/// Hidden names (with a leading dot) are passed over, and what ignore files (`.harkignore`, in the
/// manner of gitignore(5)) leave out. Symbolic links below a path are counted and not followed
/// unless that is asked for; a path given by the user may itself be a link. Mount points are
/// entered unless that is forbidden. Only regular files are read: a FIFO or a device would never
/// end.
struct FolderScan: Sendable {
  /// The paths that were asked for, each once, in the order of the files below them.
  let roots: [ScannedRoot]
  /// The files to read, each once, by ascending bytes of their paths.
  let files: [ScannedFile]
  /// Files that are not read for their kind, by extension, and what else was passed over:
  /// `symbolic link`, `special file`, `mount point`.
  let skipped: [String: Int]
  /// Files and folders that ignore rules left out. What lies in such a folder is not counted.
  let ignored: Int
  /// What could not be looked at, and files whose kind or name forbids reading them.
  let failures: [IngestFailure]
  /// The absolute paths that could not be looked at: what lies at or below them is not known to be
  /// gone.
  let unreadable: [String]
  /// The folders in which a change may change the scan: those that were walked, and those that
  /// hold paths that are files. Folders whose names are not UTF-8 are missing.
  let folders: [String]

  /// Files of every kind that were seen, without sidecars and what rules left out.
  var filesSeen: Int { files.count + failures.count + skipped.values.reduce(0, +) }

  /// The paths of the roots that lie below no other root, in the order of the files below them.
  var outermostRoots: [String] {
    roots.map(\.path).filter { root in
      !roots.contains { $0.path != root && ScannedFile.isAtOrBelow($0.path, root) }
    }
  }

  /// Whether a path could not be looked at, so that it may be there all the same.
  func isUnreadable(_ path: String) -> Bool {
    unreadable.contains { ScannedFile.isAtOrBelow($0, path) }
  }

  /// Walks the paths given by the user, and all folders below them.
  ///
  /// Rules and patterns are those of each path by itself: a file below two paths is taken where one
  /// of them takes it.
  ///
  /// - Throws: `path-missing` where one of the paths does not exist.
  /// - Complexity: O(*n* log *n*) in the names of each folder, and one call of the system for each
  ///   file of a kind that is read.
  init(_ paths: [String], options: ScanOptions) throws(HarkError) {
    var found: [Root] = []
    for path in paths {
      guard let root = Root(path) else {
        throw HarkError(
          .pathMissing, "\(path) does not exist or cannot be reached: check the path's spelling")
      }
      found.append(root)
    }
    found.sort { $0.key.lexicographicallyPrecedes($1.key) }
    found = found.reduce(into: []) { if $0.last?.path != $1.path { $0.append($1) } }
    // A folder comes right before what lies in it.
    let overlap = zip(found, found.dropFirst()).contains { $1.key.starts(with: $0.key) }
    var walk = FolderWalk(options: options, mayRepeat: overlap)
    // What a path takes by itself does not count as left out by one above it.
    for root in overlap ? found.reversed() : found { walk.walk(root.path, root.status) }
    walk.followLinks()
    roots = found.map {
      ScannedRoot(path: String(decoding: $0.path, as: UTF8.self), isFolder: $0.isFolder)
    }
    let isSorted = !overlap && !options.followLinks
    files = isSorted ? walk.files : Self.inOrder(walk.files, by: \.name)
    folders = Self.inOrder(walk.folders, by: \.self)
    unreadable = Self.inOrder(walk.unreadable, by: \.self)
    failures = walk.failures.sorted { $0.filePath.utf8.lexicographicallyPrecedes($1.filePath.utf8) }
    skipped = walk.skipped
    ignored = walk.ignored
  }

  /// The elements by ascending bytes of their names, each once.
  private static func inOrder<T>(_ elements: [T], by name: (T) -> String) -> [T] {
    elements.sorted { name($0).utf8.lexicographicallyPrecedes(name($1).utf8) }
      .reduce(into: []) { kept, element in
        if kept.last.map({ !name($0).utf8.elementsEqual(name(element).utf8) }) ?? true {
          kept.append(element)
        }
      }
  }

  /// A path that was asked for, as the system knows it.
  private struct Root {
    /// The path without links, `.` and `..`.
    let path: [UInt8]
    let status: FileStatus
    var isFolder: Bool { status.kind == .folder }
    /// What orders roots as the files below them.
    var key: [UInt8] {
      isFolder && path.last != UInt8(ascii: "/") ? path + [UInt8(ascii: "/")] : path
    }

    /// Finds a path; nil where nothing is there.
    init?(_ path: String) {
      guard !path.utf8.contains(0), let resolved = unsafe realpath(path, nil) else { return nil }
      defer { unsafe free(resolved) }
      self.path = unsafe Array(UnsafeRawBufferPointer(start: resolved, count: strlen(resolved)))
      guard let status = FileStatus(of: self.path, followLinks: false) else { return nil }
      self.status = status
    }
  }
}
