import Foundation
import Hark
import TestKit
import Testing

/// `kill -9` in the middle of an ingest, and the same command again.
@Suite(.serialized, .enabled(if: HarkProcess.canEmbed))
struct CrashProcessTests {
  @Test(.timeLimit(.minutes(5)))
  func killedIngestsLoseAndDoubleNothing() async throws {
    try await killAndRepeat(rounds: 3, documents: 300)
  }

  @Test(.timeLimit(.minutes(10)))
  func aRunAfterAKillEndsAsIfThereHadBeenNone() async throws {
    try await killOnce(rounds: 20)
  }

  @Test(
    .enabled(if: ProcessInfo.processInfo.environment["HARK_SOAK"] == "1"),
    .timeLimit(.minutes(60)))
  func aRunAfterAKillEndsAsIfThereHadBeenNoneSoak() async throws {
    try await killOnce(rounds: 200)
    for _ in 0..<5 { try await killAndRepeat(rounds: 5, documents: 600) }
  }

  /// Kills an ingest that adds, changes, moves and deletes at a random point, gives the command
  /// again, and holds the store against that of an ingest that nobody disturbed.
  private func killOnce(rounds: Int) async throws {
    let folder = try TemporaryFolder()
    for number in 0..<40 { try folder.write("in/\(number).md", Self.text(number)) }
    func ingest(_ store: String) -> [String] {
      ["ingest", folder.file("in"), "--store", folder.file(store), "--max-delete", "50%", "--json"]
    }
    let base = try await HarkProcess(ingest("base")).outcome()
    #expect(base.status == 0, "\(base)")
    for number in 40..<60 { try folder.write("in/new/\(number).md", Self.text(number)) }
    for number in 0..<10 {
      try folder.write("in/\(number).md", Self.text(number) + "\nIt was opened again.\n")
    }
    for number in 10..<20 {
      try FileManager.default.moveItem(
        atPath: folder.file("in/\(number).md"), toPath: folder.file("in/new/moved-\(number).md"))
    }
    for number in 20..<25 {
      try FileManager.default.removeItem(atPath: folder.file("in/\(number).md"))
    }
    try folder.write("in/30.md.meta.json", #"{"author": "Kim"}"#)

    func copy(_ name: String) throws {
      try FileManager.default.copyItem(atPath: folder.file("base"), toPath: folder.file(name))
    }
    try copy("whole")
    let clock = ContinuousClock()
    let start = clock.now
    #expect(try await HarkProcess(ingest("whole")).outcome().status == 0)
    let duration = clock.now - start
    let expected = try await Contents(of: folder.file("whole"))
    #expect(expected.documents.count == 55)
    for round in 0..<rounds {
      // A folder of its own: an engine that read the last one may be closing it still.
      let store = "killed-\(round)"
      try copy(store)
      let process = try HarkProcess(ingest(store))
      try await Task.sleep(for: duration * Double.random(in: 0...1))
      process.killAtOnce()
      _ = try await process.outcome()
      let last = try await HarkProcess(ingest(store)).outcome()
      #expect(last.status == 0, "\(last)")
      let found = try await Contents(of: folder.file(store))
      #expect(found == expected, "round \(round)")
    }
  }

  /// All that a store holds, but ids, times and the layout of its segments.
  private struct Contents: Equatable {
    struct Document: Equatable {
      var path: String
      var text: String
      var metadata: DocumentMetadata
      var chunks: [String]
    }

    var documents: [Document] = []
    var hits: [[String]] = []
    var problems: [String] = []

    init(of store: String) async throws {
      let engine = try await Engine(store: store, model: TestData.model?.path, access: .existing)
      for record in try await engine.documents() {
        let contents = try await engine.document(record.id)
        documents.append(
          Document(
            path: record.location, text: contents.text, metadata: record.metadata,
            chunks: contents.chunks.map { part in
              let chunk = part.chunk
              return
                "\(chunk.index) \(chunk.start)–\(chunk.end) \(chunk.heading ?? "") \(part.text)"
            }))
      }
      documents.sort { $0.path < $1.path }
      for query in ["report 4753 of volume 49", "opened again", "sealed in 1905 matter 12"] {
        for mode in SearchMode.allCases {
          let found = try await engine.search(query, options: .init(limit: 5, mode: mode)).hits
          // Equal scores are told apart by ids, which differ.
          hits.append(found.map { String(format: "%.4f", $0.score) })
        }
      }
      problems = try await engine.verify().problems.map(\.message)
    }
  }

  /// Kills an ingest at `rounds` random moments, and holds the store against that of an ingest
  /// that nobody disturbed.
  private func killAndRepeat(rounds: Int, documents: Int) async throws {
    let folder = try TemporaryFolder()
    for number in 0..<documents { try folder.write("in/\(number).md", Self.text(number)) }
    let clock = ContinuousClock()
    let start = clock.now
    let whole = try await HarkProcess.run("ingest", folder.file("in"), "--store", folder.file("a"))
    #expect(whole.status == 0)
    let duration = clock.now - start

    let arguments = ["ingest", folder.file("in"), "--store", folder.file("b"), "--json"]
    var acknowledged: [String: Record] = [:]
    for _ in 0..<rounds {
      let process = try HarkProcess(arguments)
      try await Task.sleep(for: duration * Double.random(in: 0.2...0.9))
      process.killAtOnce()
      let outcome = try await process.outcome()
      #expect(outcome.status == -SIGKILL || outcome.status == 0)
      guard FileManager.default.fileExists(atPath: folder.file("b/catalog.sqlite")) else {
        continue
      }
      let kept = try await records(in: folder.file("b"))
      for (path, record) in acknowledged { #expect(kept[path] == record, "lost: \(path)") }
      acknowledged = kept
    }
    let last = try await HarkProcess(arguments).outcome()
    #expect(last.status == 0, "\(last.errors)")
    let report = try last.json()
    #expect(report["unchanged"] as? Int == acknowledged.count)
    #expect(report["added"] as? Int == documents - acknowledged.count)

    let expected = try await records(in: folder.file("a"))
    let found = try await records(in: folder.file("b"))
    #expect(found.mapValues(\.chunks) == expected.mapValues(\.chunks))
    for (path, record) in acknowledged { #expect(found[path] == record, "lost: \(path)") }
    for store in ["a", "b"] {
      let verified = try await HarkProcess.run("index", "verify", "--store", folder.file(store))
      #expect(verified.output.hasSuffix(": nothing is wrong.\n"), "\(verified)")
    }
    let query = "What does the archive of section 3 hold?"
    #expect(
      try await hits(query, in: folder.file("b")) == hits(query, in: folder.file("a")))
  }

  private struct Record: Equatable { let id, chunks: Int }

  /// The documents by their paths; fails where a path stands twice.
  private func records(in store: String) async throws -> [String: Record] {
    let list = try await HarkProcess.run("documents", "list", "--store", store, "--json")
    let documents = try #require(try list.json()["documents"] as? [[String: Any]], "\(list)")
    var records: [String: Record] = [:]
    for document in documents {
      let path = try #require(document["file_path"] as? String)
      #expect(records[path] == nil, "doubled: \(path)")
      records[path] = Record(
        id: try #require(document["id"] as? Int),
        chunks: try #require(document["chunk_count"] as? Int))
    }
    return records
  }

  /// The passages found, with their scores.
  private func hits(_ query: String, in store: String) async throws -> Set<String> {
    let outcome = try await HarkProcess.run(
      "search", query, "--mode", "vector", "--limit", "20", "--store", store, "--json")
    let hits = try #require(try outcome.json()["hits"] as? [[String: Any]])
    return Set(
      hits.map { hit in
        let name = (hit["document"] as? [String: Any])?["name"] as? String ?? ""
        let index = (hit["chunk"] as? [String: Any])?["index"] as? Int ?? -1
        return "\(name) \(index)"
      })
  }

  /// A document like no other: most are a sentence, every twentieth has several chunks.
  ///
  /// Documents are committed by the hundred chunks or so, thus three hundred make several commits.
  private static func text(_ number: Int) -> String {
    guard number % 20 == 0 else {
      return "Volume \(number) of the archive holds report \(number * 97), sealed in 1931.\n"
    }
    return (0..<4).map { section in
      let sentences = (0..<8).map { sentence in
        "The archive of section \(section) holds report \(number * 97 + sentence * 13 + section) "
          + "about matter \((number * 31 + sentence * 7) % 89), sealed in \(1900 + sentence)."
      }
      return "## Section \(section) of volume \(number)\n\n" + sentences.joined(separator: " ")
    }.joined(separator: "\n\n")
  }
}
