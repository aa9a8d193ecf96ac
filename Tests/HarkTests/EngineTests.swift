import Foundation
import GRDB
import Machine
import TestKit
import Testing

@testable import Hark

/// The whole of Hark in one process, with the real model, parser and files.
@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: TestData.model != nil))
struct EngineTests {
  private let folder: TemporaryFolder
  private let store: String
  private let documents: String

  init() throws {
    _ = Products.parser
    folder = try TemporaryFolder()
    store = folder.file("store")
    documents = folder.file("documents")
    try folder.write(
      "documents/leave.md",
      """
      # Leave
      ## Annual leave
      Every employee has twenty-five days of paid leave a year.
      ## Sick leave
      Report an illness to your manager before nine in the morning.
      """)
    try folder.write(
      "documents/travel.html",
      """
      <html><head><title>Travel</title></head><body><h1>Travel</h1>
      <p>Hotels in Utrecht may cost up to €165 a night. 😀</p></body></html>
      """)
    try folder.write("documents/출장.txt", "국내 출장 시 숙박비는 1박당 12만 원까지 지급합니다. 영수증을 제출해야 합니다.")
  }

  private func open() async throws -> Engine {
    try await Engine(store: store, model: TestData.model?.path)
  }

  @Test func aFolderBecomesAnswersWithSources() async throws {
    let engine = try await open()
    let report = try await engine.ingest([documents])
    #expect(report.counts.added == 3)
    #expect(report.failures.isEmpty)
    #expect(report.chunks >= 3)
    #expect(report.peakMemoryBytes > 1 << 20)
    for (query, name) in [
      ("how many vacation days do I get?", "leave.md"),
      ("price of a hotel", "travel.html"), ("출장 숙박비", "출장.txt"),
    ] {
      let result = try await engine.search(query)
      #expect(result.hits.first?.document.name == name)
    }
    let leave = try await engine.search("vacation days", options: .init(limit: 1))
    #expect(leave.hits.count == 1)
    #expect(leave.hits[0].chunk.heading?.hasPrefix("Leave") == true)
    #expect(leave.hits[0].chunk.pageNumber == nil)
  }

  /// Offsets on the wire are scalars, so that a client finds the passage in the text.
  @Test func offsetsFindThePassageInTheText() async throws {
    let engine = try await open()
    try await engine.ingest([documents])
    for document in try await engine.documents() {
      let contents = try await engine.document(document.id)
      let scalars = Array(contents.text.unicodeScalars)
      for chunk in contents.chunks {
        let slice = scalars[chunk.chunk.start..<chunk.chunk.end]
        #expect(String(String.UnicodeScalarView(slice)) == chunk.text)
      }
    }
  }

  @Test func ingestingAgainDoesNothing() async throws {
    let engine = try await open()
    try await engine.ingest([documents])
    let before = try await engine.indexStatus()
    let report = try await engine.ingest([documents])
    #expect(report.counts.unchanged == 3)
    #expect(report.counts.added + report.counts.changed + report.chunks == 0)
    let after = try await engine.indexStatus()
    #expect(after.segments.map(\.file) == before.segments.map(\.file))
  }

