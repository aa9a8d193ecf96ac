import Foundation
import TestKit
import Testing

/// Ingests of hostile folders and of stores that others use.
@Suite(.serialized, .timeLimit(.minutes(4)), .enabled(if: HarkProcess.canEmbed))
struct IngestProcessTests {
  /// What has to become of each file of the hostile folder.
  private static let codes = [
    "empty.txt": "file-empty", "binary.txt": "not-text", "pipe.txt": "not-a-regular-file",
    "damaged.pdf": "pdf-damaged", "large.md": "file-too-large",
  ]

  @Test func aHostileFolderCostsOnlyItsBadFiles() async throws {
    let folder = try TemporaryFolder()
    try folder.write("in/good.md", "# Good\n\nThis document is sound.\n")
    try folder.write("in/deep/er/good.txt", "This one is sound as well.\n")
    try folder.write("in/empty.txt", "")
    try folder.write("in/binary.txt", Data((0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 37) }))
    try folder.write("in/damaged.pdf", "%PDF-1.7\n1 0 obj << /Type /Catalog")
    try folder.write("in/large.md", String(repeating: "Too large. ", count: 200_000))
    try folder.write("in/photo.jpg", "x")
    let made = try await HarkProcess.shell(
      """
      cd '\(folder.path)/in' && ln -s .. deep/loop && ln -s nowhere dangling.md && mkfifo pipe.txt \
      && printf 'not utf-8' > $'name\\xff.txt'
      """)
    try #require(made.status == 0, "\(made.errors)")

