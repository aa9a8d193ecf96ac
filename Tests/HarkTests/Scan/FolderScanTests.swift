import Foundation
import TestKit
import Testing

@testable import Hark

@Suite struct FolderScanTests {
  private func scan(
    _ paths: [String], _ options: ScanOptions = ScanOptions()
  ) throws(HarkError) -> FolderScan {
    try FolderScan(paths, options: options)
  }

  private func names(_ scan: FolderScan, below folder: TemporaryFolder) -> [String] {
    let root = folder.url.resolvingSymlinksInPath().path
    return scan.files.map { String($0.name.dropFirst(root.count + 1)) }
  }

  @Test func takesRegularFilesInTheOrderOfTheirBytes() throws {
    let folder = try TemporaryFolder()
    for name in ["b.txt", "a/z.md", "a.html", "A.PDF", "가.txt", "picture.png", "noextension"] {
      try folder.write(name, "x")
    }
    try folder.write(".hidden/secret.txt", "x")
    try folder.write(".hidden.txt", "x")
    let walk = try scan([folder.path])
    let root = folder.url.resolvingSymlinksInPath().path
    #expect(
      walk.files.map { String($0.name.dropFirst(root.count + 1)) }
        == ["A.PDF", "a.html", "a/z.md", "b.txt", "가.txt"])
    #expect(walk.skipped == ["png": 1, "no extension": 1])
    #expect(walk.failures.isEmpty)
    #expect(walk.filesSeen == 7)
  }

  @Test func overlappingPathsAreWalkedOnce() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("sub/a.txt", "x")
    let walk = try scan([folder.path, folder.file("sub"), file])
    #expect(walk.files.count == 1)
  }

  @Test func linksAndSpecialFilesAreNotRead() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("sub/a.txt", "x")
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("sub/loop"), withDestinationPath: folder.path)
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("link.txt"), withDestinationPath: file)
    #expect(unsafe mkfifo(folder.file("pipe.txt"), 0o600) == 0)
    #expect(unsafe mkfifo(folder.file("pipe"), 0o600) == 0)
    let walk = try scan([folder.path])
    #expect(walk.files.count == 1)
    #expect(walk.skipped == ["symbolic link": 2, "special file": 1])
    #expect(walk.failures.map(\.code) == ["not-a-regular-file"])
  }

  @Test func aLinkNamedByTheUserIsFollowed() throws {
    let folder = try TemporaryFolder()
    try folder.write("real/a.txt", "x")
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("link"), withDestinationPath: folder.file("real"))
    #expect(try scan([folder.file("link")]).files.count == 1)
  }

  @Test func aNameThatIsNotUTF8Fails() throws {
    let folder = try TemporaryFolder()
    let name = Array(folder.path.utf8CString.dropLast()) + [0x2F, -1, -2].map { CChar($0) }
    let path = name + ".txt".utf8CString
    let descriptor = unsafe creat(path, 0o600)
    #expect(descriptor >= 0)
    close(descriptor)
    let walk = try scan([folder.path])
    #expect(walk.files.isEmpty)
    #expect(walk.failures.map(\.code) == ["name-not-utf8"])
  }

  @Test func aPathThatIsNotThereIsAnError() throws {
    let error = #expect(throws: HarkError.self) { try scan(["/no/such/folder"]) }
    #expect(error?.code == .pathMissing)
  }

  @Test func hiddenNamesAreTakenOnDemand() throws {
    let folder = try TemporaryFolder()
    for name in [".a/b.txt", ".c.txt", ".git/d.txt", "e.txt"] { try folder.write(name, "x") }
    let options = ScanOptions(hidden: true)
    #expect(
      names(try scan([folder.path], options), below: folder) == [".a/b.txt", ".c.txt", "e.txt"])
  }

  @Test func foldersSortAsTheirFilesDo() throws {
    let folder = try TemporaryFolder()
    for name in ["a/b.txt", "a-c.txt", "a.txt", "a0/d.txt"] { try folder.write(name, "x") }
    let scan = try scan([folder.path])
    #expect(names(scan, below: folder) == ["a-c.txt", "a.txt", "a/b.txt", "a0/d.txt"])
  }

  @Test func followedLinksEndAndReachEachFileOnce() throws {
    let folder = try TemporaryFolder()
    try folder.write("sub/a.txt", "x")
    let files = FileManager.default
    try files.createSymbolicLink(
      atPath: folder.file("sub/loop"), withDestinationPath: folder.path)
    try files.createSymbolicLink(
      atPath: folder.file("twin"), withDestinationPath: folder.file("sub"))
    try files.createSymbolicLink(
      atPath: folder.file("broken.txt"), withDestinationPath: "/no/such/file")
    let scan = try scan([folder.path], ScanOptions(followLinks: true))
    #expect(names(scan, below: folder) == ["sub/a.txt"])
    #expect(scan.skipped == ["symbolic link": 3])
  }

  @Test func sidecarsBelongToTheirFiles() throws {
    let folder = try TemporaryFolder()
    for name in ["a.txt", "a.txt.meta.json", "b.txt", "c.txt.meta.json", "d.json"] {
      try folder.write(name, "{}")
    }
    let scan = try scan([folder.path])
    #expect(scan.files.map { $0.sidecar != nil } == [true, false])
    #expect(scan.files.first?.sidecar?.size == 2)
    #expect(scan.skipped == ["json": 2])
    let one = try self.scan([folder.file("a.txt")])
    #expect(one.files.first?.sidecar == scan.files.first?.sidecar)
  }

  @Test func includesAndExcludes() throws {
    let folder = try TemporaryFolder()
    for name in ["a.md", "b.txt", "docs/c.txt", "docs/draft/d.txt", "docs/e.md"] {
      try folder.write(name, "x")
    }
    let options = ScanOptions(include: ["*.md", "docs/"], exclude: ["draft/"])
    let scan = try scan([folder.path], options)
    #expect(names(scan, below: folder) == ["a.md", "docs/c.txt", "docs/e.md"])
    #expect(scan.ignored == 2)
  }

  @Test func aFolderThatCannotBeListedIsNotGone() throws {
    let folder = try TemporaryFolder()
    try folder.write("locked/a.txt", "x")
    unsafe chmod(folder.file("locked"), 0)
    defer { unsafe chmod(folder.file("locked"), 0o700) }
    guard geteuid() != 0 else { return }
    let scan = try scan([folder.path])
    #expect(scan.failures.map(\.code) == ["folder-unreadable"])
    #expect(scan.isUnreadable("\(scan.roots[0])/locked/a.txt"))
    #expect(!scan.isUnreadable("\(scan.roots[0])/lockedout.txt"))
  }

  /// Folders may lie in one another deeper than a thread's stack.
  @Test func depthCostsNoStack() throws {
    let folder = try TemporaryFolder()
    var path = ""
    for _ in 0..<1000 { path += "d/" }
    try folder.write("\(path)a.txt", "x")
    #expect(try scan([folder.path]).files.count == 1)
  }
}
