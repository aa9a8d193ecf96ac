import Documents
import Foundation
import GRDB
import TestKit
import Testing
import VectorIndex

@testable import Hark

/// Random documents in a catalog, and random filters held against a plain reading of both.
@Suite struct FilterCompilationTests {
  /// A document as the oracle sees it.
  struct Sample {
    var id: Int64 = 0
    var path: String?
    var externalID: String?
    var name = ""
    var type = "text"
    var size: Int64 = 0
    var pages: Int64 = 0
    var title: String?
    var language: String?
    var created = "2024-01-01T00:00:00.123Z"
    var modified: Int64 = 0
    /// JSON as it stands in the catalog.
    var metadata: [String: Any] = [:]
    var chunks: [(id: Int64, first: Int64?, last: Int64?, heading: String?)] = []
  }

  private let folder: TemporaryFolder
  private let catalog: Catalog
  private let compiler: FilterCompiler

  init() throws {
    folder = try TemporaryFolder()
    catalog = try Catalog(path: folder.file("catalog.sqlite"))
    compiler = FilterCompiler(catalog: catalog)
  }

  // MARK: The catalog

  private func insert(_ sample: inout Sample, collection: Int64 = 1) throws {
    let document = sample
    let (id, chunks) = try catalog.write { db in
      let json = try JSONSerialization.data(withJSONObject: document.metadata)
      try db.execute(
        sql: """
          INSERT INTO rag_documents(collection_id, name, file_path, external_id, file_type, file_size,
            created_at, updated_at, modified_ns, content_hash, page_count, chunk_count, token_count,
            title, language, metadata, warnings, pages, headings, text_content)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, x'00', ?, ?, 0, ?, ?, ?, '[]', '[]', '[]', 'text')
          """,
        arguments: [
          collection, document.name, document.path, document.externalID, document.type,
          document.size, document.created, document.created, document.modified, document.pages,
          document.chunks.count, document.title, document.language,
          String(decoding: json, as: UTF8.self),
        ])
      let id = db.lastInsertedRowID
      var chunks = document.chunks
      for place in chunks.indices {
        try db.execute(
          sql: """
            INSERT INTO rag_chunks(collection_id, document_id, chunk_index, page_number, page_end,
              heading, start_byte, end_byte, start_scalar, end_scalar, token_count, content_hash,
              created_at, embedding, content)
            VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, x'00', '', x'00', 'text')
            """,
          arguments: [
            collection, id, place, chunks[place].first, chunks[place].last, chunks[place].heading,
          ])
        chunks[place].id = db.lastInsertedRowID
      }
      try catalog.advanceGeneration(db)
      return (id, chunks)
    }
    sample.id = id
    sample.chunks = chunks
  }

  private func compile(_ filter: SearchFilter) throws -> KeySet {
    try catalog.read { db in
      try compiler.compile(filter, of: catalog.scope("default", db), db)
    }
  }

  // MARK: Random documents and filters

  private static let texts = ["Kim", "이", "kim", "Ｋim", "", "2024-05-01", "a b", "x"]
  private static let dates = [
    "2024-05-01", "2024-05-01T00:00:00Z", "2024-05-01T08:30:00Z", "2023-12-31", "2025-01-01",
  ]

  private static func scalar(_ generator: inout SplitMix) -> Any {
    switch Int.random(in: 0..<6, using: &generator) {
    case 0: return Bool.random(using: &generator)
    case 1: return Int.random(in: 0..<4, using: &generator)
    case 2: return 1.5
    case 3: return dates.randomElement(using: &generator) ?? ""
    default: return texts.randomElement(using: &generator) ?? ""
    }
  }

  private static func object(_ generator: inout SplitMix) -> [String: Any] {
    var object: [String: Any] = [:]
    for key in ["b", "c", "d.e"] where Bool.random(using: &generator) {
      object[key] =
        Int.random(in: 0..<4, using: &generator) == 0
        ? [scalar(&generator), scalar(&generator)] : scalar(&generator)
    }
    return object
  }

