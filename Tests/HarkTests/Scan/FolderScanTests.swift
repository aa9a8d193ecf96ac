import Documents
import Foundation
import Glibc
import TestKit
import Testing

@testable import Hark

@Suite struct FolderScanTests {
  private let folder: TemporaryFolder
  private let root: String

  init() throws {
    folder = try TemporaryFolder()
    root = folder.url.resolvingSymlinksInPath().path
  }

  private func scan(
    _ paths: [String] = [""], _ options: ScanOptions = ScanOptions()
  ) throws -> FolderScan {
    try FolderScan(paths.map { $0.isEmpty ? folder.path : folder.file($0) }, options: options)
  }

  private func names(_ scan: FolderScan) -> [String] {
    scan.files.map { String($0.name.dropFirst(root.count + 1)) }
  }

  private func link(_ name: String, to target: String) throws {
    #expect(unsafe symlink(target, folder.file(name)) == 0)
  }

  // MARK: Files and kinds

  @Test func takesRegularFilesInTheOrderOfTheirBytes() throws {
    for name in [
      "b.txt", "a/z.md", "a.html", "a-b/c.md", "A.PDF", "가.txt", "picture.png", "noextension",
    ] {
      try folder.write(name, "x")
    }
    try folder.write(".hidden/secret.txt", "x")
    try folder.write(".hidden.txt", "x")
    let scan = try scan()
    #expect(names(scan) == ["A.PDF", "a-b/c.md", "a.html", "a/z.md", "b.txt", "가.txt"])
    #expect(scan.files.map(\.type) == [.pdf, .markdown, .html, .markdown, .text, .text])
    #expect(scan.files.allSatisfy { $0.stamp.size == 1 && $0.stamp.modified > 0 })
    #expect(scan.skipped == ["png": 1, "no extension": 1])
    #expect(scan.failures.isEmpty && scan.unreadable.isEmpty && scan.ignored == 0)
    #expect(scan.filesSeen == 8)
    #expect(scan.folders == [root, root + "/a", root + "/a-b"])
    #expect(scan.roots == [ScannedRoot(path: root, isFolder: true)])
  }

  @Test func hiddenNamesAreTakenOnDemandButNotThoseOfGit() throws {
    for name in [".a/b.txt", ".c.txt", ".git/d.txt"] { try folder.write(name, "x") }
    #expect(try names(scan([""], ScanOptions(hidden: true))) == [".a/b.txt", ".c.txt"])
  }

  @Test func specialFilesAreNotOpened() throws {
    for name in ["pipe.txt", "pipe", "x/.harkignore"] {
      try FileManager.default.createDirectory(
        atPath: folder.file("x"), withIntermediateDirectories: true)
      #expect(unsafe mkfifo(folder.file(name), 0o600) == 0)
    }
    let scan = try scan()
    #expect(scan.skipped == ["special file": 1])
    #expect(scan.failures.map(\.code) == ["not-a-regular-file", "ignore-file-unreadable"])
  }

  @Test func aNameThatIsNotUTF8Fails() throws {
    let name = Array(folder.path.utf8CString.dropLast()) + [0x2F, -1, -2].map { CChar($0) }
    let descriptor = unsafe creat(name + ".txt".utf8CString, 0o600)
    #expect(descriptor >= 0)
    close(descriptor)
    #expect(unsafe mkdir(name + [0], 0o700) == 0)
    let scan = try scan()
    #expect(scan.files.isEmpty)
    #expect(scan.failures.map(\.code) == ["name-not-utf8"])
    #expect(scan.folders == [root])
  }

  @Test func foldersMayLieInOneAnotherThousandsDeep() throws {
    let deep = String(repeating: "d/", count: 1_500)
    try folder.write(deep + "a.txt", "x")
    #expect(try names(scan()) == [deep + "a.txt"])
  }

  // MARK: Roots

  @Test func overlappingPathsAreWalkedOnce() throws {
    let file = try folder.write("sub/a.txt", "x")
    try folder.write("sub/b.png", "x")
    try folder.write("sub/.harkignore", "c.txt")
    try folder.write("sub/c.txt", "x")
    let scan = try FolderScan(
      [folder.path, folder.file("sub"), file, file], options: ScanOptions())
    #expect(names(scan) == ["sub/a.txt"])
    #expect(scan.skipped == ["png": 1])
    #expect(scan.ignored == 1)
    #expect(scan.roots.map(\.path) == [root, root + "/sub", root + "/sub/a.txt"])
    #expect(scan.outermostRoots == [root])
    #expect(scan.folders == [root, root + "/sub"])
  }

