import Documents
import Foundation
import Glibc

/// The walk of one root: depth first, in the order of the bytes of whole paths.
struct FolderWalk {
  /// A name in a folder.
  private struct Entry {
    var name: [UInt8]
    var kind: Int
  }

  /// A folder that is walked.
  private struct Folder {
    /// The absolute path.
    var path: [UInt8]
    /// The rules that hold in it.
    var rules: IgnoreRules
    /// Whether it lies in a folder that an include pattern names.
    var isIncluded: Bool
    /// The names of its files that have a sidecar.
    var sidecars: Set<[UInt8]> = []
    /// What is still to be looked at, the last first.
    var entries: [Entry] = []
  }

  /// What tells a file from every other one.
  private struct Identity: Hashable {
    var device: UInt64
    var inode: UInt64
  }

  private(set) var files: [ScannedFile] = []
  private(set) var skipped: [String: Int] = [:]
  private(set) var ignored = 0
  private(set) var failures: [IngestFailure] = []
  private(set) var unreadable: [String] = []
  private(set) var folders: [String] = []

  private let root: [UInt8]
  private let options: ScanOptions
  private let include: [IgnorePattern]
  private var device: UInt64 = 0
  /// What was reached already; kept only where links are followed.
  private var reached: Set<Identity> = []
  /// The folders from the root down to where the walk is. Folders may lie in one another thousands
  /// deep, which a thread's stack might not hold.
  private var open: [Folder] = []

  init(root: [UInt8], options: ScanOptions) {
    self.root = root
    self.options = options
    include = options.include.flatMap { IgnoreRules.patterns(Array($0.utf8)) }
  }

  /// Walks the root, which may be a file.
  mutating func run() {
    guard let status = Self.status(of: root, followingLinks: true) else {
      return fail(root, errno)
    }
    device = UInt64(status.st_dev)
    guard status.st_mode & S_IFMT == S_IFDIR else {
      var sidecar: FileStamp?
      if let beside = Self.status(
        of: root + ScannedFile.sidecarSuffix.utf8, followingLinks: false),
        beside.st_mode & S_IFMT == S_IFREG
      {
        sidecar = FileStamp(beside)
      }
      return take(root, status, sidecar: sidecar)
    }
    _ = isNew(status)
    enter(Folder(path: root, rules: IgnoreRules(), isIncluded: include.isEmpty))
    while !open.isEmpty {
      if let entry = open[open.count - 1].entries.popLast() {
        look(at: entry, in: open[open.count - 1])
      } else {
        open.removeLast()
      }
    }
  }

  private mutating func enter(_ folder: Folder) {
    guard let entries = entries(of: folder.path) else { return }
    folders.append(Self.text(folder.path))
    var folder = folder
    addRules(entries, to: &folder)
    folder.sidecars = sidecars(entries)
    folder.entries = entries.reversed()
    open.append(folder)
  }

  // MARK: Folders

