import Foundation
import Testing

@testable import Hark

@Suite struct FilterReadingTests {
  struct Bad: CustomTestStringConvertible {
    let json: String
    /// The beginning of the message: the place, and what is wrong there.
    let message: String
    var testDescription: String { message }

    init(_ json: String, _ message: String) {
      (self.json, self.message) = (json, message)
    }
  }

  private static func must(_ condition: String) -> String { #"{"must": [\#(condition)]}"# }

  static let refused = [
    Bad("", "filter is no JSON"), Bad("{", "filter is no JSON"),
    Bad("[]", "filter has to be an object, and is a list"),
    Bad("7", "filter has to be an object, and is the number 7"),
    Bad("null", "filter has to be an object, and is null"),
    Bad(#"{"mst": []}"#, "filter.mst is unknown: filter may have must, should, must_not, min_sh"),
    Bad(#"{"must": {}}"#, "filter.must has to be a list of conditions, and is an object"),
    Bad(#"{"must": [7]}"#, "filter.must[0] has to be an object, and is the number 7"),
    Bad(#"{"must": [{}]}"#, "filter.must[0] has to have a key with match or range, or one of exi"),
    Bad(
      #"{"should": [{"has_id": [1]}, {"key": "author", "match": {"value": "Kim"}}]}"#,
      "filter.should[1].key is “author”, and there is no such key: give one of chunk_id, "),
    Bad(must(#"{"key": "metadata.", "match": {"value": 1}}"#), "filter.must[0].key is “metadata.”"),
    Bad(must(#"{"key": 7, "match": {"value": 1}}"#), "filter.must[0].key has to be a text"),
    Bad(must(#"{"key": "name"}"#), "filter.must[0] has to have match or range, one of the two"),
    Bad(
      must(#"{"key": "file_size", "match": {"value": 1}, "range": {"gt": 1}}"#),
      "filter.must[0] has to have match or range, one of the two"),
    Bad(
      must(#"{"key": "name", "like": {}}"#), "filter.must[0].like is unknown: filter.must[0] may"),
    Bad(
      must(#"{"key": "name", "match": "a"}"#), "filter.must[0].match has to be an object, and is"),
    Bad(
      must(#"{"key": "name", "match": {"value": "a", "any": ["b"]}}"#),
      "filter.must[0].match has to have one of value, any, except, text, prefix"),
    Bad(
      must(#"{"key": "name", "match": {"values": "a"}}"#), "filter.must[0].match.values is unknown"),
    Bad(
      must(#"{"key": "name", "match": {"value": 7}}"#),
      "filter.must[0].match.value has to be a text, as name holds texts, and is the number 7"),
    Bad(
      must(#"{"key": "name", "match": {"any": ["a", null]}}"#),
      "filter.must[0].match.any[1] has to be a text, as name holds texts, and is null"),
    Bad(
      must(#"{"key": "name", "match": {"any": "a"}}"#), "filter.must[0].match.any has to be a list"),
    Bad(
      must(#"{"key": "page_number", "match": {"value": "7"}}"#),
      "filter.must[0].match.value has to be a whole number, as page_number holds numbers"),
    Bad(
      must(#"{"key": "page_number", "match": {"value": 7.5}}"#),
      "filter.must[0].match.value has to be a whole number"),
    Bad(
      must(#"{"key": "page_number", "match": {"text": "7"}}"#),
      "filter.must[0].match.text is about a text, and page_number holds numbers"),
    Bad(
      must(#"{"key": "file_type", "match": {"value": "docx"}}"#),
      "filter.must[0].match.value is “docx”: file_type is one of pdf, html, markdown, text"),
    Bad(
      must(#"{"key": "language", "match": {"value": "Korean!"}}"#),
      "filter.must[0].match.value is “Korean!”, which is no language tag"),
    Bad(
      must(#"{"key": "title", "match": {"prefix": ""}}"#),
      "filter.must[0].match.prefix has to be a text that is not empty"),
    Bad(
      must(#"{"key": "title", "range": {"gte": 1}}"#),
      "filter.must[0].range is about numbers or dates, and title holds texts: use match"),
    Bad(
      #"{"must": [{"exists": {"key": "title"}}, {"key": "created_at", "range": {"gte": "May"}}]}"#,
      "filter.must[1].range.gte is “May”, which is no date: write a date such as 2024-05-01"),
    Bad(
      must(#"{"key": "created_at", "range": {"lt": "2024-02-30"}}"#),
      "filter.must[0].range.lt is “2024-02-30”, which is no date"),
    Bad(
      must(#"{"key": "created_at", "range": {"lt": 20240501}}"#),
      "filter.must[0].range.lt has to be a date such as"),
    Bad(
      must(#"{"key": "file_size", "range": {"lt": "2024-05-01"}}"#),
      "filter.must[0].range.lt has to be a number, and is the text “2024-05-01”"),
    Bad(
      must(#"{"key": "file_size", "range": {}}"#), "filter.must[0].range has to have at least one"),
    Bad(must(#"{"key": "file_size", "range": {"ge": 1}}"#), "filter.must[0].range.ge is unknown"),
    Bad(
      must(#"{"key": "metadata.due", "range": {"gt": 1, "lt": "2024-05-01"}}"#),
      "filter.must[0].range has a number and a date"),
    Bad(
      must(#"{"key": "metadata.created", "range": {"gt": 1}}"#),
      "filter.must[0].range.gt has to be a date"),
    Bad(
      must(#"{"key": "metadata.author", "range": {"gt": 1}}"#),
      "filter.must[0].range is about numbers or dates, and metadata.author holds texts"),
    Bad(
      must(#"{"key": "metadata.x", "match": {"value": [1]}}"#),
      "filter.must[0].match.value has to be a text, a number, true or false, and is a list"),
    Bad(must(#"{"exists": "title"}"#), "filter.must[0].exists has to be an object"),
    Bad(must(#"{"is_empty": {}}"#), "filter.must[0].is_empty.key is missing"),
    Bad(must(#"{"has_id": 1}"#), "filter.must[0].has_id has to be a list of ids"),
    Bad(must(#"{"has_id": [1, 1.5]}"#), "filter.must[0].has_id[1] has to be a whole number"),
    Bad(must(#"{"has_id": [1e300]}"#), "filter.must[0].has_id[0] has to be a whole number"),
    Bad(
      must(#"{"nested": {"key": "title", "filter": {}}}"#),
      "filter.must[0].nested.key is “title”, which holds no objects"),
    Bad(must(#"{"nested": {"key": "metadata.a"}}"#), "filter.must[0].nested.filter is missing"),
    Bad(
      must(#"{"nested": {"key": "metadata.a", "filter": {"must": [{"has_id": [1]}]}}}"#),
      "filter.must[0].nested.filter.must[0].has_id is unknown"),
    Bad(
      #"{"min_should": {"conditions": []}}"#,
      "filter.min_should.min_count has to be a whole number of at least 1"),
    Bad(
      #"{"min_should": {"min_count": 1}}"#, "filter.min_should.conditions is missing"),
    Bad(
      #"{"min_should": {"conditions": [{"filter": []}], "min_count": 1}}"#,
      "filter.min_should.conditions[0].filter has to be an object"),
    Bad(#"{"must": [{"should": [{"key": "x"}]}]}"#, "filter.must[0].should[0].key is “x”"),
  ]

  @Test(arguments: refused) func refusesWithThePlace(_ bad: Bad) {
    let error = #expect(throws: HarkError.self) { try SearchFilter(json: bad.json) }
    #expect(error?.code == .filterInvalid)
    #expect(error?.message.hasPrefix(bad.message) == true, "\(error as Any)")
  }

  static let accepted = [
    "{}", #"{"must":[]}"#, #"{"must":[{"has_id":[]}]}"#,
    #"{"must":[{"key":"metadata.a","match":{"value":1.5}}]}"#,
    #"{"must":[{"key":"metadata.a","match":{"value":true}}]}"#,
    #"{"must_not":[{"key":"metadata.한글.키","match":{"any":["값",1,false]}}]}"#,
    #"{"should":[{"key":"path","match":{"prefix":"/a"}},{"key":"title","match":{"text":"x"}}]}"#,
    #"{"must":[{"key":"created_at","range":{"gte":"2024-05-01","lt":"2024-06-01T00:00:00+09:00"}}]}"#,
    #"{"min_should":{"conditions":[{"exists":{"key":"title"}}],"min_count":1}}"#,
    #"{"must":[{"nested":{"key":"metadata.a","filter":{"must":[{"key":"b","range":{"gt":1}}]}}}]}"#,
    #"{"must":[{"filter":{"must":[{"is_empty":{"key":"language"}}]}},{"has_document_id":[1,2]}]}"#,
    #"{"must":[{"key":"language","match":{"except":["ko_kr"]}}]}"#,
  ]

  @Test(arguments: accepted) func isTheSameAfterWritingAndReading(_ json: String) throws {
    let filter = try SearchFilter(json: json)
    #expect(try SearchFilter(json: filter.json()) == filter)
    #expect(try filter.checked() == filter)
    #expect(
      try JSONDecoder().decode([String: SearchFilter].self, from: Data("{\"f\":\(json)}".utf8))
        == ["f": filter])
  }

  @Test func theBuilderMakesTheSameFilters() throws {
    let built = SearchFilter(
      must: [
        .folder("/handbook"), .range("metadata.edition", .atLeast(3)),
        .range("created_at", .between("2024-05-01", "2024-05-31")),
        .match("file_type", any: ["pdf", "html"]),
      ],
      mustNot: [.match("language", "ko"), .isEmpty("title")],
      minShould: .init([.exists("heading"), .match("metadata.final", true)], minCount: 2))
    let read = try SearchFilter(
      json: """
        {"must": [{"key": "path", "match": {"prefix": "/handbook"}},
                  {"key": "metadata.edition", "range": {"gte": 3}},
                  {"key": "created_at", "range": {"gte": "2024-05-01", "lte": "2024-05-31"}},
                  {"key": "file_type", "match": {"any": ["pdf", "html"]}}],
         "must_not": [{"key": "language", "match": {"value": "ko"}}, {"is_empty": {"key": "title"}}],
         "min_should": {"conditions": [{"exists": {"key": "heading"}},
                                       {"key": "metadata.final", "match": {"value": true}}],
                        "min_count": 2}}
        """)
    #expect(try built.checked() == read)
    #expect(throws: HarkError.self) {
      try SearchFilter(must: [.range("title", .atLeast(3))]).checked()
    }
    #expect(throws: HarkError.self) {
      try SearchFilter(must: [.match("metadata.a", .number(.nan))]).checked()
    }
  }

  @Test func limits() throws {
    func nested(_ depth: Int) -> String {
      depth == 1 ? "{}" : #"{"must": [{"filter": \#(nested(depth - 1))}]}"#
    }
    _ = try SearchFilter(json: nested(16))
    let deep = #expect(throws: HarkError.self) { try SearchFilter(json: nested(17)) }
    #expect(deep?.message.contains("stands in 16 filters: 16 are the limit") == true)
    #expect(throws: HarkError.self) { try SearchFilter(json: nested(120)) }

    func conditions(_ count: Int) -> String {
      let condition = #"{"exists": {"key": "title"}}"#
      return #"{"should": [\#(Array(repeating: condition, count: count).joined(separator: ","))]}"#
    }
    _ = try SearchFilter(json: conditions(1_000))
    let many = #expect(throws: HarkError.self) { try SearchFilter(json: conditions(1_001)) }
    #expect(many?.message.hasPrefix("filter.should[1000] is one condition too many") == true)

    func values(_ count: Int) -> [String] {
      let list = (0..<count).map(String.init).joined(separator: ",")
      return [
        #"{"must": [{"has_id": [\#(list)]}]}"#,
        #"{"must": [{"key": "file_size", "match": {"any": [\#(list)]}}]}"#,
      ]
    }
    for json in values(10_000) { _ = try SearchFilter(json: json) }
    for json in values(10_001) {
      let error = #expect(throws: HarkError.self) { try SearchFilter(json: json) }
      #expect(error?.message.contains("has 10001 values: 10000 are the limit") == true)
    }
  }
}
