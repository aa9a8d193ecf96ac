import Foundation
import TestKit
import Testing
import VectorIndex

@testable import Hark

/// A collection of random texts, and what an oracle knows of it: terms in lists, one by one.
private struct Corpus {
  var texts: [IndexedText]
  init(count: Int, first: Int64 = 1, seed: UInt64) {
    var random = SplitMix(state: seed)
    let vocabulary =
      (0..<60).map { "w\($0)x" } + ["휴가", "출장비를", "회사에서는", "東京都", "ERR-1042", "maxRetryCount"]
    func text(_ words: Int, _ random: inout SplitMix, _ vocabulary: [String]) -> String {
      (0..<words).map { _ in
        // Words of low numbers are many, those of high numbers few.
        let place = Int.random(in: 0..<vocabulary.count, using: &random)
        return vocabulary[Bool.random(using: &random) ? place : place / 4]
      }.joined(separator: " ")
    }
    texts = (0..<count).map { index in
      IndexedText(
        chunk: first + Int64(index) * 2, document: Int64(index / 3),
        title: text(Int.random(in: 0...3, using: &random), &random, vocabulary),
        heading: text(Int.random(in: 0...5, using: &random), &random, vocabulary),
        body: text(Int.random(in: 0...40, using: &random), &random, vocabulary))
    }
  }

  static func tables(_ texts: some Sequence<IndexedText>) -> PostingsTables {
    var builder = PostingsBuilder()
    for text in texts { builder.add(text) }
    return builder.finish()
  }

  static func part(_ texts: [IndexedText], hidden: Set<Int64> = []) -> TextIndex.Part {
    TextIndex.Part(
      postings: Postings(tables(texts)),
      chunks: (texts.first?.chunk ?? 1)...(texts.last?.chunk ?? 1), hidden: hidden)
  }
}

/// BM25F computed for each text by itself.
private struct Oracle {
  struct Fields {
    var words: [[[UInt8]]] = [[], [], []]
    var pairs: [[[UInt8]]] = [[], [], []]
    var places: [[UInt8]: [Int]] = [:]
    var length = (words: 0.0, pairs: 0.0)
  }

  var texts: [(chunk: Int64, fields: Fields)] = []
  private let bm25 = BM25.standard

  init(_ texts: [IndexedText]) {
    self.texts = texts.map { text in
      var fields = Fields()
      var start = 0
      for (field, content) in [text.title, text.heading, text.body].enumerated() {
        var words = 0
        TextAnalysis.forEachTerm(of: content) { kind, term, place in
          let bytes = term.indices.map { term[$0] }
          if kind == .pair {
            fields.pairs[field].append(bytes)
            fields.places[[PostingsView.pairPrefix] + bytes, default: []].append(start + place)
          } else {
            fields.words[field].append(bytes)
            if kind == .word { fields.places[bytes, default: []].append(start + place) }
            if kind == .word { words += 1 }
          }
        }
        fields.length.words += Double(words)
        start += words + 1000
      }
      fields.length.pairs = Double(fields.pairs.joined().count)
      return (text.chunk, fields)
    }
  }