  @Test func aPathThatIsAskedForIsTakenThoughOneAboveItLeavesItOut() throws {
    try folder.write(".harkignore", "sub/\nb.txt")
    let file = try folder.write("b.txt", "x")
    try folder.write("sub/a.txt", "x")
    let scan = try FolderScan([folder.path, folder.file("sub"), file], options: ScanOptions())
    #expect(names(scan) == ["b.txt", "sub/a.txt"])
    #expect(scan.ignored == 0)
  }

  /// `-` comes before the slash, and a plain comparison of the roots would put them the other way.
  @Test func rootsComeInTheOrderOfTheirFiles() throws {
    try folder.write("a/x.txt", "x")
    try folder.write("a-b/y.txt", "x")
    let scan = try scan(["a", "a-b"])
    #expect(names(scan) == ["a-b/y.txt", "a/x.txt"])
    #expect(scan.outermostRoots == [root + "/a-b", root + "/a"])
  }

  @Test func aFileMayBeARoot() throws {
    try folder.write("a.pdf", "x")
    try folder.write("a.pdf.meta.json", "{}")
    let options = ScanOptions(include: ["*.md"], exclude: ["*"])
    let scan = try FolderScan([folder.file("a.pdf")], options: options)
    #expect(names(scan) == ["a.pdf"])
    #expect(scan.files.first?.sidecar?.size == 2)
    #expect(scan.folders == [root])
    #expect(scan.roots.map(\.isFolder) == [false])
  }

  @Test func aPathThatIsNotThereIsAnError() throws {
    for path in ["/no/such/folder", "", folder.path + "\0/x"] {
      let error = #expect(throws: HarkError.self) { try FolderScan([path], options: ScanOptions()) }
      #expect(error?.code == .pathMissing)
    }
  }

  // MARK: Sidecars

  @Test func sidecarsGoWithTheirFiles() throws {
    for name in ["a.pdf", "a.pdf.meta.json", "a.pdf.b.txt", "c.png", "c.png.meta.json"] {
      try folder.write(name, name)
    }
    try folder.write("alone.txt.meta.json", "{}")
    try folder.write("folder.txt/x.md", "x")
    try folder.write("folder.txt.meta.json", "{}")
    let scan = try scan()
    #expect(names(scan) == ["a.pdf", "a.pdf.b.txt", "folder.txt/x.md"])
    #expect(scan.files.map { $0.sidecar?.size } == [15, nil, nil])
    #expect(scan.skipped == ["json": 2, "png": 1])
    #expect(scan.filesSeen == 6)
  }

  @Test func aSidecarThatIsLeftOutIsNotRead() throws {
    for name in ["a.pdf", "a.pdf.meta.json"] { try folder.write(name, "x") }
    let excluded = try scan([""], ScanOptions(exclude: ["*.json"]))
    #expect(excluded.files.map(\.sidecar) == [nil])
    #expect(excluded.ignored == 1)
    let included = try scan([""], ScanOptions(include: ["*.pdf"]))
    #expect(included.files.map { $0.sidecar?.size } == [1])
    #expect(included.ignored == 0)
  }

  // MARK: Rules

  @Test func rulesLeaveOutFilesAndWholeFolders() throws {
    for name in ["a.txt", "b.md", "build/x.txt", "build/y.txt", "doc/b.md", "doc/c.txt"] {
      try folder.write(name, "x")
    }
    try folder.write(".harkignore", "build/\n*.md\n")
    try folder.write("doc/.harkignore", "!b.md\n/c.txt\n")
    let scan = try scan()
    #expect(names(scan) == ["a.txt", "doc/b.md"])
    #expect(scan.ignored == 3)
    #expect(scan.folders == [root, root + "/doc"])
  }

  struct PatternCase: Sendable {
    var options: ScanOptions
    var taken: [String]
  }

