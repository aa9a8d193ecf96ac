import Foundation
import Hark
import TestKit
import Testing

/// What operators do to a running ingest, and what befalls it.
@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: HarkProcess.canEmbed))
struct OperationProcessTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// More documents than the encoder can take in while a busy machine lets a test wait: what
  /// begins with these is stopped half-way.
  private static let endless = 5000

  private func writeDocuments(_ count: Int) throws {
    for number in 0..<count {
      let text = (0..<12).map { "Line \($0) of note \(number) tells of reeds and herons." }
      try folder.write("in/\(number).txt", text.joined(separator: " "))
    }
  }

  /// Removes the files that no document in `kept` was made of, all but `count` of them.
  private func leaveFiles(of kept: [DocumentRecord], andMore count: Int) throws {
    let names = Set(kept.map(\.name))
    let others = (0..<Self.endless).map { "\($0).txt" }.filter { !names.contains($0) }
    for name in others.dropFirst(count) {
      try FileManager.default.removeItem(atPath: folder.file("in/\(name)"))
    }
  }

  private func waitForDocuments(in store: String) async throws {
    for _ in 0..<600 {
      try await Task.sleep(for: .milliseconds(50))
      guard FileManager.default.fileExists(atPath: "\(store)/catalog.sqlite") else { continue }
      let engine = try await Engine(store: store, access: .existing)
      if try await !engine.documents().isEmpty { return }
    }
    Issue.record("no document was committed")
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func anInterruptEndsInGoodOrder(number: Int32) async throws {
    try writeDocuments(Self.endless)
    let store = folder.file("store")
    let process = try HarkProcess(["ingest", folder.file("in"), "--store", store])
    try await waitForDocuments(in: store)
    process.send(number)
    let outcome = try await process.outcome()
    #expect(outcome.status == 130)
    #expect(outcome.errors.contains("the same command goes on from there"))
    let kept = try await Engine(store: store, access: .existing).documents()
    #expect(kept.count > 0 && kept.count < Self.endless)
    try leaveFiles(of: kept, andMore: 50)
    let again = try await HarkProcess.run("ingest", folder.file("in"), "--store", store, "--json")
    #expect(try again.json()["unchanged"] as? Int == kept.count)
    #expect(try again.json()["added"] as? Int == 50)
  }

  @Test func aTaskIsCanceledFromElsewhere() async throws {
    try writeDocuments(Self.endless)
    let store = folder.file("store")
    let process = try HarkProcess(["ingest", folder.file("in"), "--store", store, "--json"])
    try await waitForDocuments(in: store)
    let locked = try await HarkProcess.run("collections", "create", "x", "--store", store)
    #expect(locked.status == 4)
    let canceled = try await HarkProcess.run("tasks", "cancel", "1", "--store", store)
    #expect(canceled.output == "Asked for the end of task 1.\n")
    let outcome = try await process.outcome()
    #expect(outcome.status == 130)
    #expect(try outcome.errorCode() == "canceled")
    let list = try await HarkProcess.run("tasks", "list", "--store", store)
    #expect(list.output.contains("ingest  canceled"))
  }

  /// Searches in another process go on, and find what was committed.
  @Test func searchesGoOnWhileAnIngestRuns() async throws {
    try writeDocuments(Self.endless)
    let store = folder.file("store")
    let process = try HarkProcess(["ingest", folder.file("in"), "--store", store, "--quiet"])
    try await waitForDocuments(in: store)
    let engine = try await Engine(
      store: store, model: TestData.model?.path, access: .existing)
    for _ in 0..<10 {
      for mode in SearchMode.allCases {
        let documents = try await engine.documents().count
        let options = SearchOptions(limit: 1000, mode: mode)
        let hits = try await engine.search("herons", options: options).hits
        #expect(hits.count >= min(documents, 1000))
      }
    }
    #expect(process.isRunning)
    process.send(SIGINT)
    #expect(try await process.outcome().status == 130)
  }

  @Test func aPlanAndItsRunPrintTheSameCounts() async throws {
    try writeDocuments(5)
    try folder.write("in/picture.png", "x")
    let store = folder.file("store")
    let plan = try await HarkProcess.run("ingest", folder.file("in"), "-n", "--store", store)
    #expect(!FileManager.default.fileExists(atPath: store))
    #expect(
      plan.output.contains("\n  add     \(folder.url.resolvingSymlinksInPath().path)/in/0.txt\n"))
    let run = try await HarkProcess.run("ingest", folder.file("in"), "--store", store)
    let head = try #require(plan.output.split(separator: "\n").first)
    #expect(run.output.hasPrefix(head))
    let again = try await HarkProcess.run("ingest", folder.file("in"), "-n", "--store", store)
    #expect(again.output.contains("0 added, 0 changed, 0 moved, 0 deleted, 5 unchanged"))
  }

  @Test func refusalsEndWithThree() async throws {
    try writeDocuments(10)
    let store = folder.file("store")
    _ = try await HarkProcess.run("ingest", folder.file("in"), "--store", store)
    for number in 0..<5 {
      try FileManager.default.removeItem(atPath: folder.file("in/\(number).txt"))
    }
    let refused = try await HarkProcess.run("ingest", folder.file("in"), "--store", store)
    #expect(refused.status == 3)
    #expect(refused.output.contains("[prune-refused]"))
    let quiet = try await HarkProcess.run("ingest", folder.file("in"), "--store", store, "--quiet")
    #expect(quiet.errors.contains("[prune-refused]"))
    let allowed = try await HarkProcess.run(
      "ingest", folder.file("in"), "--store", store, "--max-delete", "50%")
    #expect(allowed.status == 0)
    #expect(allowed.output.contains("5 deleted, 5 unchanged"))
  }

  @Test func aWatchingIngestEndsWithAnInterrupt() async throws {
    try writeDocuments(2)
    let store = folder.file("store")
    let process = try HarkProcess(["ingest", folder.file("in"), "--store", store, "--watch"])
    try await waitForDocuments(in: store)
    try folder.write("in/later/new.md", "# Later\n\nThe curlew calls.")
    let engine = try await Engine(store: store, access: .existing)
    for _ in 0..<400 where try await engine.documents().count < 3 {
      try await Task.sleep(for: .milliseconds(50))
    }
    #expect(try await engine.documents().count == 3)
    process.send(SIGINT)
    let outcome = try await process.outcome()
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("1 added"))
  }

  // MARK: Disks

  /// A file system of a few mebibytes, where the machine allows to mount one.
  private func withSmallDisk(
    _ size: String, _ body: (String) async throws -> Void
  ) async throws {
    let disk = folder.file("disk")
    let mounted = try await HarkProcess.shell(
      "mkdir '\(disk)' && mount -t tmpfs -o size=\(size) tmpfs '\(disk)'")
    guard mounted.status == 0 else { return }
    do {
      try await body(disk)
    } catch {
      _ = try await HarkProcess.shell("umount '\(disk)'")
      throw error
    }
    let unmounted = try await HarkProcess.shell("umount '\(disk)'")
    #expect(unmounted.status == 0)
  }

  @Test func aFullDiskLosesNothing() async throws {
    try writeDocuments(300)
    try await withSmallDisk("1500k") { disk in
      let store = "\(disk)/store"
      let full = try await HarkProcess.run("ingest", folder.file("in"), "--store", store, "--json")
      #expect(full.status == 1)
      #expect(try full.errorCode() == "disk-full")
      let kept = try await Engine(store: store, access: .existing).documents().count
      #expect(kept < 300)
      let grown = try await HarkProcess.shell("mount -o remount,size=64m '\(disk)'")
      #expect(grown.status == 0)
      let again = try await HarkProcess.run(
        "ingest", folder.file("in"), "--store", store, "--json")
      #expect(again.status == 0)
      #expect(try again.json()["unchanged"] as? Int == kept)
      let verified = try await HarkProcess.run("verify", "--store", store)
      #expect(verified.status == 0, "\(verified)")
    }
  }

  @Test func aReadOnlyStoreIsNamed() async throws {
    try writeDocuments(3)
    try await withSmallDisk("64m") { disk in
      let store = "\(disk)/store"
      _ = try await HarkProcess.run("ingest", folder.file("in"), "--store", store)
      try folder.write("in/new.txt", "Something new.")
      let remounted = try await HarkProcess.shell("mount -o remount,ro '\(disk)'")
      #expect(remounted.status == 0)
      let outcome = try await HarkProcess.run(
        "ingest", folder.file("in"), "--store", store, "--json")
      #expect(outcome.status == 1)
      #expect(
        ["store-unavailable", "file-open-failed"].contains(try outcome.errorCode() ?? ""))
    }
  }
}