  func scores(_ query: TextQuery, hidden: Set<Int64> = []) -> [Int64: Double] {
    let averageWords = texts.reduce(0) { $0 + $1.fields.length.words } / Double(texts.count)
    let averagePairs = texts.reduce(0) { $0 + $1.fields.length.pairs } / Double(texts.count)
    let paired = texts.count { $0.fields.length.pairs > 0 }
    var scores: [Int64: Double] = [:]
    var best = 0.0
    for clause in query.clauses {
      func count(_ fields: Fields) -> Double {
        let lists = clause.isPair ? fields.pairs : fields.words
        return lists.reduce(0) { sum, list in
          sum
            + Double(
              list.count { word in
                clause.terms.contains {
                  $0.isPrefix ? word.starts(with: $0.bytes) : word == $0.bytes
                }
              })
        }
      }
      let holders = texts.count { count($0.fields) > 0 }
      let rarity = BM25.rarity(
        documents: holders, of: clause.isEastAsian ? paired : texts.count)
      best += clause.weight * rarity * (bm25.k1 + 1)
      for (chunk, fields) in texts where count(fields) > 0 {
        if clause.isCommon, scores[chunk] == nil { continue }
        let length = clause.isPair ? fields.length.pairs : fields.length.words
        let average = clause.isPair ? averagePairs : averageWords
        let norm = bm25.k1 * (1 - bm25.b + bm25.b * length / average)
        let tf = count(fields)
        scores[chunk, default: 0] += clause.weight * rarity * (bm25.k1 + 1) * tf / (tf + norm)
      }
    }
    return scores.filter { !hidden.contains($0.key) }.mapValues { $0 / best }
  }

  func holds(_ phrase: TextQuery.Phrase, _ fields: Fields) -> Bool {
    (fields.places[phrase[0].bytes] ?? []).contains { start in
      phrase.allSatisfy { fields.places[$0.bytes]?.contains(start + $0.offset) ?? false }
    }
  }
}

@Suite struct PostingsTests {
  private static let queries = [
    "w1x w7x", "w0x", "w59x", "w12x 휴가", "출장비", "東京", "ERR-1042", "err1042", "retry maxRetryCount",
    "w3* w20x", "nothing here", "the w2x of", "w1x w1x w1x", "회사 w40x w41x w42x",
  ]

  @Test(arguments: 0..<8)
  func scoresAreThoseOfTheOracle(seed: Int) throws {
    var random = SplitMix(state: UInt64(seed) + 99)
    let corpus = Corpus(count: 120, seed: UInt64(seed))
    let hidden = Set(
      corpus.texts.map(\.chunk).filter { _ in Int.random(in: 0..<9, using: &random) == 0 })
    // However the texts are parted, their scores are the same.
    let cuts = [
      0, Int.random(in: 1..<60, using: &random), Int.random(in: 60..<119, using: &random), 120,
    ]
    let parts = zip(cuts, cuts.dropFirst()).map {
      Corpus.part(Array(corpus.texts[$0..<$1]), hidden: hidden)
    }
    let index = TextIndex(
      generation: 1, sealCount: 1, segments: Array(parts[..<1]), tail: Array(parts[1...]),
      renamed: [])
    let oracle = Oracle(corpus.texts)
    for text in Self.queries {
      let query = TextQuery(QuerySyntax(text))
      let scores = try index.scores(of: query)
      let expected = oracle.scores(query, hidden: hidden)
      let found = scores.best(1000)
      #expect(Set(found.map(\.chunk)) == Set(expected.keys), "\(text)")
      for match in found {
        #expect(abs(match.score - (expected[match.chunk] ?? -1)) < 1e-5, "\(text)")
        #expect(scores.score(of: match.chunk) == match.score)
        let sum = try index.contributions(to: match.chunk, of: query, scores).reduce(0, +)
        #expect(abs(sum / scores.best - match.score) < 1e-5)
      }
      #expect(
        found.map(\.chunk)
          == found.sorted { ($0.score, $1.chunk) > ($1.score, $0.chunk) }.map(\.chunk))
      // The best few are the first of all, ties included.
      for k in [1, 3, 10] { #expect(scores.best(k).map(\.chunk) == found.prefix(k).map(\.chunk)) }
      let odd = scores.best(5, allowing: KeySet(corpus.texts.map(\.chunk).filter { $0 % 4 == 1 }))
      #expect(odd.map(\.chunk) == found.filter { $0.chunk % 4 == 1 }.prefix(5).map(\.chunk))
    }
  }

