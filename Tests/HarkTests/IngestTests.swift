import Foundation
import GRDB
import TestKit
import Testing

@testable import Hark

/// Keeping a collection in step with a folder, with vectors spun from hashes: the ranking plays no
/// part here.
@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: TestData.model != nil))
struct IngestTests {
  private let folder: TemporaryFolder
  private let documents: String

  init() throws {
    _ = Products.parser
    folder = try TemporaryFolder()
    documents = folder.file("documents")
    for name in ["heron", "kingfisher", "stork", "crane", "egret", "bittern", "ibis", "spoonbill"] {
      try folder.write(
        "documents/\(name).txt",
        "The \(name) stands in the reeds, where it waits for hours until something moves.\n\n"
          + "A \(name) eats fish and frogs, and the \(name) flies home to its tree at dusk.")
    }
  }

  private func open(_ name: String = "store") async throws -> Engine {
    try await Engine(
      store: folder.file(name), model: TestData.model?.path, access: .createIfMissing,
      isStubbed: true)
  }

  private func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: "\(documents)/\(name)")
  }

  private func move(_ name: String, to new: String) throws {
    let target = folder.url.appending(path: "documents/\(new)")
    try FileManager.default.createDirectory(
      at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.moveItem(atPath: "\(documents)/\(name)", toPath: target.path)
  }

  /// The ids of chunks by the name of their document.
  private func chunks(_ engine: Engine) async throws -> [String: [Int64]] {
    var chunks: [String: [Int64]] = [:]
    for document in try await engine.documents() {
      chunks[document.name] = try await engine.document(document.id).chunks.map(\.chunk.id)
    }
    return chunks
  }

  /// A plan and the account afterwards, which agree.
  private func ingest(
    _ engine: Engine, _ options: IngestOptions = IngestOptions()
  ) async throws -> IngestReport {
    let plan = try await engine.plan([documents], options: options)
    let report = try await engine.ingest([documents], options: options)
    #expect(plan.counts == report.counts)
    #expect(plan.failures == report.failures)
    #expect(plan.refusals == report.refusals)
    #expect(try await engine.verify().problems == [])
    return report
  }

  @Test func nothingNewWritesNothing() async throws {
    let engine = try await open()
    #expect(try await ingest(engine).counts.added == 8)
    func state() throws -> [Data] {
      try engine.catalog.emptyLog()
      return try ["catalog.sqlite", "segments"].map { name in
        let path = folder.file("store/\(name)")
        return try FileManager.default.contents(atPath: path)
          ?? Data(FileManager.default.contentsOfDirectory(atPath: path).joined().utf8)
      }
    }
    let before = try state()
    let report = try await ingest(engine)
    #expect(report.counts.unchanged == 8)
    #expect(report.task == nil)
    #expect(try state() == before)
  }

  @Test func aMovedFileKeepsItsChunks() async throws {
    let engine = try await open()
    _ = try await ingest(engine)
    let before = try await chunks(engine)
    try move("heron.txt", to: "sub/grey-heron.txt")
    try move("stork.txt", to: "moved/stork.txt")
    let report = try await ingest(engine)
    #expect(report.counts.moved == 2)
    #expect(report.counts.added + report.counts.deleted + report.chunks == 0)
    let after = try await chunks(engine)
    #expect(after["grey-heron.txt"] == before["heron.txt"])
    #expect(after["stork.txt"] == before["stork.txt"])
    // The words of the new name are found.
    let hits = try await engine.search("grey", options: .init(mode: .text)).hits
    #expect(hits.first?.document.name == "grey-heron.txt")
  }

  /// A file that was moved from one root to another, of which only the new one is ingested.
  @Test func aFileMovesBetweenRoots() async throws {
    let engine = try await open()
    _ = try await ingest(engine)
    let before = try await chunks(engine)
    try FileManager.default.createDirectory(
      atPath: folder.file("other"), withIntermediateDirectories: true)
    try FileManager.default.moveItem(
      atPath: "\(documents)/heron.txt", toPath: folder.file("other/heron.txt"))
    let report = try await engine.ingest([folder.file("other")])
    #expect(report.counts.moved == 1)
    #expect(try await chunks(engine)["heron.txt"] == before["heron.txt"])
    #expect(try await ingest(engine).counts.unchanged == 7)
  }

  @Test func copiesAreEmbeddedOnceAndGoOneByOne() async throws {
    try folder.write(
      "documents/sub/copy.txt", try String(contentsOfFile: "\(documents)/ibis.txt", encoding: .utf8)
    )
    let engine = try await open()
    let report = try await ingest(engine)
    #expect(report.counts.added == 9)
    #expect(report.chunksReused > 0)
    func found() async throws -> [String] {
      try await engine.search("ibis", options: .init(limit: 50, mode: .text)).hits
        .filter { $0.text.contains("ibis") }.map(\.document.name)
    }
    #expect(try await found().count == 1)
    try remove("ibis.txt")
    #expect(try await ingest(engine).counts.deleted == 1)
    #expect(try await found() == ["copy.txt"])
    try remove("sub/copy.txt")
    #expect(try await ingest(engine).counts.deleted == 1)
    #expect(try await found() == [])
  }

  @Test func onlyChangedChunksAreMadeAnew() async throws {
    let sections = (0..<12).map { number in
      "# Section \(number)\n\n"
        + (0..<20).map { "Sentence \($0) of section \(number) on waders." }.joined(separator: " ")
    }
    try folder.write("documents/long.md", sections.joined(separator: "\n\n"))
    let engine = try await open()
    _ = try await ingest(engine)
    let before = try #require(try await chunks(engine)["long.md"])
    var changed = sections
    changed[6] = changed[6].replacing("Sentence 3 ", with: "Phrase 3 ")
    try folder.write("documents/long.md", changed.joined(separator: "\n\n"))
    let report = try await ingest(engine)
    #expect(report.counts.changed == 1)
    let after = try #require(try await chunks(engine)["long.md"])
    #expect(Set(after).intersection(before).count >= before.count - 2)
    #expect(report.chunksKept == Set(after).intersection(before).count)
    #expect(report.chunks - report.chunksReused <= 2)
  }

  @Test func deletionsAreGuarded() async throws {
    let engine = try await open()
    _ = try await ingest(engine)
    for name in ["heron", "stork"] { try remove("\(name).txt") }
    let refused = try await ingest(engine)
    #expect(refused.refusals.map(\.code) == ["prune-refused"])
    #expect(refused.counts.deleted == 0)
    #expect(try await engine.documents().count == 8)
    #expect(try await ingest(engine, IngestOptions(prunes: false)).isComplete)
    #expect(try await engine.documents().count == 8)
    #expect(try await ingest(engine, IngestOptions(maximumDeletion: 0.25)).counts.deleted == 2)
    #expect(try await engine.documents().count == 6)
    let search = try await engine.search("heron stork", options: .init(mode: .text))
    #expect(search.hits.isEmpty)
  }

  @Test func anEmptyFolderDeletesNothing() async throws {
    let engine = try await open()
    _ = try await ingest(engine)
    try FileManager.default.removeItem(atPath: documents)
    let error = await #expect(throws: HarkError.self) { try await engine.ingest([documents]) }
    #expect(error?.code == .pathMissing)
    try FileManager.default.createDirectory(
      atPath: documents, withIntermediateDirectories: true)
    let empty = try await ingest(engine, IngestOptions(maximumDeletion: 0.99))
    #expect(empty.refusals.map(\.code) == ["root-empty"])
    #expect(try await engine.documents().count == 8)
    #expect(try await ingest(engine, IngestOptions(maximumDeletion: 1)).counts.deleted == 8)
    #expect(try await engine.documents().isEmpty)
  }

  /// What rules leave out is gone, and comes back without being embedded again.
  @Test func ignoredFilesAreGone() async throws {
    let engine = try await open()
    _ = try await ingest(engine)
    try folder.write("documents/.harkignore", "i*.txt\n")
    let report = try await ingest(engine)
    #expect(report.ignored == 1)
    #expect(report.counts.deleted == 1)
    #expect(try await !engine.documents().contains { $0.name == "ibis.txt" })
  }

  @Test func failuresAreKeptUntilTheFileChanges() async throws {
    try folder.write("documents/bad.pdf", "%PDF-1.7 nothing more")
    let engine = try await open()
    let first = try await engine.ingest([documents])
    #expect(first.failures.map(\.code) == ["pdf-damaged"])
    #expect(first.failuresKept == 0)
    let second = try await ingest(engine)
    #expect(second.failures.map(\.code) == ["pdf-damaged"])
    #expect(second.failuresKept == 1)
    #expect(second.task == nil)
    let retried = try await engine.ingest(
      [documents], options: IngestOptions(retriesFailures: true))
    #expect(retried.failuresKept == 0)
    try folder.write("documents/bad.pdf", "%PDF-1.7 something else")
    #expect(try await engine.ingest([documents]).failuresKept == 0)
    try remove("bad.pdf")
    #expect(try await ingest(engine).failures == [])
    let kept = try engine.catalog.read { db in try engine.catalog.failures(of: 1, db) }
    #expect(kept.isEmpty)
  }

  @Test func aFileThatCrashesTheParserTwiceIsQuarantined() async throws {
    let engine = try await open()
    let path = try folder.write("documents/bomb.txt", "tick")
    let scan = try FolderScan([documents], options: ScanOptions())
    let file = try #require(scan.files.first { $0.fileName == "bomb.txt" })
    for crashes in 1...2 {
      _ = try engine.catalog.commit(
        Commit(failures: [
          FailureRecord(
            path: file.name, stamp: file.stamp, code: "parser-crashed", message: "It crashed.",
            crashes: crashes)
        ]), to: 1)
      let plan = try await engine.plan(
        [documents], options: IngestOptions(retriesFailures: crashes == 2))
      #expect(plan.failuresKept == crashes - 1)
    }
    try folder.write("documents/bomb.txt", "defused")
    #expect(try await engine.ingest([documents]).counts.added == 9)
    #expect(FileManager.default.fileExists(atPath: path))
  }

  // MARK: Metadata

  @Test func metadataComesFromAllSources() async throws {
    try folder.write(
      "documents/policy.md",
      """
      ---
      title: Travel
      author: Kim
      tags: [travel, hotels]
      level: 3
      ---
      # Heading

      Hotels are booked by the office.
      """)
    try folder.write(
      "documents/policy.md.meta.json",
      #"{"author": "Lee", "date": "2024-05-01", "department": "HR", "url": "https://a.example/p"}"#)
    let engine = try await open()
    let given = try DocumentMetadata(assignments: ["department=Finance", "valid=true"])
    #expect(
      try await ingest(engine, IngestOptions(metadata: given)).counts.added == 9)
    let record = try #require(
      try await engine.documents().first { $0.name == "policy.md" })
    #expect(record.title == "Travel")
    #expect(record.metadata.author == "Lee")
    #expect(record.metadata.created == "2024-05-01")
    #expect(record.metadata.tags == ["travel", "hotels"])
    #expect(
      record.metadata.fields
        == ["level": .number(3), "department": .text("Finance"), "valid": .boolean(true)])

    // What was said once stays, until something else is said.
    #expect(try await ingest(engine).counts.unchanged == 9)
    try folder.write("documents/policy.md.meta.json", #"{"author": "Park"}"#)
    let changed = try await ingest(engine)
    #expect(changed.counts.changed == 1)
    #expect(changed.chunksKept == changed.chunks)
    let again = try #require(
      try await engine.documents().first { $0.name == "policy.md" })
    #expect(again.metadata.author == "Park")
    #expect(again.metadata.fields["department"] == .text("Finance"))
    let removal = try DocumentMetadata(assignments: ["valid="])
    #expect(
      try await ingest(engine, IngestOptions(metadata: removal)).counts.changed == 9)
    #expect(
      try await engine.documents().allSatisfy { $0.metadata.fields["valid"] == nil })
  }

  @Test func aBrokenSidecarCostsItsFile() async throws {
    try folder.write("documents/ibis.txt.meta.json", "{")
    let engine = try await open()
    let report = try await engine.ingest([documents])
    #expect(report.failures.map(\.code) == ["metadata-invalid"])
    #expect(report.counts.added == 7)
    try folder.write("documents/ibis.txt.meta.json", "{}")
    // The file itself has not changed, its sidecar has.
    #expect(try await engine.ingest([documents]).counts.added == 1)
  }

  // MARK: Collections and programs

  @Test func collectionsAreApart() async throws {
    let engine = try await open()
    try await engine.createCollection(CollectionSettings(name: "birds", chunkTokens: 16))
    #expect(
      try await ingest(engine, IngestOptions(collection: "birds")).counts.added == 8)
    #expect(try await ingest(engine).counts.added == 8)
    let counts = try await engine.collections().map { [$0.documents, $0.chunks] }
    #expect(counts.first?[0] == 8)
    #expect(counts[0][1] > counts[1][1])
    for name in ["birds", "default"] {
      let hits = try await engine.search(
        "heron", options: .init(limit: 50, collection: name)
      ).hits
      let ids = try await engine.documents(in: name).map(\.id)
      #expect(!hits.isEmpty)
      #expect(Set(hits.map(\.document.id)).isSubset(of: ids))
    }
    let error = await #expect(throws: HarkError.self) {
      try await engine.createCollection(CollectionSettings(name: "birds"))
    }
    #expect(error?.code == .collectionExists)
    let none = await #expect(throws: HarkError.self) {
      try await engine.ingest([documents], options: IngestOptions(collection: "fish"))
    }
    #expect(none?.code == .collectionMissing)
  }

  @Test(arguments: ["", "a b", "../x", "-a", "이름", String(repeating: "a", count: 65)])
  func badNamesOfCollections(name: String) async throws {
    let error = await #expect(throws: HarkError.self) {
      try await open().createCollection(CollectionSettings(name: name))
    }
    #expect(error?.code == .invalidArgument)
  }

  /// Nothing of a deleted collection stays: no row, no file, no byte of its text.
  @Test func deletingACollectionIsComplete() async throws {
    let engine = try await open()
    try folder.write("documents/rare.txt", "The zephyrwing is seen once in a lifetime.")
    try await engine.createCollection(CollectionSettings(name: "birds"))
    _ = try await ingest(engine, IngestOptions(collection: "birds"))
    try await engine.deleteCollection("birds")
    #expect(try await engine.collections().map(\.name) == ["default"])
    let segments = try FileManager.default.contentsOfDirectory(
      atPath: folder.file("store/segments"))
    #expect(segments.isEmpty)
    try await engine.compact()
    for name in ["catalog.sqlite", "catalog.sqlite-wal"] {
      let bytes = FileManager.default.contents(atPath: folder.file("store/\(name)")) ?? Data()
      #expect(bytes.range(of: Data("zephyrw".utf8)) == nil)
    }
    #expect(try await engine.verify().problems == [])
  }

  @Test func programsHandDocumentsOver() async throws {
    let engine = try await open()
    let first = try await engine.upsert([
      SourceDocument(
        externalID: "crm/7", name: "Note", content: .text("The osprey dives for trout."),
        metadata: DocumentMetadata(title: "Osprey", fields: ["stars": .number(5)])),
      SourceDocument(
        externalID: "web/1", content: .file(Data("# Owl\n\nIt hoots.".utf8), extension: "md")),
      SourceDocument(externalID: "empty", content: .text(" \n")),
    ])
    #expect(first.counts.added == 2)
    #expect(first.failures.map(\.code) == ["no-text"])
    let hit = try #require(
      try await engine.search("osprey", options: .init(mode: .text)).hits.first)
    #expect(hit.document.externalID == "crm/7")
    #expect(hit.document.filePath == nil)
    #expect(hit.document.name == "Note")

    let same = SourceDocument(
      externalID: "web/1", content: .file(Data("# Owl\n\nIt hoots.".utf8), extension: "md"))
    #expect(try await engine.upsert([same]).counts.unchanged == 1)
    var changed = same
    changed.metadata.tags = ["night"]
    let report = try await engine.upsert([changed])
    #expect(report.counts.changed == 1)
    #expect(report.chunksKept == 1)
    // A folder that is ingested does not touch them.
    _ = try await ingest(engine)
    #expect(try await engine.documents().count == 10)
    #expect(try await engine.deleteDocuments(externalIDs: ["crm/7", "unknown"]) == 1)
    #expect(try await engine.documents().count == 9)
    let bad = await #expect(throws: HarkError.self) {
      try await engine.upsert([SourceDocument(externalID: "", content: .text("x"))])
    }
    #expect(bad?.code == .invalidArgument)
  }

  @Test func reembeddingKeepsIdsWhereItCan() async throws {
    let engine = try await open()
    _ = try await ingest(engine)
    let before = try await chunks(engine)
    let same = try await engine.reembed()
    #expect(same.tail == 0)
    #expect(try await chunks(engine) == before)
    #expect(try await engine.verify().problems == [])
    try await engine.reembed(chunkTokens: 16, chunkOverlap: 0)
    let smaller = try await engine.collection("default")
    #expect(smaller.chunkTokens == 16)
    #expect(smaller.chunks > before.values.reduce(0) { $0 + $1.count })
    #expect(try await engine.verify().problems == [])
    #expect(try await ingest(engine).counts.unchanged == 8)
  }

  // MARK: Tasks

  @Test func tasksTellWhatWasDone() async throws {
    let engine = try await open()
    let report = try await ingest(engine)
    try await engine.rebuildIndex()
    try await engine.reembed()
    let tasks = try await engine.tasks()
    #expect(tasks.map(\.kind) == [.reembed, .rebuild, .ingest])
    #expect(tasks.allSatisfy { $0.status == .succeeded && $0.finishedAt != nil })
    #expect(tasks.last?.id == report.task)
    #expect(tasks.last?.count("added") == 8)
    let ended = await #expect(throws: HarkError.self) {
      try await engine.cancelTask(tasks[0].id)
    }
    #expect(ended?.code == .taskEnded)
    let missing = await #expect(throws: HarkError.self) { try await engine.cancelTask(99) }
    #expect(missing?.code == .taskMissing)
  }

  @Test func aTaskWhoseProcessWentAwayIsTold() async throws {
    let engine = try await open()
    let id = try engine.catalog.addTask(.ingest, payload: "{}", agent: "host:1")
    #expect(try await engine.task(id).status == .processing)
    _ = try await ingest(engine)
    let task = try await engine.task(id)
    #expect(task.status == .failed)
    #expect(task.errorCode == "task-interrupted")
  }

  /// A task that waits for another writer is on record, and can be canceled there.
  @Test func aWaitingTaskIsCanceled() async throws {
    let engine = try await open()
    var lock: WriterLock? = try WriterLock(folder.file("store/lock"))
    let waiting = Task { [documents] in
      try await engine.ingest([documents], options: IngestOptions(waitForOtherWriter: true))
    }
    var task: TaskRecord?
    while task == nil {
      try await Task.sleep(for: .milliseconds(10))
      task = try await engine.tasks().first
    }
    #expect(task?.status == .enqueued)
    #expect(try await engine.cancelTask(try #require(task).id).status == .canceled)
    withExtendedLifetime(lock) {}
    lock = nil
    let error = await #expect(throws: HarkError.self) { try await waiting.value }
    #expect(error?.code == .canceled)
    #expect(try await engine.documents().isEmpty)
  }

  @Test func aCanceledIngestKeepsWhatItCommitted() async throws {
    for number in 0..<300 {
      try folder.write("documents/more/\(number).txt", "Note \(number) on a bird of the reeds.")
    }
    let engine = try await open()
    let started = AsyncStream<Void>.makeStream()
    let running = Task { [documents] in
      try await engine.ingest([documents]) { progress in
        if progress.chunksDone > 40 { started.continuation.yield() }
      }
    }
    for await _ in started.stream { break }
    running.cancel()
    let error = await #expect(throws: HarkError.self) { try await running.value }
    #expect(error?.code == .canceled)
    #expect(try await engine.tasks().first?.status == .canceled)
    let kept = try await engine.documents().count
    #expect(kept > 0 && kept < 308)
    let report = try await ingest(engine)
    #expect(report.counts.added == 308 - kept)
    #expect(report.counts.unchanged == kept)
  }

  // MARK: Checks

  private func damage(_ catalog: Catalog, _ sql: String) throws {
    try catalog.pool.writeWithoutTransaction { db in
      try db.execute(sql: sql)
      try db.execute(sql: "PRAGMA foreign_keys = ON")
    }
  }

  @Test(arguments: [
    ("UPDATE rag_chunks SET content = 'other' WHERE id = 3", "chunks-invalid"),
    ("UPDATE rag_chunks SET start_scalar = start_scalar + 1 WHERE id = 3", "chunks-invalid"),
    ("UPDATE rag_chunks SET embedding = zeroblob(1536) WHERE id = 3", "chunks-invalid"),
    ("UPDATE rag_chunks SET embedding = x'00' WHERE id = 3", "chunks-invalid"),
    ("DELETE FROM rag_chunks WHERE id = 3", "chunks-invalid"),
    ("PRAGMA foreign_keys = OFF; DELETE FROM rag_documents WHERE id = 3", "chunks-orphaned"),
    ("UPDATE index_segments SET postings_name = NULL", "analysis-outdated"),
    ("UPDATE index_segments SET postings_name = 'none.terms'", "segment-unavailable"),
    ("DELETE FROM index_segments", nil),
  ])
  func damageIsFoundAndMended(sql: String, code: String?) async throws {
    let engine = try await open()
    _ = try await ingest(engine)
    try damage(engine.catalog, sql)
    let found = try await engine.verify()
    if let code { #expect(found.problems.contains { $0.code == code }) }
    let mended = try await engine.verify(repairs: true)
    #expect(mended.problems == [])
    if let code { #expect(mended.mended.contains { $0.code == code }) }
    #expect(try await engine.verify().problems == [])
    let hits = try await engine.search("kingfisher", options: .init(mode: .text)).hits
    #expect(hits.first?.document.name == "kingfisher.txt")
  }

  @Test func filesAreComparedOnDemand() async throws {
    let engine = try await open()
    _ = try await ingest(engine)
    try remove("ibis.txt")
    try folder.write("documents/heron.txt", "Something else.")
    #expect(try await engine.verify().problems == [])
    let found = try await engine.verify(comparesFiles: true, repairs: true)
    #expect(Set(found.problems.map(\.code)) == ["file-missing", "file-differs"])
    #expect(found.files == 8)
  }

  @Test func statisticsCount() async throws {
    let engine = try await open()
    _ = try await ingest(engine)
    let statistics = try await engine.statistics()
    let collection = try #require(statistics.collections.first)
    #expect(collection.documents == 8)
    #expect(collection.types == ["text": 8])
    #expect(collection.tokens > 8)
    #expect(statistics.tasks == ["succeeded": 1])
    #expect(statistics.catalogBytes > 0 && statistics.segmentBytes > 0)
  }

  @Test func compactingGivesRoomBack() async throws {
    for number in 0..<100 {
      try folder.write(
        "documents/more/\(number).txt", String(repeating: "Bird \(number). ", count: 200))
    }
    let engine = try await open()
    _ = try await ingest(engine)
    for number in 0..<100 { try remove("more/\(number).txt") }
    _ = try await ingest(engine, IngestOptions(maximumDeletion: 1))
    let compaction = try await engine.compact()
    #expect(compaction.bytesAfter < compaction.bytesBefore / 2)
    #expect(try await engine.indexStatus().masked == 0)
    #expect(try await engine.verify().problems == [])
  }

  // MARK: Watching

  @Test func aWatchedFolderIsKeptInStep() async throws {
    let engine = try await open()
    let reports = AsyncStream<IngestReport>.makeStream()
    let watching = Task { [documents] in
      try await engine.watch([documents]) { reports.continuation.yield($0) }
    }
    var seen = reports.stream.makeAsyncIterator()
    #expect(await seen.next()?.counts.added == 8)
    try folder.write("documents/new/owl.txt", "The owl hoots.")
    #expect(await seen.next()?.counts.added == 1)
    try folder.write("documents/new/deeper/lark.txt", "The lark sings.")
    #expect(await seen.next()?.counts.added == 1)
    try move("new/owl.txt", to: "night/owl.txt")
    #expect(await seen.next()?.counts.moved == 1)
    try remove("night/owl.txt")
    #expect(await seen.next()?.counts.deleted == 1)
    watching.cancel()
    _ = try await watching.value
    #expect(try await engine.documents().count == 9)
  }
}
