import Documents
import Foundation
import TestKit
import Testing

@testable import Hark

/// Metadata from the command line, from documents, and from several sources together.
@Suite struct MetadataSourcesTests {
  @Test(
    arguments: [
      (["title=1984"], #"{"title":"1984"}"#), (["title=\"a\""], #"{"title":"a"}"#),
      (["title=[draft] Rules"], #"{"title":"[draft] Rules"}"#),
      (["title=[draft]"], #"{"title":"[draft]"}"#), (["title=a=b"], #"{"title":"a=b"}"#),
      (["author=Kim", "authors=이"], #"{"author":"Kim, 이"}"#),
      (["author=[Kim, 이]"], #"{"author":"Kim, 이"}"#), (["lang=KO"], #"{"language":"ko"}"#),
      (["date=2024-05-01"], #"{"created":"2024-05-01"}"#),
      (["tags=a, b"], #"{"tags":["a","b"]}"#),
      (["tags=[a, \"b, c\", 7]"], #"{"tags":["a","b, c","7"]}"#),
      (["tags=a", "keywords=b", "tags=a"], #"{"tags":["a","b"]}"#),
      (["url=https://a.b/?c=d"], #"{"source_url":"https://a.b/?c=d"}"#),
      (["a=true", "b=12.50", "c=no", "d=007"], #"{"a":true,"b":12.5,"c":"no","d":"007"}"#),
      (["a=2024-05-01T09:00+09:00"], #"{"a":"2024-05-01T00:00:00Z"}"#),
      (
        ["a=\"true\"", "b=\"7\"", "c=\"\"", "d=\" x \""], #"{"a":"true","b":"7","c":"","d":" x "}"#
      ),
      (["a=\""], #"{"a":"\""}"#), (["a= x "], #"{"a":"x"}"#),
      (["a=C:\\new"], #"{"a":"C:\\new"}"#),
      (["a=12345678901234567890"], #"{"a":"12345678901234567890"}"#),
      (["a=[x, 1, true, 2024-05-01, \"1\"]"], #"{"a":["x",1,true,"2024-05-01","1"]}"#),
      (["a=[]"], #"{"a":[]}"#), (["a=[x"], #"{"a":"[x"}"#), (["a=[x,,]"], #"{"a":["x"]}"#),
      (["a=1", "a=x"], #"{"a":[1,"x"]}"#), (["a=[1, 2]", "a=3"], #"{"a":[1,2,3]}"#),
      (["a="], #"{"a":null}"#), (["a=1", "a="], #"{"a":null}"#), (["a=", "a=1"], #"{"a":1}"#),
      (["title="], #"{"title":null}"#), (["lang="], #"{"language":null}"#),
      (["부서.팀-1=안전"], #"{"부서.팀-1":"안전"}"#),
      (["\u{1100}\u{1161}=1", "가=2"], #"{"가":[1,2]}"#), ([], "{}"),
    ] as [([String], String)])
  func assignments(_ given: [String], json: String) throws {
    #expect(try DocumentMetadata(assignments: given).canonicalJSON() == json)
  }

  @Test(
    arguments: [
      (["title"], "title", "no equals sign"), ([""], "", "no equals sign"),
      (["=x"], "=x", "a key has"),
      (["1a=x"], "1a=x", "begins with a letter"), (["a b=x"], "a b=x", "a key has"),
      (["_a=x"], "_a=x", "begins with a letter"), (["a\u{0}=x"], "a\u{0}=x", "a key has"),
      (["date=soon"], "date=soon", "is no date"), (["lang=한국어"], "lang=한국어", "language tag"),
      (["title=a", "title=b"], "title=b", "given 2 times"),
      (["date=2024-05-01", "created=2024-05-01"], "created=2024-05-01", "given 2 times"),
      (["a=[\"x]"], "a=[\"x]", "a quote without an end"), (["a=[[x]]"], "a=[[x]]", "a list in it"),
      (["url=here"], "url=here", "is no address"), (["a=b\u{7}"], "a=b", "control characters"),
      (["\(String(repeating: "k", count: 201))=x"], "kkk", "a key longer than 200"),
      (["a=\(String(repeating: "x", count: 65_537))"], "a=xxx", "longer than 65536"),
    ])
  func badAssignments(_ given: [String], named: String, complaint: String) {
    do throws(HarkError) {
      let metadata = try DocumentMetadata(assignments: given)
      Issue.record("read as \(metadata)")
    } catch {
      #expect(error.code == .invalidArgument)
      #expect(error.message.hasPrefix("the metadata “\(named)"), "\(error.message)")
      #expect(error.message.contains(complaint), "\(error.message)")
      #expect(error.message.utf8.count < 600)
    }
  }

  // MARK: Merging

  static let samples: [DocumentMetadata] = [
    .init(), .init(title: "a", tags: ["x"], fields: ["k": .number(1)]),
    .init(title: "b", language: "ko", fields: ["k": .text("2"), "l": .boolean(true)]),
    .init(removed: ["title", "k", "tags"]), .init(author: "c", removed: ["title", "language"]),
    .init(created: "2024-05-01", modified: "2024-05-02", tags: ["y"], sourceURL: "a:b"),
    .init(fields: ["k": .list([])], removed: ["l", "created", "modified", "source_url", "author"]),
  ]

  @Test func theLaterSourceWins() {
    let merged = Self.samples[1].merging(Self.samples[2])
    #expect(
      merged
        == DocumentMetadata(
          title: "b", language: "ko", tags: ["x"], fields: ["k": .text("2"), "l": .boolean(true)]))
    let removed = merged.merging(Self.samples[3])
    #expect(removed.settled == DocumentMetadata(language: "ko", fields: ["l": .boolean(true)]))
    #expect(removed.removed == ["title", "k", "tags"])
    #expect(removed.merging(Self.samples[1]).settled.title == "a")
    #expect(removed.merging(Self.samples[1]).removed == [])
  }

  @Test func merging() throws {
    for first in Self.samples {
      #expect(first.merging(.init()) == first)
      #expect(DocumentMetadata().merging(first) == first)
      #expect(first.merging(first) == first)
      #expect(try DocumentMetadata(stored: first.canonicalJSON()) == first)
      for second in Self.samples {
        for third in Self.samples {
          #expect(
            first.merging(second).merging(third) == first.merging(second.merging(third)))
        }
      }
    }
  }

  @Test func sourcesTogetherMayHaveMoreFieldsThanOne() throws {
    let sources = try (0..<3).map { source in
      let fields = (0..<1000).map { "\"k\(source).\($0)\":1" }.joined(separator: ",")
      return try DocumentMetadata(json: "{\(fields)}", source: "x")
    }
    let merged = sources[0].merging(sources[1]).merging(sources[2])
    #expect(merged.fields.count == 3000)
    #expect(try DocumentMetadata(stored: merged.canonicalJSON()) == merged)
  }

  // MARK: What documents say

  @Test func theOwnPartOfADocument() {
    var document = Document(
      text: "Words.", title: "A", author: "B", language: "ko", created: "2024-05-01",
      modified: "2024-05-01T08:30:00Z", keywords: ["k", "l"], source: "https://a.b",
      frontMatter: #"{"title":"C","author":null,"tags":[],"year":2024,"due":"2024-06-01"}"#,
      fileType: .markdown)
    let own = DocumentMetadata(own: &document)
    #expect(
      own
        == DocumentMetadata(
          title: "C", author: "B", language: "ko", created: "2024-05-01",
          modified: "2024-05-01T08:30:00Z", tags: ["k", "l"], sourceURL: "https://a.b",
          fields: ["year": .number(2024), "due": .date("2024-06-01")]))
    #expect(document.warnings == [])
  }

  @Test func whatCannotBeUsedIsLeftOutWithAWarning() {
    var document = Document(
      text: "Words.", title: "A\u{0}",
      frontMatter: #"{"date":"May","menu":{"a":{"b":1}},"ok":1,"url":"/posts/a","lang":"en"}"#,
      fileType: .markdown)
    let own = DocumentMetadata(own: &document)
    #expect(own == DocumentMetadata(language: "en", fields: ["ok": .number(1)]))
    #expect(
      document.warnings == [
        "In the file’s metadata, the value of “title” has control characters in it: remove them.",
        "In the front matter, the value of “date” is no date: "
          + "write it as in ISO 8601: 2024-05-01 or 2024-05-01T08:30:00+09:00.",
        "In the front matter, the value of “menu” is an object with objects in it: "
          + "give one object of texts, numbers and lists of these.",
        "In the front matter, the value of “url” is no address of at most 2048 bytes: "
          + "write it in full, as https://example.org/page.",
      ])
    for json in ["", "[]", "{", #"{"a":1,"a":1}"#] {
      document = Document(text: "Words.", frontMatter: json, fileType: .markdown)
      #expect(DocumentMetadata(own: &document).isEmpty)
      #expect(document.warnings.count == 1)
    }
    let many = (0..<100).map { "\"k\($0)\":{}" }.joined(separator: ",")
    document = Document(text: "Words.", frontMatter: "{\(many)}", fileType: .markdown)
    #expect(DocumentMetadata(own: &document).isEmpty)
    #expect(document.warnings.count == Document.warningLimit)
  }
}

/// The whole way from a file, as users have them: hark-parser, then the sources put together.
@Suite(.serialized, .timeLimit(.minutes(1))) struct MetadataFromFilesTests {
  private let folder: TemporaryFolder
  private let parser: DocumentParser

  init() throws {
    folder = try TemporaryFolder()
    parser = try DocumentParser(executable: Products.parser.path)
  }

  private func own(
    _ name: String, _ contents: String
  ) async throws -> (DocumentMetadata, [String]) {
    var document = try await parser.parse(folder.write(name, contents))
    let metadata = DocumentMetadata(own: &document)
    return (metadata, document.warnings)
  }

  @Test func markdown() async throws {
    let (metadata, warnings) = try await own(
      "a.md",
      "\u{FEFF}---\r\ntitle: 1984\r\n부서: 안전 관리\r\ndate: 2024-05-01 09:00:00 +0900\r\n"
        + "tags:\r\n- 실험\r\n- 2024\r\nauthor:\r\nreviewed: true\r\nzip: 04524\r\n---\r\n# 제목\r\n\r\n글.\r\n"
    )
    #expect(
      try metadata.canonicalJSON()
        == #"{"created":"2024-05-01T00:00:00Z","reviewed":true,"tags":["실험","2024"],"#
        + #""title":"1984","zip":"04524","부서":"안전 관리"}"#)
    #expect(warnings == [])
    let sidecar = try DocumentMetadata(
      json: #"{"부서": null, "author": "Kim", "zip": "04525"}"#, source: "a.md.meta.json")
    let stated = try DocumentMetadata(assignments: ["title=", "reviewed=2024-06-01"])
    #expect(
      try metadata.merging(sidecar).merging(stated).settled.canonicalJSON()
        == #"{"author":"Kim","created":"2024-05-01T00:00:00Z","reviewed":"2024-06-01","#
        + #""tags":["실험","2024"],"zip":"04525"}"#)
  }

  @Test func markdownThatIsBroken() async throws {
    let (metadata, warnings) = try await own("b.md", "---\na: &a [*a]\n---\n# Title\n\nWords.\n")
    #expect(metadata == DocumentMetadata(title: "Title"))
    #expect(warnings.count == 1)
    #expect(warnings.first?.contains("aliases") == true)
  }

  @Test func html() async throws {
    let (metadata, warnings) = try await own(
      "c.html",
      """
      <html lang=ko><head><title>안전</title><meta name=author content=Kim>
      <meta name=keywords content="a, b"><meta property=article:published_time content=2024-05-01>
      <link rel=canonical href=https://example.org/c></head><body><p>글.
      """)
    #expect(
      try metadata.canonicalJSON()
        == #"{"author":"Kim","created":"2024-05-01","language":"ko","#
        + #""source_url":"https://example.org/c","tags":["a","b"],"title":"안전"}"#)
    #expect(warnings == [])
  }

  @Test func textSaysNothing() async throws {
    let (metadata, _) = try await own("d.txt", "---\ntitle: x\n---\nWords.\n")
    #expect(metadata.fields.isEmpty)
  }
}