  @Test(arguments: 0..<6)
  func phrasesAndExclusionsAreThoseOfTheOracle(seed: Int) throws {
    let corpus = Corpus(count: 200, seed: UInt64(seed) + 7)
    let index = TextIndex(
      generation: 1, sealCount: 1, segments: [Corpus.part(corpus.texts)], tail: [], renamed: [])
    let oracle = Oracle(corpus.texts)
    for text in [
      "\"w0x w1x\"", "\"w1x w0x w2x\"", "w1x -w0x", "w1x -\"w0x w1x\"", "\"휴가 w0x\"",
      "\"err 1042\"",
      "\"출장비\" -회사에서는 w3x",
      "\"東京都\" w1x", "\"w0x 東京都 w1x\"", "w2x -東京都", "\"東京 w0x\" -휴가", "\"maxRetryCount w0x\"",
      "-nothing w1x", "\"nothing\"",
    ] {
      let query = TextQuery(QuerySyntax(text))
      #expect(query.isConstrained, "\(text)")
      let missing = query.required.indices.filter { place in
        !oracle.texts.contains { oracle.holds(query.required[place], $0.fields) }
      }
      let expected = oracle.texts.filter { _, fields in
        query.required.indices.allSatisfy {
          missing.contains($0) || oracle.holds(query.required[$0], fields)
        }
          && !query.excluded.contains { oracle.holds($0, fields) }
      }
      let found = try index.chunks(allowedBy: query)
      #expect(found.allowed == expected.map(\.chunk), "\(text)")
      #expect(found.missing == missing, "\(text)")
    }
  }

  @Test func nothingIsIndexedAndEverythingIsAnswered() throws {
    let empty = TextIndex(generation: 0, sealCount: 0, segments: [], tail: [], renamed: [])
    #expect(try empty.scores(of: TextQuery(QuerySyntax("w"))).best(9).isEmpty)
    let blank = IndexedText(chunk: 4, document: 1, title: "", heading: "", body: "")
    let index = TextIndex(
      generation: 0, sealCount: 0, segments: [Corpus.part([blank])], tail: [], renamed: [])
    #expect(try index.scores(of: TextQuery(QuerySyntax("w -x"))).best(9).isEmpty)
    #expect(try index.chunks(allowedBy: TextQuery(QuerySyntax("w -xyz"))).allowed == [4])
  }

  /// Fields lie apart whatever they hold: no phrase reaches over, and positions ascend.
  @Test func longFieldsOfEveryScriptLieApart() throws {
    let han = Array(repeating: "東京 都", count: 200).joined(separator: " ")
    let text = IndexedText(
      chunk: 1, document: 1, title: han, heading: han + " x-or-ing o-r-ing or oring",
      body: "oring or " + han)
    let part = Corpus.part([text])
    let index = TextIndex(
      generation: 0, sealCount: 0, segments: [part], tail: [], renamed: [])
    func holds(_ query: String) throws -> Bool {
      try index.chunks(allowedBy: TextQuery(QuerySyntax(query))).missing.isEmpty
    }
    #expect(try holds("\"東京 都 東京\""))
    #expect(try holds("\"oring or\""))
    #expect(try !holds("\"or or or\""))
    #expect(try !holds("\"都 oring\""))
  }

  @Test func countsBeyondTheirBitsStandAsTheGreatest() {
    let posting = Posting(row: 1_048_575, counts: (title: 9, heading: 100, body: 1_000))
    #expect(posting.row == 1_048_575)
    #expect(Posting.count(.title, in: posting.counts) == 7)
    #expect(Posting.count(.heading, in: posting.counts) == 7)
    #expect(Posting.count(.body, in: posting.counts) == 63)
  }

  // MARK: Files

  private let header = PostingsHeader(store: UUID(), generation: 3, analysis: 5)

  private func open(_ path: String) throws(HarkError) -> Postings {
    try Postings(opening: path, store: header.store, analysis: 5)
  }

