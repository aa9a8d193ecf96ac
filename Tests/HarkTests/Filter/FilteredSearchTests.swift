import Foundation
import TestKit
import Testing

@testable import Hark

/// Filters in searches over a real store.
@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: TestData.model != nil))
struct FilteredSearchTests {
  private let folder: TemporaryFolder

  init() throws {
    _ = Products.parser
    folder = try TemporaryFolder()
  }

  private func open() async throws -> Engine {
    try await Engine(store: folder.file("store"), model: TestData.model?.path)
  }

  private static func note(_ number: Int, group: Int) throws -> SourceDocument {
    SourceDocument(
      externalID: "\(number)",
      content: .text("Field note \(number): a heron stands by the river, group \(group)."),
      metadata: try DocumentMetadata(json: #"{"group": \#(group)}"#, source: "test"))
  }

  private static func names(
    _ engine: Engine, _ query: String, _ filter: SearchFilter?, mode: SearchMode, limit: Int = 10
  ) async throws -> Set<String> {
    let options = SearchOptions(limit: limit, mode: mode, filter: filter)
    return Set(try await engine.search(query, options: options).hits.map(\.document.name))
  }

  /// One in a hundred passes, and none of them is among the best of all.
  @Test func strongFiltersFindAllThatPasses() async throws {
    let engine = try await open()
    var notes = try (0..<300).map { try Self.note($0, group: $0 % 100) }
    for place in notes.indices where place % 100 != 42 {
      notes[place].content = .text("heron heron note \(place)")
    }
    try await engine.upsert(notes)
    let filter = SearchFilter(must: [.match("metadata.group", 42)])
    for mode in SearchMode.allCases {
      let found = try await Self.names(engine, "heron", filter, mode: mode, limit: 5)
      #expect(found == ["42", "142", "242"], "\(mode)")
      let other = SearchFilter(mustNot: [.range("metadata.group", .atLeast(1))])
      #expect(try await Self.names(engine, "heron", other, mode: mode) == ["0", "100", "200"])
      #expect(
        try await Self.names(engine, "heron", SearchFilter(must: [.hasID([])]), mode: mode).isEmpty)
    }
    let context = try await engine.context(
      for: "heron", options: SearchOptions(limit: 5, filter: filter))
    #expect(Set(context.passages.map(\.document.name)) == ["42", "142", "242"])
    let wrong = SearchOptions(filter: SearchFilter(must: [.match("group", 42)]))
    let error = await #expect(throws: HarkError.self) {
      try await engine.search("heron", options: wrong)
    }
    #expect(error?.code == .filterInvalid)
    #expect(error?.message.hasPrefix("filter.must[0].key is “group”") == true)
  }

  /// Searches see what was committed, as the filter and the index go together.
  @Test func filtersFollowFiles() async throws {
    try folder.write("documents/a/leave.md", "# Leave\n\nTwenty-five days of leave.")
    try folder.write("documents/b/trips.md", "# Trips\n\nThe manager approves trips and leave.")
    let engine = try await open()
    let documents = folder.file("documents")
    try await engine.ingest([documents])
    let path = URL(filePath: documents).resolvingSymlinksInPath().path
    let inA = SearchFilter(must: [.folder("\(path)/a")])
    for mode in SearchMode.allCases {
      #expect(try await Self.names(engine, "leave", inA, mode: mode) == ["leave.md"])
    }
    try FileManager.default.moveItem(
      atPath: "\(documents)/b/trips.md", toPath: "\(documents)/a/trips.md")
    try await engine.ingest([documents])
    #expect(
      try await Self.names(engine, "leave", inA, mode: .hybrid) == ["leave.md", "trips.md"])
    try folder.write("documents/a/leave.md.meta.json", #"{"year": 2024}"#)
    try await engine.ingest([documents])
    let ofYear = SearchFilter(must: [.match("metadata.year", 2024)])
    #expect(try await Self.names(engine, "leave", ofYear, mode: .hybrid) == ["leave.md"])
    let id = try #require(try await engine.documents().first { $0.name == "leave.md" }?.id)
    try await engine.deleteDocuments([id])
    #expect(try await Self.names(engine, "leave", ofYear, mode: .hybrid).isEmpty)
    #expect(try await Self.names(engine, "leave", inA, mode: .hybrid) == ["trips.md"])
  }

  /// While a writer replaces documents, no search shows one that its filter does not allow, and each
  /// shows all that pass.
  @Test func aWriterBesideReaders() async throws {
    let writer = try await open()
    try await writer.upsert((0..<20).map { try Self.note($0, group: $0 % 2) })
    let reader = try await open()
    async let writing: Void = {
      for round in 0..<12 {
        try await writer.upsert((0..<20).map { try Self.note($0, group: ($0 + round) % 2) })
      }
    }()
    for round in 0..<40 {
      let group = round % 2
      let filter = SearchFilter(must: [.match("metadata.group", .number(Double(group)))])
      let options = SearchOptions(
        limit: 20, mode: SearchMode.allCases[round % 3], filter: filter)
      let hits = try await reader.search("heron river", options: options).hits
      #expect(hits.count == 10)
      #expect(hits.allSatisfy { $0.text.hasSuffix("group \(group).") })
    }
    try await writing
  }

  /// The filters that docs/retrieval.md shows are filters, and find what the page says.
  @Test func theExamplesOfThePage() async throws {
    let page = try String(
      contentsOf: TestData.packageRoot.appending(path: "docs/retrieval.md"), encoding: .utf8)
    let examples = page.components(separatedBy: "```json\n").dropFirst()
      .compactMap { $0.components(separatedBy: "\n```").first }
    #expect(examples.count == 4)
    let filters = try examples.map { try SearchFilter(json: $0) }
    let engine = try await open()
    func document(_ id: String, _ json: String) throws -> SourceDocument {
      SourceDocument(
        externalID: id, content: .text("Words of \(id).", heading: "A trip"),
        metadata: try DocumentMetadata(json: json, source: "test"))
    }
    try await engine.upsert([
      document(
        "may", #"{"created": "2024-05-31T23:59:59Z", "tags": ["출장"], "approved_by": "Kim"}"#),
      document("june", #"{"created": "2024-06-01", "tags": ["출장"], "approved_by": "Kim"}"#),
      document("bare", #"{"created": "2024-05-01", "tags": ["출장"]}"#),
      document(
        "pumps",
        #"{"parts": [{"kind": "valve", "stock": 9}, {"kind": "pump", "stock": 3}]}"#),
      document(
        "few", #"{"parts": [{"kind": "valve", "stock": 9}, {"kind": "pump", "stock": 2}]}"#),
    ])
    #expect(try await Self.names(engine, "words", filters[2], mode: .text) == ["may"])
    #expect(try await Self.names(engine, "words", filters[3], mode: .text) == ["pumps"])
    #expect(try await Self.names(engine, "words", filters[0], mode: .text).isEmpty)
  }
}
