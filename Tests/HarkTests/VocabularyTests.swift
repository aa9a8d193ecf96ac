import Foundation
import TestKit
import Testing

@testable import Hark

@Suite struct VocabularyTests {
  private let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func terms(_ text: String, _ vocabulary: Vocabulary) -> [String] {
    var found: [String] = []
    TextAnalysis.forEachTerm(of: text, vocabulary) { kind, term, _ in
      guard kind != .pair else { return }
      found.append(String(decoding: term.indices.map { term[$0] }, as: UTF8.self))
    }
    return found
  }

  @Test func wordsOfTheDictionaryAreKeptWholeAndFoundInLongerOnes() throws {
    try folder.write("dictionary.txt", "# names\n나이키\n\n출장비 # an expense\nWindows\n")
    let vocabulary = try Vocabulary(store: folder.path)
    #expect(terms("나이키가 Windows windows", vocabulary) == ["나이키", "windows", "windows"])
    #expect(terms("windows", Vocabulary()) == ["window"])
    #expect(terms("해외출장비는", vocabulary) == ["해외출장비", "출장비"])
    #expect(terms("출장비", vocabulary) == ["출장비"])
    #expect(vocabulary.fingerprint != TextAnalysis.version)
    #expect(try Vocabulary(store: folder.path).fingerprint == vocabulary.fingerprint)
    #expect(try Vocabulary(store: folder.file("none")).fingerprint == TextAnalysis.version)
  }

  @Test func synonymsStandForEachOther() throws {
    try folder.write("synonyms.txt", "PTO, leave, 휴가\nlaptop => notebook, portable computer\n")
    let vocabulary = try Vocabulary(store: folder.path)
    let leave = TextQuery(QuerySyntax("parental leave"), vocabulary)
    let alternatives = leave.clauses.last { !$0.isPair }?.terms.map {
      String(decoding: $0.bytes, as: UTF8.self)
    }
    #expect(alternatives == ["leav", "pto", "휴가"])
    let laptop = TextQuery(QuerySyntax("laptop"), vocabulary)
    #expect(laptop.clauses.map(\.text) == ["laptop", "portabl", "comput"])
    #expect(laptop.clauses[0].terms.count == 2)
    // What is on the right alone stands for nothing.
    #expect(TextQuery(QuerySyntax("notebook"), vocabulary).clauses[0].terms.count == 1)
  }

  @Test(arguments: [
    ("dictionary.txt", "one\ntwo words\n", "line 2"),
    ("synonyms.txt", "a, b\nalone\n", "line 2"),
    ("synonyms.txt", "a => b => c\n", "line 1"),
    ("synonyms.txt", "a => \n", "line 1"),
    ("synonyms.txt", "word, …\n", "line 1"),
  ])
  func aLineThatCannotBeReadIsNamed(name: String, content: String, line: String) throws {
    try folder.write(name, content)
    let error = #expect(throws: HarkError.self) { try Vocabulary(store: folder.path) }
    #expect(error?.code == .vocabularyInvalid)
    #expect(error?.message.contains(line) == true)
    #expect(error?.message.contains(name) == true)
  }

  @Test func changesAreSeen() throws {
    let reader = VocabularyReader(store: folder.path)
    #expect(try reader.current() == Vocabulary())
    try folder.write("synonyms.txt", "a, b\n")
    #expect(try reader.current().synonyms.count == 2)
    try folder.write("synonyms.txt", "a, b, c\n")
    #expect(try reader.current().synonyms.count == 3)
  }
}

@Suite(.enabled(if: TestData.model != nil)) struct VocabularySearchTests {
  private let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  @Test func aStoreIsSearchedWithItsVocabulary() async throws {
    try folder.write("documents/trip.txt", "해외출장비는 두 주 안에 정산합니다.")
    try folder.write("documents/leave.txt", "Each year has twenty-five days of leave.")
    let store = folder.file("store")
    let engine = try await Engine(store: store, model: TestData.model?.path)
    try await engine.ingest([folder.file("documents")])
    func first(_ query: String) async throws -> String? {
      try await engine.search(query, options: .init(mode: .text)).hits.first?.document.name
    }
    #expect(try await first("vacation") == nil)
    try folder.write("store/synonyms.txt", "vacation, leave\n")
    #expect(try await first("vacation") == "leave.txt")
    try folder.write("store/dictionary.txt", "출장비\n")
    let error = await #expect(throws: HarkError.self) { try await first("출장비") }
    #expect(error?.code.rawValue == "analysis-outdated")
    // The next writer makes the postings anew.
    try await engine.ingest([folder.file("documents")])
    #expect(try await first("출장비") == "trip.txt")
    #expect(try await engine.verify().problems == [])
  }
}