  @Test func aFileHoldsWhatWasWritten() throws {
    let folder = try TemporaryFolder()
    let tables = Corpus.tables(Corpus(count: 300, seed: 1).texts)
    let path = folder.file("a.terms")
    try Postings.publish(tables, header: header, to: path)
    let postings = try open(path)
    try postings.verify()
    let view = postings.view
    let rowCount = view.rowCount
    #expect(rowCount == 300)
    let same =
      (0..<300).allSatisfy {
        view.keys[$0] == tables.keys[$0] && view.documents[$0] == tables.documents[$0]
      } && view.postings.indices.allSatisfy { view.postings[$0] == tables.postings[$0] }
      && view.positions.indices.allSatisfy { view.positions[$0] == tables.positions[$0] }
    #expect(same)
    // Rows of a list ascend, and terms do.
    for term in 0..<view.termCount {
      guard let list = view.list(of: term), let range = view.bytes(of: term) else {
        Issue.record("term \(term) is damaged")
        continue
      }
      #expect(!list.isEmpty)
      let rows = list.map { Posting(word: view.postings[$0]).row }
      #expect(zip(rows, rows.dropFirst()).allSatisfy(<))
      let bytes = range.map { view.terms[$0] }
      let number = view.number(of: bytes.span)
      #expect(number == term)
    }
    let other = #expect(throws: HarkError.self) {
      try Postings(opening: path, store: UUID(), analysis: 5)
    }
    #expect(other?.code.rawValue == "segment-foreign")
    let outdated = #expect(throws: HarkError.self) {
      try Postings(opening: path, store: header.store, analysis: 6)
    }
    #expect(outdated?.code.rawValue == "analysis-outdated")
    let missing = #expect(throws: HarkError.self) { try open(folder.file("b.terms")) }
    #expect(missing?.code.rawValue == "segment-unavailable")
  }

  /// Whatever a file says, searching it is an answer or an error, and verifying finds it.
  @Test(arguments: 0..<4)
  func damageIsAnErrorAtWorst(seed: Int) throws {
    var random = SplitMix(state: UInt64(seed) + 1)
    let folder = try TemporaryFolder()
    let texts = Corpus(count: 60, seed: 2).texts
    let path = folder.file("a.terms")
    try Postings.publish(Corpus.tables(texts), header: header, to: path)
    let whole = try Data(contentsOf: URL(filePath: path))
    var refused = 0
    for round in 0..<400 {
      var bytes = whole
      switch round % 4 {
      case 0:
        let place = Int.random(in: 0..<bytes.count, using: &random)
        bytes[place] ^= UInt8.random(in: 1...255, using: &random)
      case 1:
        // Behind the header garbage looks like any list.
        let place = Int.random(in: 4_096..<bytes.count, using: &random)
        for index in place..<min(place + 64, bytes.count) {
          bytes[index] = UInt8.random(in: 0...255, using: &random)
        }
      case 2: bytes = bytes.prefix(Int.random(in: 0..<bytes.count, using: &random))
      default: bytes.append(contentsOf: [UInt8](repeating: 7, count: 9))
      }
      let damaged = folder.file("\(round).terms")
      try bytes.write(to: URL(filePath: damaged))
      defer { try? FileManager.default.removeItem(atPath: damaged) }
      do throws(HarkError) {
        let postings = try open(damaged)
        let part = TextIndex.Part(postings: postings, chunks: 1...1_000, hidden: [])
        let index = TextIndex(
          generation: 0, sealCount: 0, segments: [part], tail: [], renamed: [])
        for text in Self.queries + ["\"w0x w1x\"", "w1x -w0x"] {
          let query = TextQuery(QuerySyntax(text))
          _ = try index.scores(of: query).best(5)
          if query.isConstrained { _ = try index.chunks(allowedBy: query) }
        }
        try postings.verify()
        // Padding between sections belongs to none.
        #expect(bytes.count == whole.count)
      } catch {
        refused += 1
        #expect(error.message.contains("hark index rebuild"), "\(error)")
      }
    }
    #expect(refused > 200)
  }
}