  @Test(arguments: [
    PatternCase(
      options: ScanOptions(exclude: ["*.md", "!keep.md"]), taken: ["a.txt", "d/keep.md", "d/x.txt"]),
    PatternCase(options: ScanOptions(exclude: ["/d"]), taken: ["a.txt", "b.md"]),
    PatternCase(options: ScanOptions(include: ["*.md"]), taken: ["b.md", "d/e/f.md", "d/keep.md"]),
    PatternCase(
      options: ScanOptions(include: ["d/"]), taken: ["d/e/f.md", "d/keep.md", "d/x.txt"]),
    PatternCase(options: ScanOptions(include: ["d/", "!d/e/"]), taken: ["d/keep.md", "d/x.txt"]),
    PatternCase(options: ScanOptions(include: ["/*.txt"]), taken: ["a.txt"]),
    PatternCase(
      options: ScanOptions(include: ["*.md"], exclude: ["d/e"]), taken: ["b.md", "d/keep.md"]),
  ])
  func optionsBringRules(_ example: PatternCase) throws {
    for name in ["a.txt", "b.md", "d/keep.md", "d/x.txt", "d/e/f.md"] {
      try folder.write(name, "x")
    }
    #expect(try names(scan([""], example.options)) == example.taken)
  }

  @Test func optionsStandBehindTheIgnoreFileOfTheRoot() throws {
    try folder.write(".harkignore", "a.txt\n!b.txt")
    for name in ["a.txt", "b.txt"] { try folder.write(name, "x") }
    #expect(try names(scan([""], ScanOptions(exclude: ["!a.txt", "b.txt"]))) == ["a.txt"])
  }

  @Test func aFolderWhoseIgnoreFileCannotBeReadIsLeftAsItIs() throws {
    for name in ["a.txt", "big/b.txt", "link/c.txt", "folder/d.txt"] { try folder.write(name, "x") }
    try folder.write("big/.harkignore", Data(count: IgnoreRules.byteLimit + 1))
    try link("link/.harkignore", to: "../a.txt")
    try FileManager.default.createDirectory(
      atPath: folder.file("folder/.harkignore"), withIntermediateDirectories: true)
    let scan = try scan()
    #expect(names(scan) == ["a.txt"])
    #expect(scan.failures.map(\.code) == Array(repeating: "ignore-file-unreadable", count: 3))
    #expect(scan.unreadable == ["big", "folder", "link"].map { root + "/" + $0 })
    #expect(scan.isUnreadable(root + "/big/b.txt"))
    #expect(!scan.isUnreadable(root + "/bigger.txt"))
  }

  @Test func anIgnoreFileOfTheGreatestSizeIsRead() throws {
    let line = "a.txt\n"
    let count = IgnoreRules.byteLimit - line.utf8.count
    try folder.write(".harkignore", line + String(repeating: "#", count: count))
    try folder.write("a.txt", "x")
    #expect(try scan().files.isEmpty)
  }

  // MARK: Links and mount points

  @Test func linksAreCountedAndNotFollowed() throws {
    let file = try folder.write("sub/a.txt", "x")
    try link("sub/loop", to: folder.path)
    try link("link.txt", to: file)
    try link("broken.txt", to: "nowhere")
    let scan = try scan()
    #expect(names(scan) == ["sub/a.txt"])
    #expect(scan.skipped == ["symbolic link": 3])
  }

  @Test func aLinkNamedByTheUserIsFollowed() throws {
    try folder.write("real/a.txt", "x")
    try link("link", to: "real")
    #expect(try names(scan(["link"])) == ["real/a.txt"])
  }

