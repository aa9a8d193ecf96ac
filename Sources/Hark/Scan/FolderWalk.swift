import Glibc

/// The walk of the paths of a scan: depth first, in the order of the bytes of whole paths.
struct FolderWalk {
  /// A folder, and what holds in it.
  struct Place {
    /// The absolute path with a slash at its end.
    var path: [UInt8]
    /// Whether it is a path that was asked for.
    var isRoot = false
    /// Whether a link leads to it.
    var isBehindLink = false
    /// The device of the root.
    var device: UInt64
    /// What the ignore files from the root down leave out.
    var rules = IgnoreRules()
    /// The include patterns.
    var include = IgnoreRules()
    /// Whether an include pattern names the folder, or one above it.
    var isIncluded: Bool
  }

  /// A folder on the way down from the root. Folders may lie in one another thousands deep, which
  /// a thread's stack might not hold.
  struct Step {
    var files: [ScannedFile] = []
    var filesDone = 0
    /// The folders in it, and how many of its files come before each.
    var folders: [(place: Place, files: Int)] = []
  }

  var files: [ScannedFile] = []
  var skipped: [String: Int] = [:]
  var ignored = 0
  var failures: [IngestFailure] = []
  var unreadable: [String] = []
  var folders: [String] = []

  let options: ScanOptions
  var kinds = FileKinds()
  /// The paths that are accounted for, where paths overlap and may be met twice.
  private var counted: Set<[UInt8]>?
  /// What was reached, where links are followed and may lead to it once more.
  private var reached: Set<FileStatus.Identity> = []
  /// Links that are to be followed when all is walked that can be reached without them.
  var links: [(place: Place, path: [UInt8])] = []

  /// Prepares a walk.
  ///
  /// - Parameter mayRepeat: whether a path may be met twice, as the paths to walk overlap.
  init(options: ScanOptions, mayRepeat: Bool) {
    self.options = options
    counted = mayRepeat ? [] : nil
  }

  // MARK: Order

  /// Walks a path without links, which may be that of a file.
  mutating func walk(_ root: [UInt8], _ status: FileStatus) {
    _ = isFirstMeeting(root)
    var path = root
    guard status.kind == .folder else {
      let name = (path.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1
      if let folder = String(validating: path[..<max(1, name - 1)], as: UTF8.self) {
        folders.append(folder)
      }
      let beside = FileStatus(of: path + ScannedFile.sidecarSuffix.utf8, followLinks: false)
      let sidecar = beside?.kind == .file ? beside?.stamp : nil
      if let file = take(path, kinds.kind(of: path[name...]), status, sidecar: sidecar) {
        files.append(file)
      }
      return
    }
    if path.last != UInt8(ascii: "/") { path.append(UInt8(ascii: "/")) }
    var place = Place(
      path: path, isRoot: true, device: status.identity.device,
      isIncluded: options.include.isEmpty)
    place.include.add(Array(options.include.joined(separator: "\n").utf8), start: path.count)
    walk(place)
  }

  /// Walks on through the links that were met, in the order of their bytes, and then through those
  /// that were met behind them.
  mutating func followLinks() {
    while !links.isEmpty {
      let round = links.sorted { $0.path.lexicographicallyPrecedes($1.path) }
      links = []
      for (place, path) in round { follow(path, in: place) }
    }
  }

  private mutating func walk(_ place: Place) {
    var steps = [enter(place)].compactMap(\.self)
    while let last = steps.indices.last {
      let next = steps[last].folders.popLast()
      let end = next?.files ?? steps[last].files.count
      files += steps[last].files[steps[last].filesDone..<end]
      steps[last].filesDone = end
      if let next {
        if let step = enter(next.place) { steps.append(step) }
      } else {
        steps.removeLast()
      }
    }
  }

  private mutating func follow(_ path: [UInt8], in place: Place) {
    guard let status = FileStatus(of: path, followLinks: true) else {
      let reason = errno
      guard isTaken(path, isFolder: false, in: place) != nil else { return }
      return [ENOENT, ENOTDIR, ELOOP].contains(reason)
        ? skip("symbolic link", path) : failToExamine(path, reason)
    }
    let isFolder = status.kind == .folder
    guard let isIncluded = isTaken(path, isFolder: isFolder, in: place) else { return }
    if isFolder {
      var inner = place
      inner.path = path + [UInt8(ascii: "/")]
      inner.isRoot = false
      inner.isBehindLink = true
      inner.isIncluded = isIncluded
      return walk(inner)
    }
    guard isReachedFirst(status, behindLink: true) else { return skip("symbolic link", path) }
    let beside = FileStatus(of: path + ScannedFile.sidecarSuffix.utf8, followLinks: true)
    let sidecar = beside?.kind == .file ? beside?.stamp : nil
    let kind = kinds.kind(of: path[place.path.count...])
    if let file = take(path, kind, status, sidecar: sidecar) { files.append(file) }
  }

  // MARK: Rules

  /// Whether rules let a path be taken: nil where they leave it out, which is counted, and
  /// otherwise whether an include pattern names it or a folder above it.
  mutating func isTaken(_ path: [UInt8], isFolder: Bool, in place: Place) -> Bool? {
    var isIncluded = place.isIncluded
    if !place.rules.isEmpty || !place.include.isEmpty {
      let name = place.path.count
      if place.rules.verdict(on: path, name: name, isFolder: isFolder) == true {
        ignore(path)
        return nil
      }
      isIncluded = place.include.verdict(on: path, name: name, isFolder: isFolder) ?? isIncluded
    }
    guard isFolder || isIncluded else {
      ignore(path)
      return nil
    }
    return isIncluded
  }

  // MARK: Accounts

  /// Whether a file or folder is reached for the first time. Without a link, it is taken in any
  /// case.
  mutating func isReachedFirst(_ status: FileStatus, behindLink: Bool) -> Bool {
    guard options.followLinks else { return true }
    return reached.insert(status.identity).inserted || !behindLink
  }

  /// Whether a path is met for the first time.
  mutating func isFirstMeeting(_ path: [UInt8]) -> Bool {
    counted?.insert(path).inserted ?? true
  }

  mutating func ignore(_ path: [UInt8]) {
    if isFirstMeeting(path) { ignored += 1 }
  }

  mutating func skip(_ label: String, _ path: [UInt8]) {
    if isFirstMeeting(path) { skipped[label, default: 0] += 1 }
  }

  mutating func fail(_ path: [UInt8], _ code: String, _ message: (String) -> String) {
    guard isFirstMeeting(path) else { return }
    let text = String(decoding: path, as: UTF8.self)
    failures.append(IngestFailure(filePath: text, code: code, message: message(text)))
  }

  mutating func failToExamine(_ path: [UInt8], _ reason: Int32) {
    unreadable.append(String(decoding: path, as: UTF8.self))
    fail(path, "file-unreadable") { path in
      "\(path) cannot be examined (\(FileStatus.text(reason))): check the permissions of its folders"
    }
  }
}