    let outcome = try await HarkProcess.run(
      "ingest", folder.file("in"), "--store", folder.file("store"), "--max-file-size", "1M",
      "--json")
    #expect(outcome.status == 3)
    let report = try outcome.json()
    #expect(report["added"] as? Int == 2)
    #expect(report["files_seen"] as? Int == 11)
    #expect(report["skipped"] as? [String: Int] == ["jpg": 1, "symbolic link": 2])
    let failures = try #require(report["failures"] as? [[String: String]])
    var codes: [String: String] = [:]
    for failure in failures {
      #expect(Set(failure.keys) == ["file_path", "code", "message"])
      let name = URL(filePath: failure["file_path"] ?? "").lastPathComponent
      codes[name] = failure["code"]
      #expect(failure["message"]?.contains(name.prefix(4)) == true, "\(failure)")
    }
    for (name, code) in Self.codes { #expect(codes[name] == code, "\(name)") }
    #expect(codes.values.contains("name-not-utf8"))
    #expect(failures.count == 6)

    let again = try await HarkProcess.run(
      "ingest", folder.file("in"), "--store", folder.file("store"), "--max-file-size", "1M")
    #expect(
      again.output.hasPrefix("11 files seen: 0 added, 0 changed, 0 moved, 0 deleted, 2 unchanged, ")
    )
    #expect(again.output.contains("\nFailed:\n"))
    #expect(again.output.contains("[file-empty]\n"))
    #expect(again.status == 3)
    let quiet = try await HarkProcess.run(
      "ingest", folder.file("in"), "--store", folder.file("store"), "--max-file-size", "1M",
      "--quiet")
    #expect(quiet.output == "")
    #expect(quiet.errors.hasPrefix("Failed:\n"))
    #expect(quiet.status == 3)
    let search = try await HarkProcess.run(
      "search", "sound document", "--store", folder.file("store"), "--json")
    #expect((try search.json()["hits"] as? [Any])?.count == 2)
  }

  @Test func anUnreadableFileIsNamed() async throws {
    // Root reads every file, so the program runs as nobody where the tests run as root.
    let folder = try TemporaryFolder()
    try folder.write("in/good.txt", "This document is sound.\n")
    let closed = try folder.write("in/closed.txt", "Nobody reads this.\n")
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: closed)
    let drop = getuid() == 0 ? "setpriv --reuid=65534 --regid=65534 --clear-groups " : ""
    let setUp = getuid() == 0 ? "chown -R 65534:65534 . && chmod 755 . && " : ""
    let ready = try await HarkProcess.shell(
      "cd '\(folder.path)' && \(setUp)\(drop)\"$HARK\" --version && \(drop)test -r \"$HARK_MODEL/model.safetensors\""
    )
    // A program or model below a folder of root's cannot be run by nobody.
    if ready.status != 0 { try Test.cancel("nobody cannot run the program: \(ready.errors)") }
    let outcome = try await HarkProcess.shell(
      "cd '\(folder.path)' && \(drop)\"$HARK\" ingest in --store store --json; echo $? >&2")
    // On a busy machine progress stands before it.
    #expect(outcome.errors.hasSuffix("3\n"))
    let report = try outcome.json()
    #expect(report["added"] as? Int == 1)
    let failures = try #require(report["failures"] as? [[String: String]])
    #expect(failures.map { $0["code"] } == ["file-unreadable"])
  }

  @Test(.enabled(if: TestData.folder("pdf-samples") != nil))
  func anEncryptedDocumentIsNamed() async throws {
    let samples = try #require(TestData.folder("pdf-samples"))
    let files = try FileManager.default.contentsOfDirectory(
      at: samples, includingPropertiesForKeys: nil
    ).filter { file in
      (try? Data(contentsOf: file)).map { $0.range(of: Data("/Encrypt".utf8)) != nil } ?? false
    }
    try #require(!files.isEmpty)
    let folder = try TemporaryFolder()
    let outcome = try await HarkProcess(
      ["ingest"] + files.map(\.path) + ["--store", folder.file("s"), "--json"]
    ).outcome()
    // Some of them open without a password; no other failure than these may come of them.
    let failures = try #require(try outcome.json()["failures"] as? [[String: String]])
    for failure in failures {
      #expect(["pdf-encrypted", "pdf-damaged", "no-text"].contains(failure["code"]), "\(failure)")
    }
    #expect(outcome.status == (failures.isEmpty ? 0 : 3))
  }

  @Test func aMissingPathIsAnError() async throws {
    let outcome = try await HarkProcess.run("ingest", "nowhere", "--store", "store", "--json")
    #expect(try outcome.errorCode() == "path-missing")
    #expect(outcome.status == 1)
  }

  @Test(arguments: [
    ["ingest", "DOCUMENTS"], ["documents", "delete", "1", "--yes"], ["index", "rebuild"],
  ])
  func aLockedStoreEndsWith4(command: [String]) async throws {
    let sample = try await SampleStore.shared()
    let arguments = command.map { $0 == "DOCUMENTS" ? sample.documents : $0 }
    let lock = try StoreLock(sample.store)
    let outcome = try await HarkProcess(arguments + ["--store", sample.store]).outcome()
    #expect(outcome.output == "")
    #expect(outcome.errors.hasSuffix("[store-locked]\n"))
    #expect(outcome.status == 4)
    let json = try await HarkProcess(arguments + ["--store", sample.store, "--json"]).outcome()
    #expect(try json.errorCode() == "store-locked")
    #expect(json.status == 4)
    // Readers do not care.
    let search = try await HarkProcess.run("search", "trip", "--store", sample.store)
    #expect(search.status == 0)
    withExtendedLifetime(lock) {}
  }

  @Test func waitingOutlivesTheLock() async throws {
    let sample = try await SampleStore.shared()
    let lock = try StoreLock(sample.store)
    let waiting = try HarkProcess(
      ["ingest", sample.documents, "--store", sample.store, "--wait", "--json"])
    try await Task.sleep(for: .milliseconds(700))
    #expect(waiting.isRunning)
    lock.release()
    let outcome = try await waiting.outcome()
    #expect(try outcome.json()["unchanged"] as? Int == 4)
    #expect(outcome.status == 0)
  }
}

/// The lock that a writing process holds, held by the test.
private final class StoreLock {
  private var file: FileHandle?

  init(_ store: String) throws {
    // The lock file is there: the store has been written to.
    let path = "\(store)/lock"
    let file = try #require(FileHandle(forUpdatingAtPath: path))
    // A child that another test forks holds the lock of the program before until it executes.
    var isHeld = flock(file.fileDescriptor, LOCK_EX | LOCK_NB) == 0
    for _ in 0..<100 where !isHeld {
      usleep(20_000)
      isHeld = flock(file.fileDescriptor, LOCK_EX | LOCK_NB) == 0
    }
    try #require(isHeld)
    self.file = file
  }

  func release() { file = nil }
}