  /// The names in a folder by ascending bytes of the paths that they lead to: a slash counts behind
  /// the name of a folder.
  private mutating func entries(of path: [UInt8]) -> [Entry]? {
    guard let stream = unsafe Self.withCString(path, { unsafe opendir($0) }) else {
      fail(
        path, "folder-unreadable",
        "\(Self.text(path)) cannot be listed (\(Self.text(errno))): check its permissions")
      unreadable.append(Self.text(path))
      return nil
    }
    defer { unsafe closedir(stream) }
    var entries: [Entry] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe Array(bytes.prefix { $0 != 0 })
      }
      if name == [0x2E] || name == [0x2E, 0x2E] { continue }
      entries.append(Entry(name: name, kind: Int(unsafe entry.pointee.d_type)))
    }
    // Some file systems do not tell the kind, and a link is sorted as what it leads to.
    for index in entries.indices
    where entries[index].kind == DT_UNKNOWN
      || (entries[index].kind == DT_LNK && options.followLinks)
    {
      let path = Self.path(of: entries[index].name, in: path)
      if let status = Self.status(of: path, followingLinks: options.followLinks) {
        entries[index].kind = Self.kind(of: status)
      }
    }
    return entries.sorted { first, second in
      Self.sortKey(first).lexicographicallyPrecedes(Self.sortKey(second))
    }
  }

  private static func sortKey(_ entry: Entry) -> [UInt8] {
    entry.kind == DT_DIR ? entry.name + [0x2F] : entry.name
  }

  /// Adds the rules of the folder's ignore file, and in the root those of the options.
  private mutating func addRules(_ entries: [Entry], to folder: inout Folder) {
    let prefix = folder.path.count == root.count ? 0 : relative(folder.path).count + 1
    var text: [UInt8] = []
    if entries.contains(where: { $0.name == IgnoreRules.fileName }) {
      let path = folder.path + [0x2F] + IgnoreRules.fileName
      let size = Self.status(of: path, followingLinks: true)?.st_size ?? 0
      if size <= IgnoreRules.byteLimit,
        let data = FileManager.default.contents(atPath: Self.text(path))
      {
        text = Array(data)
      } else {
        fail(
          path, "ignore-file-unreadable",
          "\(Self.text(path)) cannot be read, or has more than \(IgnoreRules.byteLimit) bytes: "
            + "what it was to leave out was taken")
      }
    }
    if folder.path.count == root.count {
      text += Array(("\n" + options.exclude.joined(separator: "\n")).utf8)
    }
    folder.rules.add(text, prefix: prefix)
  }

  /// The sidecars among the names of a folder, by the names of their files.
  private func sidecars(_ entries: [Entry]) -> Set<[UInt8]> {
    let suffix = Array(ScannedFile.sidecarSuffix.utf8)
    var names: Set<[UInt8]> = []
    for entry in entries where entry.name.count > suffix.count && entry.name.hasSuffix(suffix) {
      names.insert(Array(entry.name.dropLast(suffix.count)))
    }
    guard !names.isEmpty else { return [] }
    return names.intersection(entries.map(\.name))
  }

  // MARK: Entries

  private mutating func look(at entry: Entry, in folder: Folder) {
    let name = entry.name
    if name.first == 0x2E, !options.hidden || name == Array(".git".utf8) { return }
    if name == IgnoreRules.fileName { return }
    let suffix = Array(ScannedFile.sidecarSuffix.utf8)
    if name.hasSuffix(suffix), folder.sidecars.contains(Array(name.dropLast(suffix.count))) {
      return
    }
    let path = Self.path(of: name, in: folder.path)
    let kind = entry.kind
    // What is not read for its kind needs no call of the system.
    if kind == DT_REG, FileType(pathBytes: name) == nil {
      let isOut = isLeftOut(path, isFolder: false, in: folder)
      return isOut ? () : skip(Self.kind(of: name))
    }
    if kind == DT_LNK, !options.followLinks { return skip("symbolic link") }
    guard let status = Self.status(of: path, followingLinks: options.followLinks) else {
      if kind == DT_LNK { return skip("symbolic link") }
      // What went away meanwhile was never there.
      return errno == ENOENT ? () : fail(path, errno)
    }
    let isFolder = Self.kind(of: status) == DT_DIR
    if isLeftOut(path, isFolder: isFolder, in: folder) { return }
    guard isNew(status) else { return skip("symbolic link") }
    if isFolder {
      if options.oneFileSystem, UInt64(status.st_dev) != device { return skip("mount point") }
      enter(
        Folder(
          path: path, rules: folder.rules,
          isIncluded: folder.isIncluded || isNamed(path, isFolder: true)))
    } else {
      var sidecar: FileStamp?
      if folder.sidecars.contains(name),
        let beside = Self.status(of: path + suffix, followingLinks: false),
        beside.st_mode & S_IFMT == S_IFREG
      {
        sidecar = FileStamp(beside)
      }
      take(path, status, sidecar: sidecar)
    }
  }

  /// Whether rules leave a path out; then it is counted.
  private mutating func isLeftOut(_ path: [UInt8], isFolder: Bool, in folder: Folder) -> Bool {
    let relative = relative(path)
    let isOut =
      folder.rules.ignores(relative, isFolder: isFolder)
      || (!isFolder && !folder.isIncluded && !isNamed(path, isFolder: false))
    if isOut { ignored += 1 }
    return isOut
  }

  /// Whether an include pattern names a path.
  private func isNamed(_ path: [UInt8], isFolder: Bool) -> Bool {
    guard !include.isEmpty else { return true }
    let relative = relative(path)
    var isNamed = false
    for pattern in include where pattern.matches(relative[...], isFolder: isFolder) {
      isNamed = !pattern.isNegated
    }
    return isNamed
  }

  private func relative(_ path: [UInt8]) -> [UInt8] {
    Array(path.dropFirst(root.last == 0x2F ? root.count : root.count + 1))
  }

  /// Whether a file is reached for the first time, where it may be reached again.
  private mutating func isNew(_ status: stat) -> Bool {
    guard options.followLinks else { return true }
    return reached.insert(
      Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    ).inserted
  }

  private mutating func take(_ path: [UInt8], _ status: stat, sidecar: FileStamp?) {
    let type = FileType(pathBytes: path)
    guard status.st_mode & S_IFMT == S_IFREG else {
      guard type != nil else { return skip("special file") }
      return fail(
        path, "not-a-regular-file",
        "\(Self.text(path)) is a FIFO, a socket or a device and was not opened: put a file in its "
          + "place")
    }
    guard let type else { return skip(Self.kind(of: path)) }
    guard let name = String(validating: path, as: UTF8.self) else {
      return fail(
        path, "name-not-utf8",
        "the name of \(Self.text(path)) is not valid UTF-8, so that it could not be cited: rename "
          + "the file")
    }
    files.append(
      ScannedFile(name: name, type: type, stamp: FileStamp(status), sidecar: sidecar))
  }

  // MARK: Accounts

  private mutating func skip(_ kind: String) { skipped[kind, default: 0] += 1 }

  private mutating func fail(_ path: [UInt8], _ code: String, _ message: String) {
    failures.append(IngestFailure(filePath: Self.text(path), code: code, message: message))
  }

  private mutating func fail(_ path: [UInt8], _ error: Int32) {
    fail(
      path, "file-unreadable",
      "\(Self.text(path)) cannot be examined (\(Self.text(error))): check the permissions of its "
        + "folders")
    unreadable.append(Self.text(path))
  }

  /// The extension of a file's name in lower case, by which skipped files are counted.
  private static func kind(of path: [UInt8]) -> String {
    let name = path.split(separator: 0x2F).last ?? []
    guard let dot = name.lastIndex(of: 0x2E), dot > name.startIndex, dot + 1 < name.endIndex else {
      return "no extension"
    }
    return String(decoding: name[(dot + 1)...], as: UTF8.self).lowercased()
  }

  /// The path of a name in a folder.
  private static func path(of name: [UInt8], in folder: [UInt8]) -> [UInt8] {
    folder.last == 0x2F ? folder + name : folder + [0x2F] + name
  }

  /// The kind of a file as directory entries tell it.
  private static func kind(of status: stat) -> Int { Int((status.st_mode & S_IFMT) >> 12) }

  private static func status(of path: [UInt8], followingLinks: Bool) -> stat? {
    var status = stat()
    let flags = followingLinks ? 0 : AT_SYMLINK_NOFOLLOW
    let result = unsafe withCString(path) { unsafe fstatat(AT_FDCWD, $0, &status, flags) }
    return result == 0 ? status : nil
  }

  private static func withCString<T>(
    _ path: [UInt8], _ body: (UnsafePointer<CChar>) -> T
  ) -> T {
    unsafe (path + [0]).map(CChar.init(bitPattern:)).withUnsafeBufferPointer { bytes in
      // The terminating zero makes the buffer one that has an address.
      unsafe body(bytes.baseAddress.unsafelyUnwrapped)
    }
  }

  private static func text(_ path: [UInt8]) -> String { String(decoding: path, as: UTF8.self) }

  private static func text(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
}

extension FileStamp {
  /// The stamp in what the system says of a file.
  init(_ status: stat) {
    self.init(
      size: Int64(status.st_size),
      modified: Int64(status.st_mtim.tv_sec) &* 1_000_000_000
        &+ Int64(status.st_mtim.tv_nsec))
  }
}

extension [UInt8] {
  fileprivate func hasSuffix(_ suffix: [UInt8]) -> Bool {
    count >= suffix.count && self[(count - suffix.count)...].elementsEqual(suffix)
  }
}
