import Foundation
import TestKit
import Testing

/// Runs of the program on a small store: the JSON forms, the texts and the exit codes.
@Suite(.serialized, .timeLimit(.minutes(4)), .enabled(if: HarkProcess.canEmbed))
struct StoreProcessTests {
  @Test func ingestAccountsForEveryFile() async throws {
    let folder = try TemporaryFolder()
    let sample = try await SampleStore.shared()
    let first = try await HarkProcess.run(
      "ingest", sample.documents, "--store", folder.file("s"), "--json")
    let report = try first.json()
    #expect(
      Set(report.keys) == [
        "files_seen", "added", "changed", "moved", "deleted", "unchanged", "skipped", "ignored",
        "failures", "failures_kept", "refusals", "chunks", "chunks_kept", "chunks_reused",
        "warnings", "tokens", "seconds", "chunks_per_second", "peak_memory_bytes", "task",
      ])
    #expect(report["files_seen"] as? Int == 5)
    #expect(report["added"] as? Int == 4)
    #expect(report["skipped"] as? [String: Int] == ["png": 1])
    #expect((report["failures"] as? [Any])?.isEmpty == true)
    #expect(try #require(report["peak_memory_bytes"] as? Int) > 10 << 20)
    // A slow machine shows the progress now and then.
    #expect(first.errors.split(separator: "\n").allSatisfy { $0.contains(" of 4 files, ") })
    #expect(first.status == 0)

