import Foundation
import TestKit
import Testing

@testable import Hark

@Suite struct FolderWalkTests {
  @Test func takesRegularFilesInTheOrderOfTheirBytes() throws {
    let folder = try TemporaryFolder()
    for name in ["b.txt", "a/z.md", "a.html", "A.PDF", "가.txt", "picture.png", "noextension"] {
      try folder.write(name, "x")
    }
    try folder.write(".hidden/secret.txt", "x")
    try folder.write(".hidden.txt", "x")
    let walk = try FolderWalk([folder.path])
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
    let walk = try FolderWalk([folder.path, folder.file("sub"), file])
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
    let walk = try FolderWalk([folder.path])
    #expect(walk.files.count == 1)
    #expect(walk.skipped == ["symbolic link": 2, "special file": 1])
    #expect(walk.failures.map(\.code) == ["not-a-regular-file"])
  }

  @Test func aLinkNamedByTheUserIsFollowed() throws {
    let folder = try TemporaryFolder()
    try folder.write("real/a.txt", "x")
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("link"), withDestinationPath: folder.file("real"))
    #expect(try FolderWalk([folder.file("link")]).files.count == 1)
  }

  @Test func aNameThatIsNotUTF8Fails() throws {
    let folder = try TemporaryFolder()
    let name = Array(folder.path.utf8CString.dropLast()) + [0x2F, -1, -2].map { CChar($0) }
    let path = name + ".txt".utf8CString
    let descriptor = unsafe creat(path, 0o600)
    #expect(descriptor >= 0)
    close(descriptor)
    let walk = try FolderWalk([folder.path])
    #expect(walk.files.isEmpty)
    #expect(walk.failures.map(\.code) == ["name-not-utf8"])
  }

  @Test func aPathThatIsNotThereIsAnError() throws {
    let error = #expect(throws: HarkError.self) { try FolderWalk(["/no/such/folder"]) }
    #expect(error?.code == .pathMissing)
  }
}