  @Test func followedLinksBringEachFileOnceUnderItsOwnPath() throws {
    let outside = try TemporaryFolder()
    try outside.write("o.txt", "x")
    try outside.write("deep/p.txt", "x")
    #expect(unsafe symlink(folder.path, outside.file("back")) == 0)
    #expect(unsafe symlink("deep", outside.file("again")) == 0)
    try folder.write("z/real.txt", "x")
    try folder.write("left/out.txt", "x")
    try folder.write(".harkignore", "left-link\nmore/deep/")
    try link("a.txt", to: "z/real.txt")
    try link("loop", to: ".")
    try link("more", to: outside.path)
    try link("most", to: outside.path)
    try link("left-link", to: "left")
    try link("broken.txt", to: "nowhere")
    try link("self", to: "self")
    let scan = try scan([""], ScanOptions(followLinks: true))
    #expect(names(scan) == ["left/out.txt", "more/again/p.txt", "more/o.txt", "z/real.txt"])
    #expect(scan.skipped == ["symbolic link": 6])
    #expect(scan.ignored == 2)
    #expect(scan.failures.isEmpty)
    #expect(
      scan.folders == ["", "/left", "/more", "/more/again", "/z"].map { root + $0 })
  }

  @Test func hardLinksAreFilesOfTheirOwn() throws {
    let file = try folder.write("a.txt", "x")
    #expect(unsafe Glibc.link(file, folder.file("b.txt")) == 0)
    #expect(try names(scan([""], ScanOptions(followLinks: true))) == ["a.txt", "b.txt"])
  }

  /// A mount point that every Linux system has; making another needs rights that a test has not.
  @Test(
    .enabled(if: FileManager.default.isWritableFile(atPath: "/dev/shm")), arguments: [false, true])
  func otherFileSystemsAreEnteredUnlessThatIsForbidden(isLinked: Bool) throws {
    let other = "/dev/shm/hark-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: other) }
    try Data("x".utf8).write(to: URL(filePath: other + "/a.txt"))
    try link("other", to: other)
    let path = isLinked ? folder.path : "/dev"
    let file = isLinked ? root + "/other/a.txt" : other + "/a.txt"
    var options = ScanOptions(followLinks: isLinked)
    let all = try FolderScan([path], options: options)
    #expect(all.files.map(\.name).contains(file))
    options.oneFileSystem = true
    let one = try FolderScan([path], options: options)
    #expect(!one.files.map(\.name).contains(file))
    #expect(!one.folders.contains { ScannedFile.isAtOrBelow("/dev/shm", $0) })
    #expect(one.skipped["mount point", default: 0] > 0)
  }

  // MARK: What cannot be read

  @Test func whatCannotBeListedIsNotTakenForGone() async throws {
    try folder.write("open/a.txt", "x")
    try folder.write("closed/b.txt", "x")
    try folder.write("names/c.txt", "x")
    // Without the right to enter, the names can be seen and the files cannot.
    for (name, mode) in [("closed", 0o000), ("names", 0o444)] {
      #expect(unsafe chmod(folder.file(name), mode_t(mode)) == 0)
    }
    defer {
      for name in ["closed", "names"] { _ = unsafe chmod(folder.file(name), 0o700) }
    }
    let scan: FolderScan = try await OrdinaryUser.run(owning: folder) { try self.scan() }
    #expect(names(scan) == ["open/a.txt"])
    #expect(scan.failures.map(\.code) == ["folder-unreadable", "file-unreadable"])
    #expect(scan.unreadable == [root + "/closed", root + "/names/c.txt"])
  }
}

/// A user whom permissions hold back.
private enum OrdinaryUser {
  /// Runs a body on a thread that has no more rights than the owner of a folder; root reads all.
  ///
  /// The call of the system behind `setfsuid` concerns its own thread alone.
  static func run<T: Sendable>(
    owning folder: TemporaryFolder, _ body: @escaping @Sendable () throws -> T
  ) async throws -> T {
    let user: uid_t = 65_534
    if geteuid() == 0 {
      let all = FileManager.default.enumerator(atPath: folder.path)?.allObjects ?? []
      for name in [folder.path] + all.compactMap({ ($0 as? String).map(folder.file) }) {
        #expect(unsafe chown(name, user, user) == 0)
      }
    }
    return try await withCheckedThrowingContinuation { continuation in
      Thread {
        if geteuid() == 0 { Self.setUser(user) }
        continuation.resume(with: Result { try body() })
      }.start()
    }
  }

  /// Calls `setfsuid`, which the module of the C library leaves out.
  private static func setUser(_ user: uid_t) {
    let library = unsafe dlopen(nil, RTLD_NOW)
    guard let symbol = unsafe dlsym(library, "setfsuid") else { return }
    typealias Function = @convention(c) (uid_t) -> Int32
    _ = unsafe unsafeBitCast(symbol, to: Function.self)(user)
  }
}