    let again = try await HarkProcess.run("ingest", sample.documents, "--store", folder.file("s"))
    #expect(
      again.output.hasPrefix(
        "5 files seen: 0 added, 0 changed, 0 moved, 0 deleted, 4 unchanged, 1 skipped, 0 failed.\n")
    )
    #expect(again.output.hasSuffix("\nSkipped: 1 .png.\n"))
    let quiet = try await HarkProcess.run(
      "ingest", sample.documents, "--store", folder.file("s"), "--quiet")
    #expect(quiet.output == "")
    #expect(quiet.errors == "")
  }

  @Test(arguments: ["hybrid", "vector", "text"])
  func searchHasItsJSONForm(mode: String) async throws {
    let sample = try await SampleStore.shared()
    let outcome = try await HarkProcess.run(
      "search", "Who approves a business trip?", "--store", sample.store, "--mode", mode,
      "--limit", "2", "--json")
    #expect(outcome.status == 0)
    let result = try outcome.json()
    #expect(Set(result.keys) == ["query", "mode", "took_ms", "confidence", "hits"])
    #expect(result["query"] as? String == "Who approves a business trip?")
    #expect(result["mode"] as? String == mode)
    #expect(try #require(result["took_ms"] as? Double) > 0)
    let hits = try #require(result["hits"] as? [[String: Any]])
    #expect((1...2).contains(hits.count))
    for (index, hit) in hits.enumerated() {
      #expect(Set(hit.keys) == ["rank", "score", "document", "chunk", "text"])
      #expect(hit["rank"] as? Int == index + 1)
      let document = try #require(hit["document"] as? [String: Any])
      #expect(Set(document.keys) == ["id", "name", "file_path", "file_type"])
      let chunk = try #require(hit["chunk"] as? [String: Any])
      #expect(
        Set(chunk.keys) == [
          "id", "index", "page_number", "page_end", "page_label", "start", "end", "heading",
        ])
    }
    let best = try #require(hits.first?["document"] as? [String: Any])
    #expect(best["name"] as? String == "travel.md")
    #expect(best["file_path"] as? String == "\(sample.documents)/travel.md")
    #expect(best["file_type"] as? String == "markdown")
  }

  @Test func rangesCountScalarsOfTheDocumentsText() async throws {
    let sample = try await SampleStore.shared()
    let outcome = try await HarkProcess.run(
      "search", "출장비는 언제 지급되나요?", "--store", sample.store, "--json")
    let hits = try #require(try outcome.json()["hits"] as? [[String: Any]])
    let best = try #require(hits.first?["document"] as? [String: Any])
    #expect(best["name"] as? String == "출장.txt")
    for hit in hits {
      let document = try #require(hit["document"] as? [String: Any])
      let chunk = try #require(hit["chunk"] as? [String: Any])
      let id = try #require(document["id"] as? Int)
      let shown = try await HarkProcess.run(
        "documents", "show", "\(id)", "--store", sample.store, "--json")
      let text = try #require(try shown.json()["text"] as? String)
      let start = try #require(chunk["start"] as? Int)
      let end = try #require(chunk["end"] as? Int)
      let scalars = Array(text.unicodeScalars)[start..<end]
      #expect(String(String.UnicodeScalarView(scalars)) == hit["text"] as? String)
    }
  }

  @Test func filtersOfTheCommandLine() async throws {
    let sample = try await SampleStore.shared()
    func names(_ command: [String], _ options: [String]) async throws -> Set<String> {
      let outcome = try await HarkProcess(
        command + options + ["--store", sample.store, "--json", "--limit", "100"]
      ).outcome()
      let hits = try #require(try outcome.json()["hits"] as? [[String: Any]])
      return Set(hits.compactMap { ($0["document"] as? [String: Any])?["name"] as? String })
    }
    let search = ["search", "business trip"]
    let all = try await names(search, [])
    let plain = try await names(search, ["--type", "text"])
    #expect(!plain.isEmpty && plain.isStrictSubset(of: all))
    #expect(plain.allSatisfy { $0.hasSuffix(".txt") })
    #expect(try await names(search, ["--path", sample.documents]) == all)
    #expect(
      try await names(search, ["--path", "/nowhere", "--path", "\(sample.documents)/"]) == all)
    #expect(try await names(search, ["--path", "/nowhere"]).isEmpty)
    #expect(try await names(search, ["--meta", "no-such-key=1"]).isEmpty)
    #expect(try await names(search, ["--meta", "no-such-key="]) == all)
    let json = #"{"must": [{"key": "name", "match": {"prefix": "t"}}]}"#
    #expect(try await names(search, ["--filter", json]) == all.filter { $0.hasPrefix("t") })
    #expect(
      try await names(search, ["--filter", json, "--type", "text"])
        == plain.filter { $0.hasPrefix("t") })
    for command in [
      search, ["context", "trip"], ["chat", "ask", "x", "--session", "s", "--user", "u"],
    ] {
      for options in [["--filter", "{"], ["--type", "docx"], ["--filter", #"{"must": 1}"#]] {
        let outcome = try await HarkProcess(command + options + ["--store", sample.store]).outcome()
        #expect(outcome.errors.hasPrefix("hark: filter"))
        #expect(outcome.errors.hasSuffix(" [filter-invalid]\n"))
        #expect(outcome.status == 1)
      }
    }
  }

  @Test func searchPrintsHits() async throws {
    let sample = try await SampleStore.shared()
    let outcome = try await HarkProcess.run(
      "search", "approves", "--mode", "text", "--store", sample.store, "--quiet")
    let lines = outcome.output.split(separator: "\n")
    try #require(lines.count > 2)
    #expect(lines[0].wholeMatch(of: /1\.  [0-9]+\.[0-9]{4}  travel\.md/) != nil)
    #expect(lines[1] == "    Travel policy")
    #expect(lines[2].contains("The head of department «approves» a business trip"))
    #expect(outcome.errors == "")
  }

  @Test func searchWithoutHitsEndsWith0() async throws {
    let sample = try await SampleStore.shared()
    let outcome = try await HarkProcess.run(
      "search", "xylophone", "--mode", "text", "--store", sample.store)
    #expect(outcome.output == "No passage was found for this query.\n")
    #expect(outcome.status == 0)
    let json = try await HarkProcess.run(
      "search", "xylophone", "--mode", "text", "--store", sample.store, "--json")
    #expect((try json.json()["hits"] as? [Any])?.isEmpty == true)
  }

  @Test func documentsAreListedAndShown() async throws {
    let sample = try await SampleStore.shared()
    let outcome = try await HarkProcess.run("documents", "list", "--store", sample.store, "--json")
    let list = try outcome.json()
    #expect(Set(list.keys) == ["documents"])
    let documents = try #require(list["documents"] as? [[String: Any]])
    #expect(
      Set(documents.compactMap { $0["name"] as? String })
        == ["travel.md", "meals.html", "출장.txt", "hostile.txt"])
    let keys: Set = [
      "id", "collection", "name", "file_path", "external_id", "file_type", "file_size", "title",
      "metadata", "page_count", "chunk_count", "token_count", "created_at", "updated_at",
    ]
    for document in documents { #expect(Set(document.keys) == keys) }

    let table = try await HarkProcess.run("documents", "list", "--store", sample.store)
    #expect(table.output.hasPrefix("ID  TYPE      PAGES  CHUNKS"))
    #expect(table.output.split(separator: "\n").count == 6)

    let hostile = try #require(documents.first { $0["name"] as? String == "hostile.txt" })
    let id = try #require(hostile["id"] as? Int)
    let text = try await HarkProcess.run(
      "documents", "show", "\(id)", "--store", sample.store, "--quiet")
    #expect(text.output.contains("zebra"))
    #expect(!text.output.unicodeScalars.contains("\u{1B}"))
    let contents = try await HarkProcess.run(
      "documents", "show", "\(id)", "--store", sample.store, "--json")
    #expect(Set(try contents.json().keys) == ["document", "text", "chunks"])
    let missing = try await HarkProcess.run(
      "documents", "show", "999", "--store", sample.store, "--json")
    #expect(try missing.errorCode() == "document-missing")
    #expect(missing.status == 1)
  }

  @Test func deletedDocumentsAreGone() async throws {
    let sample = try await SampleStore()
    let before = try await ids(in: sample.store)
    let victim = try #require(before["travel.md"])
    let missing = try await HarkProcess.run(
      "documents", "delete", "\(victim)", "999", "--yes", "--store", sample.store)
    #expect(missing.errors.hasSuffix("[document-missing]\n"))
    #expect(missing.status == 1)
    #expect(try await ids(in: sample.store) == before)

    let deleted = try await HarkProcess.run(
      "documents", "delete", "\(victim)", "\(victim)", "--yes", "--store", sample.store, "--json")
    #expect(Set(try deleted.json().keys) == ["documents", "chunks"])
    #expect(try deleted.json()["documents"] as? [Int] == [victim])
    #expect(try await ids(in: sample.store)["travel.md"] == nil)
    let search = try await HarkProcess.run(
      "search", "Who approves a business trip?", "--store", sample.store)
    #expect(!search.output.contains("travel.md"))
    let verified = try await HarkProcess.run("index", "verify", "--store", sample.store)
    #expect(verified.output.hasSuffix(": nothing is wrong.\n"))
    #expect(verified.status == 0)
  }

  @Test func deletionIsAskedOnATerminal() async throws {
    let sample = try await SampleStore()
    let victim = try #require(try await ids(in: sample.store)["travel.md"])
    let line = "$HARK documents delete \(victim) --store '\(sample.store)'"
    let declined = try await HarkProcess.terminal(line, input: "n\n")
    #expect(declined.output.contains("documents/travel.md"))
    #expect(declined.output.contains("? [y/N] "))
    #expect(declined.output.contains("Nothing was deleted."))
    #expect(try await ids(in: sample.store)["travel.md"] == victim)
    let confirmed = try await HarkProcess.terminal(line, input: "yes\n")
    #expect(confirmed.output.contains("Deleted 1 document, "))
    #expect(try await ids(in: sample.store)["travel.md"] == nil)
  }

  @Test func indexIsShownCheckedAndRebuilt() async throws {
    let sample = try await SampleStore()
    let keys: Set = ["collection", "dimension", "model", "chunks", "segments", "tail", "masked"]
    let info = try await HarkProcess.run("index", "info", "--store", sample.store, "--json")
    #expect(Set(try info.json().keys) == keys)
    #expect(try info.json()["dimension"] as? Int == 384)
    let text = try await HarkProcess.run("index", "info", "--store", sample.store)
    #expect(text.output.hasPrefix("store       \(sample.store)\n"))

    let sound = try await HarkProcess.run("index", "verify", "--store", sample.store, "--json")
    #expect(Set(try sound.json().keys) == ["segments", "vectors", "problems"])
    #expect(sound.status == 0)

    try damageSegment(of: sample.store)
    let damaged = try await HarkProcess.run("index", "verify", "--store", sample.store, "--json")
    #expect((try damaged.json()["problems"] as? [Any])?.isEmpty == false)
    #expect(damaged.status == 1)
    let rebuilt = try await HarkProcess.run("index", "rebuild", "--store", sample.store, "--json")
    #expect(Set(try rebuilt.json().keys) == keys)
    #expect(rebuilt.status == 0)
    let again = try await HarkProcess.run("index", "verify", "--store", sample.store, "--quiet")
    #expect(again.output == "")
    #expect(again.status == 0)
  }

  /// Flips a bit in the middle of the store's first segment.
  private func damageSegment(of store: String) throws {
    let folder = URL(filePath: store).appending(path: "segments")
    let file = try #require(
      try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        .first { $0.pathExtension == "hark" })
    var bytes = try Data(contentsOf: file)
    // The header takes the first page; what follows it is a section with vectors or links.
    bytes[4096] ^= 0x40
    try bytes.write(to: file)
  }

  private func ids(in store: String) async throws -> [String: Int] {
    let outcome = try await HarkProcess.run("documents", "list", "--store", store, "--json")
    let documents = try #require(try outcome.json()["documents"] as? [[String: Any]])
    return Dictionary(
      uniqueKeysWithValues: documents.compactMap { document in
        guard let name = document["name"] as? String, let id = document["id"] as? Int else {
          return nil
        }
        return (name, id)
      })
  }
}