  private static func sample(_ number: Int, _ generator: inout SplitMix) -> Sample {
    var sample = Sample()
    sample.name = ["a.txt", "b.pdf", "가.md"].randomElement(using: &generator) ?? ""
    if Bool.random(using: &generator) {
      let folders = ["/a", "/a/b", "/ab", "/가"]
      sample.path = "\(folders.randomElement(using: &generator) ?? "")/\(number)-\(sample.name)"
      sample.modified = Int64.random(in: 1_700_000_000...1_730_000_000, using: &generator) << 30
    } else {
      sample.externalID = "id-\(number)"
    }
    sample.type = ["pdf", "html", "markdown", "text"].randomElement(using: &generator) ?? ""
    sample.size = Int64.random(in: 0..<5, using: &generator)
    sample.pages = Int64.random(in: 0..<3, using: &generator)
    sample.title = [nil, "Trips", "TRIPS abroad", "여행"].randomElement(using: &generator) ?? nil
    sample.language = [nil, "ko", "en", "en-US"].randomElement(using: &generator) ?? nil
    let date = dates.randomElement(using: &generator) ?? ""
    sample.created = date.count > 10 ? date.dropLast() + ".250Z" : date + "T12:00:00.000Z"
    for key in ["a", "k.l", "키", "o", "odd"] where Int.random(in: 0..<3, using: &generator) > 0 {
      switch (key, Int.random(in: 0..<3, using: &generator)) {
      case ("o", 0): sample.metadata[key] = object(&generator)
      case ("o", _):
        sample.metadata[key] = (0..<3).map { _ in object(&generator) as Any }
      case ("odd", 0): sample.metadata[key] = NSNull()
      case ("odd", 1): sample.metadata[key] = [[[1]], NSNull(), ["x": ["y": 1]]] as [Any]
      case (_, 0):
        sample.metadata[key] = (0..<Int.random(in: 0..<3, using: &generator)).map { _ in
          scalar(&generator)
        }
      default: sample.metadata[key] = scalar(&generator)
      }
    }
    if Bool.random(using: &generator) { sample.metadata["author"] = texts[number % texts.count] }
    sample.chunks = (0..<Int.random(in: 0..<4, using: &generator)).map { place in
      let first = Bool.random(using: &generator) ? Int64(place + 1) : nil
      return (
        0, first, first.map { $0 + Int64.random(in: 0..<3, using: &generator) },
        [nil, "Travel", "Travel > Approval"].randomElement(using: &generator) ?? nil
      )
    }
    return sample
  }

  private static let textKeys = [
    "path", "name", "title", "heading", "external_id", "metadata.author", "collection",
  ]
  private static let numberKeys = ["file_size", "page_count", "page_number", "chunk_id"]
  private static let dateKeys = ["created_at", "modified_at"]
  private static let anyKeys = [
    "metadata.a", "metadata.k.l", "metadata.키", "metadata.o.b", "metadata.o.d.e", "metadata.odd",
    "metadata.none",
  ]

  private static func filter(
    depth: Int, isNested: Bool = false, _ generator: inout SplitMix
  ) -> [String: Any] {
    var filter: [String: Any] = [:]
    func conditions(_ generator: inout SplitMix) -> [Any] {
      (0..<Int.random(in: 0..<3, using: &generator)).map { _ in
        condition(depth: depth, isNested: isNested, &generator)
      }
    }
    for key in ["must", "should", "must_not"] where Int.random(in: 0..<5, using: &generator) < 2 {
      filter[key] = conditions(&generator)
    }
    if Int.random(in: 0..<5, using: &generator) == 0 {
      filter["min_should"] =
        [
          "conditions": conditions(&generator) + conditions(&generator),
          "min_count": Int.random(in: 1...3, using: &generator),
        ] as [String: Any]
    }
    return filter
  }

