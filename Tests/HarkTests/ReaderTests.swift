import Documents
import Foundation
import TestKit
import Testing

@testable import Hark

/// What readers see while the index changes under them.
@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: TestData.model != nil))
struct ReaderTests {
  private let folder: TemporaryFolder

  init() throws {
    _ = Products.parser
    folder = try TemporaryFolder()
  }

  private func open() async throws -> Engine {
    try await Engine(store: folder.file("store"), model: TestData.model?.path)
  }

  private static func note(_ number: Int) -> SourceDocument {
    SourceDocument(externalID: "\(number)", content: .text("Note \(number) on the heron."))
  }

  /// A reader's tail is of no use once chunks went through a seal and were deleted after it.
  @Test func aTailThatWasSealedAndDeletedIsForgotten() async throws {
    let writer = try await open()
    try await writer.upsert((0..<3).map(Self.note))
    // Three more that are committed and not sealed.
    let scope = try writer.catalog.read { db in try writer.catalog.scope("default", db) }
    let model = try writer.model(of: scope)
    var commit = Commit()
    for number in 3..<6 {
      var document = PreparedDocument(
        location: .external("\(number)"), name: "\(number)", stamp: FileStamp(size: 1, modified: 0),
        sidecar: nil, contentHash: Data([UInt8(number)]),
        document: .init(text: "Note \(number) on the heron.", fileType: .text), beside: nil,
        stated: nil, cutter: scope.cutter(for: model))
      for index in document.chunks.indices {
        let vector = try model.encode([document.chunks[index].embeddedText])
        document.chunks[index].embedding = EmbeddingBlob.encode(vector)
      }
      commit.documents.append(document)
    }
    _ = try writer.catalog.commit(commit, to: scope.id)
    let reader = try await open()
    let options = SearchOptions(limit: 10, mode: .vector)
    #expect(try await reader.search("heron", options: options).hits.count == 6)
    try writer.index.seal(scope.id)
    let ids = try await writer.documents().dropFirst(3).map(\.id)
    try await writer.deleteDocuments(ids)
    try writer.index.rebuild(scope.id)
    #expect(try await reader.search("heron", options: options).hits.count == 3)
    try await writer.deleteDocuments(try await writer.documents().map(\.id))
    #expect(try await reader.search("heron", options: options).hits.isEmpty)
  }

  /// Searches and checks go on while the segments that they read are replaced and removed.
  @Test func searchesAndChecksOutliveRebuilds() async throws {
    for number in 0..<8 {
      try folder.write("documents/\(number).txt", "Note \(number) on the kingfisher.")
    }
    let writer = try await open()
    try await writer.ingest([folder.file("documents")])
    let reader = try await open()
    async let rebuilding: Void = {
      for _ in 0..<20 { try await writer.rebuildIndex() }
    }()
    for _ in 0..<30 {
      let options = SearchOptions(limit: 8, mode: .vector)
      #expect(try await reader.search("kingfisher", options: options).hits.count == 8)
      #expect(try await reader.verifyIndex().problems.isEmpty)
    }
    try await rebuilding
  }

  /// A passage that stands in very many documents is one hit and hides no other.
  @Test func copiesDoNotStarveTheResult() async throws {
    for number in 0..<150 {
      try folder.write("documents/form-\(number).txt", "This form is about the blue heron.")
    }
    for number in 0..<3 {
      try folder.write("documents/\(number).txt", "Field note \(number): a heron by the river.")
    }
    let engine = try await open()
    try await engine.ingest([folder.file("documents")])
    for mode in SearchMode.allCases {
      let hits = try await engine.search("blue heron", options: .init(limit: 4, mode: mode)).hits
      #expect(hits.count == 4)
    }
  }

  @Test func manyMayMakeOneStoreAtOnce() async throws {
    let path = folder.file("store")
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<8 {
        group.addTask { try await Engine(store: path).documents().count }
      }
      for try await count in group { #expect(count == 0) }
    }
  }
}
