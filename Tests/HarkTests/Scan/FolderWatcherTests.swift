import Foundation
import Glibc
import TestKit
import Testing

@testable import Hark

@Suite(.serialized, .timeLimit(.minutes(1))) struct FolderWatcherTests {
  private let folder: TemporaryFolder
  private let watcher: FolderWatcher

  init() async throws {
    folder = try TemporaryFolder()
    try folder.write("a.txt", "x")
    try folder.write("sub/b.txt", "x")
    watcher = try FolderWatcher()
    folder.waitForWriters()
    #expect(watcher.watch([folder.path, folder.file("sub")]))
  }

  private func next(orAfter timeout: Duration? = .seconds(20)) async -> FolderChange {
    folder.waitForWriters()
    return await watcher.nextChange(
      debounce: .milliseconds(40), atMost: .seconds(5), orAfter: timeout)
  }

  private func isQuiet() async -> Bool { await next(orAfter: .milliseconds(150)) == .timedOut }

  enum Change: String, Sendable, CaseIterable {
    case create, write, rename, delete, touch, permit, makeFolder, removeFolder, moveFolder
    case moveAway, deleteRoot, link
  }

  @Test(arguments: Change.allCases) func hears(of change: Change) async throws {
    let files = FileManager.default
    switch change {
    case .create: try folder.write("sub/new.txt", "x")
    case .write:
      let file = try FileHandle(forWritingTo: URL(filePath: folder.file("a.txt")))
      try file.write(contentsOf: Data("more".utf8))
      try file.close()
    case .rename: try files.moveItem(atPath: folder.file("a.txt"), toPath: folder.file("c.txt"))
    case .delete: try files.removeItem(atPath: folder.file("sub/b.txt"))
    case .touch: #expect(unsafe utimes(folder.file("a.txt"), nil) == 0)
    case .permit: #expect(unsafe chmod(folder.file("a.txt"), 0o400) == 0)
    case .makeFolder: #expect(unsafe mkdir(folder.file("other"), 0o700) == 0)
    case .removeFolder: try files.removeItem(atPath: folder.file("sub"))
    case .moveFolder: #expect(unsafe Glibc.rename(folder.file("sub"), folder.file("bus")) == 0)
    case .moveAway:
      let other = try TemporaryFolder()
      #expect(unsafe Glibc.rename(folder.file("sub"), other.file("sub")) == 0)
    case .deleteRoot: try files.removeItem(atPath: folder.path)
    case .link: #expect(unsafe symlink("a.txt", folder.file("l.txt")) == 0)
    }
    #expect(await next() == .changed)
    #expect(await isQuiet())
  }

  @Test func readingIsNoChange() async throws {
    _ = try Data(contentsOf: URL(filePath: folder.file("a.txt")))
    _ = try FolderScan([folder.path], options: ScanOptions())
    #expect(await isQuiet())
  }

  @Test func aBurstIsOneChange() async throws {
    for number in 0..<1_000 { try folder.write("sub/\(number).txt", "x") }
    #expect(await next() == .changed)
    #expect(await isQuiet())
  }

  @Test func whatNeverRestsIsToldAfterAWhile() async throws {
    let writer = Task { [folder] in
      while !Task.isCancelled {
        try folder.write("a.txt", "x")
        try await Task.sleep(for: .milliseconds(5))
      }
    }
    let change = await watcher.nextChange(debounce: .seconds(30), atMost: .milliseconds(300))
    #expect(change == .changed)
    writer.cancel()
    _ = await writer.result
  }

  @Test func newFoldersAreHeardOnceTheyAreWatched() async throws {
    try folder.write("new/deep/c.txt", "x")
    #expect(await next() == .changed)
    let scan = try FolderScan([folder.path], options: ScanOptions())
    #expect(watcher.watch(scan.folders))
    #expect(await isQuiet())
    try folder.write("new/deep/d.txt", "x")
    #expect(await next() == .changed)
  }

  @Test func foldersThatAreNoLongerAskedForAreNotHeard() async throws {
    #expect(watcher.watch([folder.path]))
    // That a watch ends is no change.
    #expect(await isQuiet())
    try folder.write("sub/c.txt", "x")
    #expect(await isQuiet())
  }

  /// Another folder takes the name of one that was moved out of the tree and is still watched.
  @Test func aFolderThatWasReplacedIsHeardAndTheOldOneIsNot() async throws {
    let other = try TemporaryFolder()
    #expect(unsafe Glibc.rename(folder.file("sub"), other.file("sub")) == 0)
    #expect(unsafe mkdir(folder.file("sub"), 0o700) == 0)
    #expect(await next() == .changed)
    #expect(watcher.watch([folder.path, folder.file("sub")]))
    try other.write("sub/old.txt", "x")
    #expect(await isQuiet())
    try folder.write("sub/new.txt", "x")
    #expect(await next() == .changed)
  }

  @Test func aFolderThatHasGoneIsNoFailure() {
    #expect(watcher.watch([folder.path, folder.file("gone")]))
  }

  @Test func cancellationEndsTheWaitAndKeepsTheChange() async throws {
    let waiting = Task { await watcher.nextChange(debounce: .seconds(50), atMost: .seconds(50)) }
    try await Task.sleep(for: .milliseconds(50))
    waiting.cancel()
    #expect(await waiting.value == .canceled)

    try folder.write("a.txt", "y")
    let debouncing = Task { await watcher.nextChange(debounce: .seconds(50), atMost: .seconds(50)) }
    try await Task.sleep(for: .milliseconds(100))
    debouncing.cancel()
    #expect(await debouncing.value == .canceled)
    #expect(await next() == .changed)
  }

  @Test func whatIsLostIsTold() throws {
    let limit = try String(
      contentsOfFile: "/proc/sys/fs/inotify/max_queued_events", encoding: .utf8)
    let count = try #require(Int(limit.trimmingCharacters(in: .whitespacesAndNewlines)))
    try #require(count <= 1 << 17, "the queue is too long to be filled here")
    let queue = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
    #expect(queue >= 0)
    defer { close(queue) }
    #expect(unsafe inotify_add_watch(queue, folder.path, InotifyEvents.mask) >= 0)
    // Equal events in a row would be merged.
    try folder.write("c.txt", "x")
    let names = [folder.file("a.txt"), folder.file("c.txt")]
    for number in 0...count { _ = unsafe chmod(names[number % 2], 0o600) }
    let events = InotifyEvents(readingFrom: queue)
    #expect(events.hasOverflowed && events.hasChange)
    #expect(InotifyEvents(readingFrom: queue) == InotifyEvents())
  }
}