  private static func condition(
    depth: Int, isNested: Bool, _ generator: inout SplitMix
  ) -> [String: Any] {
    if depth > 0, Int.random(in: 0..<5, using: &generator) == 0 {
      let inner = filter(depth: depth - 1, isNested: isNested, &generator)
      return ["filter": inner]
    }
    if depth > 0, !isNested, Int.random(in: 0..<6, using: &generator) == 0 {
      let inner = filter(depth: depth - 1, isNested: true, &generator)
      return ["nested": ["key": "metadata.o", "filter": inner] as [String: Any]]
    }
    let all = isNested ? ["b", "c", "d.e"] : textKeys + numberKeys + dateKeys + anyKeys
    let key = all.randomElement(using: &generator) ?? ""
    switch Int.random(in: 0..<8, using: &generator) {
    case 0: return ["exists": ["key": key]]
    case 1: return ["is_empty": ["key": key]]
    case 2 where !isNested:
      let ids = (0..<4).map { _ in Int.random(in: 0..<90, using: &generator) }
      return Bool.random(using: &generator) ? ["has_id": ids] : ["has_document_id": ids]
    default: break
    }
    func value(_ generator: inout SplitMix) -> Any {
      if textKeys.contains(key) {
        return (texts + ["Trips", "/a/b", "a.txt", "Travel", "default", "id-3"])
          .randomElement(using: &generator) ?? ""
      }
      if numberKeys.contains(key) { return Int.random(in: 0..<5, using: &generator) }
      if dateKeys.contains(key) { return dates.randomElement(using: &generator) ?? "" }
      return scalar(&generator)
    }
    let isText = !numberKeys.contains(key) && !dateKeys.contains(key)
    switch Int.random(in: 0..<6, using: &generator) {
    case 0: return ["key": key, "match": ["value": value(&generator)]]
    case 1: return ["key": key, "match": ["any": [value(&generator), value(&generator)]]]
    case 2: return ["key": key, "match": ["except": [value(&generator)]]]
    case 3 where isText:
      let part = ["k", "TR", "여", "/", "05"].randomElement(using: &generator) ?? ""
      return ["key": key, "match": ["text": part]]
    case 4 where isText:
      let start = ["/a", "/a/", "T", "2024", "/가"].randomElement(using: &generator) ?? ""
      return ["key": key, "match": ["prefix": start]]
    default:
      guard !textKeys.contains(key) else { return ["exists": ["key": key]] }
      let isDate =
        dateKeys.contains(key) || (!numberKeys.contains(key) && Bool.random(using: &generator))
      var range: [String: Any] = [:]
      for name in ["gt", "gte", "lt", "lte"] where Bool.random(using: &generator) || range.isEmpty {
        range[name] =
          isDate
          ? dates.randomElement(using: &generator) ?? ""
          : Double(Int.random(in: 0..<8, using: &generator)) / 2 as Any
      }
      return ["key": key, "range": range]
    }
  }

  // MARK: The oracle

  /// Reads a filter as it stands, with no help from the code under test.
  private struct Oracle {
    let document: Sample
    let chunk: (id: Int64, first: Int64?, last: Int64?, heading: String?)

    func passes(_ filter: [String: Any], in object: [String: Any]? = nil) -> Bool {
      func list(_ name: String) -> [[String: Any]] { filter[name] as? [[String: Any]] ?? [] }
      func holds(_ condition: [String: Any]) -> Bool { self.holds(condition, in: object) }
      if !list("must").allSatisfy(holds) || list("must_not").contains(where: holds) { return false }
      if !list("should").isEmpty, !list("should").contains(where: holds) { return false }
      guard let minShould = filter["min_should"] as? [String: Any] else { return true }
      let conditions = minShould["conditions"] as? [[String: Any]] ?? []
      return conditions.count(where: holds) >= minShould["min_count"] as? Int ?? 0
    }

    private func holds(_ condition: [String: Any], in object: [String: Any]?) -> Bool {
      if let filter = condition["filter"] as? [String: Any] { return passes(filter, in: object) }
      if let ids = condition["has_id"] as? [Int] { return ids.contains(Int(chunk.id)) }
      if let ids = condition["has_document_id"] as? [Int] { return ids.contains(Int(document.id)) }
      if let nested = condition["nested"] as? [String: Any] {
        let inner = nested["filter"] as? [String: Any] ?? [:]
        let value = document.metadata["o"]
        let objects = value as? [[String: Any]] ?? (value as? [String: Any]).map { [$0] } ?? []
        return objects.contains { passes(inner, in: $0) }
      }
      for (name, isWanted) in [("exists", true), ("is_empty", false)] {
        if let part = condition[name] as? [String: Any], let key = part["key"] as? String {
          return values(key, in: object).isEmpty != isWanted
        }
      }
      let key = condition["key"] as? String ?? ""
      let values = values(key, in: object)
      if let range = condition["range"] as? [String: Any] {
        return values.contains { value in range.allSatisfy { Self.lies(value, $0.key, $0.value) } }
      }
      let match = condition["match"] as? [String: Any] ?? [:]
      if let value = match["value"] { return values.contains { Self.same($0, value) } }
      if let any = match["any"] as? [Any] {
        return values.contains { value in any.contains { Self.same(value, $0) } }
      }
      if let except = match["except"] as? [Any] {
        return values.contains { value in !except.contains { Self.same(value, $0) } }
      }
      let texts = values.compactMap { $0 as? String }
      if let part = match["text"] as? String {
        return texts.contains {
          $0.range(of: part, options: [.caseInsensitive, .widthInsensitive]) != nil
        }
      }
      let start = match["prefix"] as? String ?? "?"
      if key == "path" {
        let folder = start.hasSuffix("/") ? start : start + "/"
        return texts.contains { $0.hasPrefix(folder) || $0 + "/" == folder }
      }
      return texts.contains { $0.hasPrefix(start) }
    }