  @Test func aTouchedFileIsUnchanged() async throws {
    let engine = try await open()
    try await engine.ingest([documents])
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: -1000)],
      ofItemAtPath: "\(documents)/leave.md")
    #expect(try await engine.ingest([documents]).counts.unchanged == 3)
  }

  @Test func aChangedFileTakesThePlaceOfTheOldOne() async throws {
    let engine = try await open()
    try await engine.ingest([documents])
    try folder.write("documents/leave.md", "# Leave\n\nThirty days of paid leave for everybody.")
    let report = try await engine.ingest([documents])
    #expect(report.counts.changed == 1)
    #expect(try await engine.documents().count == 3)
    let hits = try await engine.search("paid leave days", options: .init(limit: 50)).hits
    let texts = hits.map(\.text)
    #expect(texts.contains { $0.contains("Thirty days") })
    #expect(!texts.contains { $0.contains("twenty-five") })
    #expect(try await engine.verifyIndex().problems.isEmpty)
  }

  @Test func equalContentIsEmbeddedOnceAndShownOnce() async throws {
    try FileManager.default.copyItem(
      atPath: "\(documents)/leave.md", toPath: "\(documents)/copy.md")
    let engine = try await open()
    let report = try await engine.ingest([documents])
    #expect(report.counts.added == 4)
    #expect(report.chunksReused > 0)
    let hits = try await engine.search("paid leave", options: .init(limit: 50)).hits
    #expect(Set(hits.map(\.text)).count == hits.count)
  }

  @Test func aDeletedDocumentIsGoneAtOnce() async throws {
    let engine = try await open()
    try await engine.ingest([documents])
    let leave = try #require(
      try await engine.documents().first { $0.name == "leave.md" })
    #expect(try await engine.deleteDocuments([leave.id]) == leave.chunkCount)
    for mode in SearchMode.allCases {
      let hits = try await engine.search("paid leave days", options: .init(mode: mode)).hits
      #expect(!hits.contains { $0.document.id == leave.id })
    }
    #expect(try await engine.verifyIndex().problems.isEmpty)
    let error = await #expect(throws: HarkError.self) {
      try await engine.deleteDocuments([leave.id])
    }
    #expect(error?.code == .documentMissing)
  }

  /// A reader that was opened before sees what another engine commits.
  @Test func anotherReaderSeesWhatWasCommitted() async throws {
    let writer = try await open()
    let reader = try await open()
    #expect(try await reader.search("leave").hits.isEmpty)
    try await writer.ingest([documents])
    #expect(try await reader.search("annual leave").hits.isEmpty == false)
    try folder.write("documents/new.txt", "The gargoyle on the roof is called Zephyrine.")
    try await writer.ingest([documents])
    #expect(try await reader.search("gargoyle").hits.first?.document.name == "new.txt")
    let id = try #require(try await writer.documents().first { $0.name == "new.txt" }?.id)
    try await writer.deleteDocuments([id])
    #expect(try await reader.search("gargoyle").hits.contains { $0.document.id == id } == false)
  }

  @Test func searchesGoOnWhileAnotherEngineWrites() async throws {
    let writer = try await open()
    try await writer.ingest([documents])
    for number in 0..<30 {
      try folder.write("documents/note-\(number).txt", "Note \(number) is about paid leave.")
    }
    let reader = try await open()
    async let report = writer.ingest([documents])
    var searches = 0
    while searches < 20 {
      let hits = try await reader.search("hotels in Utrecht", options: .init(limit: 3)).hits
      #expect(hits.first?.document.name == "travel.html")
      searches += 1
    }
    #expect(try await report.counts.added == 30)
  }

  @Test func onlyOneProcessWrites() async throws {
    let engine = try await open()
    let lock = try FileLock("\(store)/lock")
    let error = await #expect(throws: HarkError.self) { try await engine.ingest([documents]) }
    #expect(error?.code == .storeLocked)
    withExtendedLifetime(lock) {}
  }

  @Test func leftoversOfACrashAreRemoved() async throws {
    let engine = try await open()
    try await engine.ingest([documents])
    let stray = "\(store)/segments/99-1-2.hark"
    let unfinished = "\(store)/segments/98-1-2.hark\(AtomicFile.temporaryMark)1234"
    for path in [stray, unfinished] {
      #expect(FileManager.default.createFile(atPath: path, contents: Data("half".utf8)))
    }
    try await engine.ingest([documents])
    #expect(!FileManager.default.fileExists(atPath: stray))
    #expect(!FileManager.default.fileExists(atPath: unfinished))
    #expect(try await engine.verifyIndex().problems.isEmpty)
  }

  /// A segment is derived: damage to it is named, and mended by building it anew.
  @Test(arguments: [0, 200, 5000, -1])
  func aDamagedSegmentIsNamedAndRebuilt(offset: Int) async throws {
    try await open().ingest([documents])
    let status = try await open().indexStatus()
    let path = "\(store)/segments/\(try #require(status.segments.first).file)"
    var bytes = try Data(contentsOf: URL(filePath: path))
    if offset < 0 { bytes.removeLast(1) } else { bytes[offset] ^= 0xFF }
    try bytes.write(to: URL(filePath: path))
    let engine = try await open()
    let problem = try #require(try await engine.verifyIndex().problems.first)
    #expect(problem.message.contains(path))
    #expect(problem.message.contains("hark index rebuild"))
    try await engine.rebuildIndex()
    #expect(try await engine.verifyIndex().problems.isEmpty)
    #expect(try await engine.search("hotel").hits.first?.document.name == "travel.html")
  }

  /// Each side works without the files of the other.
  @Test(arguments: [(".hark", SearchMode.text), (".terms", .vector)])
  func aMissingFileIsNamedAndRebuilt(kind: String, remaining: SearchMode) async throws {
    try await open().ingest([documents])
    let folder = "\(store)/segments"
    for name in try FileManager.default.contentsOfDirectory(atPath: folder)
    where name.hasSuffix(kind) {
      try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
    }
    let engine = try await open()
    let error = await #expect(throws: HarkError.self) { try await engine.search("hotel") }
    #expect(error?.code.rawValue == "segment-unavailable")
    #expect(try await engine.search("hotel", options: .init(mode: remaining)).hits.isEmpty == false)
    try await engine.rebuildIndex()
    #expect(try await engine.search("hotel").hits.first?.document.name == "travel.html")
  }

  @Test func filesThatFailAreNamedAndCostNothingElse() async throws {
    try folder.write("documents/empty.txt", "")
    try folder.write("documents/binary.txt", Data((0..<4096).map { UInt8(truncatingIfNeeded: $0) }))
    try folder.write("documents/blank.md", " \n\t\n")
    try folder.write("documents/broken.pdf", "%PDF-1.7\nnot really")
    let report = try await open().ingest([documents])
    #expect(report.counts.added == 3)
    let codes = Dictionary(
      report.failures.map { (URL(filePath: $0.filePath).lastPathComponent, $0.code) },
      uniquingKeysWith: { first, _ in first })
    #expect(
      codes == [
        "empty.txt": "file-empty", "binary.txt": "not-text", "blank.md": "no-text",
        "broken.pdf": "pdf-damaged",
      ])
    for failure in report.failures { #expect(failure.message.contains(failure.filePath)) }
  }

  @Test func anEmptyStoreAnswersWithNothing() async throws {
    let engine = try await open()
    #expect(try await engine.search("anything").hits.isEmpty)
    #expect(try await engine.documents().isEmpty)
    #expect(try await engine.verifyIndex().problems.isEmpty)
    #expect(try await engine.rebuildIndex().segments.isEmpty)
  }

  @Test(arguments: [
    ("", 10), ("  \n", 10), ("word", 0), ("word", 1001),
    (String(repeating: "long question ", count: 2000), 10),
  ])
  func badArgumentsAreNamed(query: String, limit: Int) async throws {
    let engine = try await open()
    let error = await #expect(throws: HarkError.self) {
      try await engine.search(query, options: .init(limit: limit))
    }
    #expect(error?.code == .invalidArgument)
  }

  @Test(arguments: [
    "\"", "a\"b", "AND OR NOT", "NEAR(a b)", "title:x", "*", "😀", "\u{0}", "가", "() {} ^",
    String(repeating: "long question ", count: 500), "-hotel", "\"hotel\" -\"hotel\"",
    "' OR 1=1; DROP TABLE rag_chunks; --", "호텔hotel東京", "a* b* *", "\"never closed",
  ])
  func oddQueriesAreAnswered(query: String) async throws {
    let engine = try await open()
    try await engine.ingest([documents])
    for mode in SearchMode.allCases {
      _ = try await engine.search(query, options: .init(mode: mode))
    }
  }

  @Test func aStoreOfAnotherModelIsRefused() async throws {
    let engine = try await open()
    try await engine.ingest([documents])
    try engine.catalog.write { db in
      try db.execute(sql: "UPDATE collections SET model_name = 'other', model_fingerprint = 'x'")
    }
    let search = await #expect(throws: HarkError.self) { try await engine.search("leave") }
    #expect(search?.code == .modelMismatch)
    try folder.write("documents/new.txt", "Something new.")
    let ingest = await #expect(throws: HarkError.self) { try await engine.ingest([documents]) }
    #expect(ingest?.message.contains("other") == true)
  }

  @Test func aMissingModelIsNamed() async throws {
    let engine = try await Engine(store: store, model: folder.file("no-model"))
    let error = await #expect(throws: HarkError.self) { try await engine.search("leave") }
    #expect(error?.code == .modelMissing)
  }

  @Test func postingsOfAnotherAnalysisAreMadeAnew() async throws {
    let engine = try await open()
    try await engine.ingest([documents])
    let (state, name) = try engine.catalog.read { db in
      (try engine.catalog.state(db), try engine.catalog.segments(of: 1, db)[0].postingsName ?? "")
    }
    try Postings.publish(
      PostingsTables(),
      header: PostingsHeader(store: state.uuid, generation: state.generation, analysis: 0),
      to: "\(store)/segments/\(name)")
    let other = try await open()
    let error = await #expect(throws: HarkError.self) { try await other.search("hotel") }
    #expect(error?.code.rawValue == "analysis-outdated")
    #expect(error?.message.contains("hark index rebuild") == true)
    #expect(try await other.search("hotel", options: .init(mode: .vector)).hits.isEmpty == false)
    try await engine.ingest([documents])
    let hits = try await engine.search("hotel", options: .init(mode: .text)).hits
    #expect(hits.first?.document.name == "travel.html")
  }
}