    private func values(_ key: String, in object: [String: Any]?) -> [Any] {
      func flat(_ value: Any?) -> [Any] {
        let values = value as? [Any] ?? value.map { [$0] } ?? []
        return values.filter { !($0 is NSNull) && !($0 is [Any]) }
      }
      if let object { return flat(object[key]) }
      func list(_ value: Any?) -> [Any] { value.map { [$0] } ?? [] }
      switch key {
      case "path": return list(document.path)
      case "name": return [document.name]
      case "title": return list(document.title)
      case "heading": return list(chunk.heading)
      case "external_id": return list(document.externalID)
      case "collection": return ["default"]
      case "file_size": return [document.size]
      case "page_count": return document.pages > 0 ? [document.pages] : []
      case "chunk_id": return [chunk.id]
      case "page_number":
        guard let first = chunk.first, let last = chunk.last else { return [] }
        return Array(first...last)
      case "created_at": return [String(document.created.prefix(19)) + "Z"]
      case "modified_at":
        let seconds = Int64((Double(document.modified) / 1e9).rounded(.down))
        return document.path == nil ? [] : list(ISO8601.text(seconds: seconds))
      case "metadata.o.b", "metadata.o.d.e":
        let value = document.metadata["o"]
        let objects = value as? [[String: Any]] ?? (value as? [String: Any]).map { [$0] } ?? []
        return objects.flatMap { flat($0[String(key.dropFirst(11))]) }
      default: return flat(document.metadata[String(key.dropFirst(9))])
      }
    }

    private static func isBoolean(_ value: Any) -> Bool {
      // In Foundation on Linux a number converts to Bool, so the type decides.
      type(of: value) == Bool.self
    }

    private static func number(_ value: Any) -> Double? {
      if isBoolean(value) { return nil }
      return (value as? Int).map(Double.init) ?? (value as? Int64).map(Double.init)
        ?? value as? Double
    }

    private static func same(_ a: Any, _ b: Any) -> Bool {
      if let a = a as? String, let b = b as? String { return a == b }
      if isBoolean(a) || isBoolean(b) {
        guard isBoolean(a), isBoolean(b) else { return false }
        return a as? Bool == b as? Bool
      }
      guard let a = number(a), let b = number(b) else { return false }
      return a == b
    }

    private static func lies(_ value: Any, _ name: String, _ bound: Any) -> Bool {
      func compare<T: Comparable>(_ a: T, _ b: T) -> Bool {
        switch name {
        case "gt": a > b
        case "gte": a >= b
        case "lt": a < b
        default: a <= b
        }
      }
      if let text = bound as? String {
        guard let date = value as? String, dates.contains(date) || date.hasSuffix("Z") else {
          return false
        }
        func instant(_ date: String) -> String { date.count == 10 ? date + "T00:00:00Z" : date }
        return compare(instant(date), instant(text))
      }
      guard let value = number(value), let bound = number(bound) else { return false }
      return compare(value, bound)
    }
  }

  @Test(arguments: 0..<6) func againstThePlainReading(_ seed: UInt64) throws {
    var generator = SplitMix(state: seed)
    var samples = (0..<40).map { Self.sample($0, &generator) }
    for place in samples.indices { try insert(&samples[place]) }
    // Documents of another collection are never found.
    var foreign = Self.sample(99, &generator)
    foreign.chunks = [(0, 1, 1, nil)]
    let other = try catalog.write { db in
      try db.execute(
        sql: """
          INSERT INTO collections(name, chunk_tokens, chunk_overlap, chunker_version, created_at,
            updated_at) VALUES ('other', 100, 10, 1, '', '')
          """)
      return db.lastInsertedRowID
    }
    try insert(&foreign, collection: other)
    var sizes: Set<Int> = []
    for _ in 0..<400 {
      let json = Self.filter(depth: 2, &generator)
      let text = String(
        decoding: try JSONSerialization.data(withJSONObject: json, options: .sortedKeys),
        as: UTF8.self)
      let found = try compile(SearchFilter(json: text))
      let wanted = samples.flatMap { document in
        document.chunks.filter { Oracle(document: document, chunk: $0).passes(json) }.map(\.id)
      }
      #expect(Array(found) == wanted.sorted(), "\(text)")
      sizes.insert(found.count)
    }
    #expect(sizes.count > 10)
  }

  // MARK: Changes

  @Test func followsEveryChange() throws {
    var one = Sample(path: "/a/one.txt", name: "one.txt")
    one.metadata = ["k": 1]
    one.chunks = [(0, 1, 1, nil), (0, 2, 2, nil)]
    var two = Sample(path: "/b/two.txt", name: "two.txt", chunks: [(0, nil, nil, nil)])
    try insert(&one)
    let inFolder = SearchFilter(must: [.folder("/a")])
    let withKey = SearchFilter(must: [.match("metadata.k", 1)])
    let first = KeySet(one.chunks.map(\.id))
    #expect(try compile(inFolder) == first && compile(withKey) == first)
    // A state that stays the same keeps its set, which segments know again.
    #expect(try compile(inFolder).count == 2)

    try insert(&two)
    #expect(try compile(inFolder) == first)
    let all = first.union(KeySet(two.chunks.map(\.id)))
    #expect(try compile(SearchFilter()) == all)

    func change(_ sql: String, _ arguments: StatementArguments) throws {
      try catalog.write { db in
        try db.execute(sql: sql, arguments: arguments)
        try catalog.advanceGeneration(db)
      }
    }
    // Moved.
    try change(
      "UPDATE rag_documents SET file_path = '/a/two.txt', updated_at = '2025' WHERE id = ?",
      [two.id])
    #expect(try compile(inFolder) == all)
    // Its metadata changed.
    try change(
      "UPDATE rag_documents SET metadata = '{\"k\":1}', updated_at = '2026' WHERE id = ?", [two.id])
    #expect(try compile(withKey) == all)
    // Touched.
    let late = SearchFilter(must: [.range("modified_at", .atLeast("2030-01-01"))])
    #expect(try compile(late).isEmpty)
    try catalog.touch([two.id: 2_000_000_000_000_000_000])
    #expect(try compile(late).count == 1)
    // A chunk replaced.
    let gone = one.chunks[0].id
    try change("DELETE FROM rag_chunks WHERE id = ?", [gone])
    try change("UPDATE rag_documents SET updated_at = '2027' WHERE id = ?", [one.id])
    #expect(try compile(withKey) == all.subtracting([gone]))
    // Deleted.
    try change("DELETE FROM rag_documents WHERE id = ?", [one.id])
    #expect(try compile(withKey) == KeySet(two.chunks.map(\.id)))
    #expect(try compile(SearchFilter(must: [.hasID([gone, two.chunks[0].id, 77])])).count == 1)
  }

  /// A search that reads an older state does not see what a newer one has brought, nor spoils it.
  @Test func olderReadersKeepTheirState() throws {
    var samples = (0..<3).map {
      Sample(path: "/a/\($0)", name: "\($0)", chunks: [(0, nil, nil, nil)])
    }
    try insert(&samples[0])
    let filter = SearchFilter(must: [.folder("/a")])
    let snapshot = try catalog.pool.makeSnapshot()
    for place in 1..<3 { try insert(&samples[place]) }
    #expect(try compile(filter).count == 3)
    for filter in [filter, SearchFilter(must: [.exists("path")])] {
      let found = try snapshot.read { old in
        try compiler.compile(filter, of: catalog.scope("default", old), old)
      }
      #expect(found == KeySet(samples[0].chunks.map(\.id)))
    }
    #expect(try compile(filter).count == 3)
    #expect(try compile(SearchFilter(must: [.exists("path")])).count == 3)
  }

  /// Metadata that damage has made unreadable hides no document.
  @Test(arguments: ["", "{", "[]", "null", #"{"k": {"a": {"b": [[1]]}}}"#])
  func damagedMetadataIsAbsent(_ json: String) throws {
    var sample = Sample(path: "/a", name: "a", chunks: [(0, nil, nil, nil)])
    try insert(&sample)
    try catalog.write { db in
      try db.execute(
        sql: "UPDATE rag_documents SET metadata = ?, updated_at = ''", arguments: [json])
      try catalog.advanceGeneration(db)
    }
    #expect(try compile(SearchFilter(must: [.match("metadata.k", 1)])).isEmpty)
    #expect(try compile(SearchFilter(must: [.folder("/a")])).count == 1)
    #expect(try compile(SearchFilter(mustNot: [.match("metadata.k", 1)])).count == 1)
  }
}
