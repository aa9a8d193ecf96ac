import Foundation
import Hark
import TestKit
import Testing

@testable import HarkServer
@testable import HarkService

/// The methods over a real store, without a socket.
@Suite(.timeLimit(.minutes(5)), .enabled(if: TestData.model != nil))
struct HarkServiceTests {
  private let harness: ServiceHarness
  private var folder: TemporaryFolder { harness.folder }
  private var service: HarkService { harness.service }

  init() async throws { harness = try await ServiceHarness() }

  @discardableResult
  private func call(
    _ method: String, _ params: String = "{}",
    notify: @escaping @Sendable (String, Data) async -> Void = { _, _ in }
  ) async throws -> [String: Any] {
    try await harness.call(method, params, notify: notify)
  }

  private func failure(_ method: String, _ params: String = "{}") async -> RPCError? {
    await harness.failure(method, params)
  }

  @Test func helloTellsAllMethods() async throws {
    let hello = try await call("hello")
    let methods = try #require(hello["methods"] as? [String])
    #expect(Set(methods) == Set(HarkService.interface.map(\.name)))
    #expect(methods == methods.sorted())
    #expect(hello["interface"] as? Int == 1)
  }

  @Test func textsAreIngestedFoundAndDeleted() async throws {
    try await harness.ingestNotes()
    let found = try await call("search", #"{"query": "who approves a trip?", "limit": 1}"#)
    let hit = try #require((found["hits"] as? [[String: Any]])?.first)
    #expect(hit["text"] as? String == "The manager approves trips.")
    let chunk = try #require((hit["chunk"] as? [String: Any])?["id"] as? Int)
    let passage = try await call("chunks.get", #"{"id": \#(chunk)}"#)
    #expect(passage["text"] as? String == "The manager approves trips.")

    let first = try await call("documents.list", #"{"limit": 1}"#)
    let document = try #require((first["documents"] as? [[String: Any]])?.first)
    #expect(document["external_id"] as? String == "travel")
    let cursor = try #require(first["cursor"] as? String)
    let rest = try await call("documents.list", #"{"limit": 1, "cursor": "\#(cursor)"}"#)
    #expect((rest["documents"] as? [Any])?.count == 1)
    #expect(rest["cursor"] is NSNull)
    let id = try #require(document["id"] as? Int)
    #expect(try await call("documents.get", #"{"id": \#(id)}"#)["text"] != nil)
    #expect(try await call("documents.delete", #"{"ids": [\#(id)]}"#)["chunks"] as? Int == 1)
    #expect(await failure("documents.get", #"{"id": \#(id)}"#)?.data.code == "document-missing")
    #expect(await failure("chunks.get", #"{"id": \#(chunk)}"#)?.code == -32010)
    #expect(try await call("collections.list")["collections"] is [Any])
    #expect(try await call("stats")["collections"] is [Any])
  }

  @Test(arguments: ["search", "context", "chat.ask"])
  func filtersSayWhatMayBeFound(_ method: String) async throws {
    try await harness.ingestNotes()
    let query =
      method == "chat.ask"
      ? #""session_id": "s", "user_id": "u", "user_message": "trips""# : #""query": "trips""#
    func found(_ filter: String) async throws -> Int {
      let answer = try await call(method, #"{\#(query), "filter": \#(filter)}"#)
      return ((answer["hits"] ?? answer["sources"]) as? [Any])?.count ?? -1
    }
    #expect(try await found("{}") == 2)
    #expect(
      try await found(#"{"must": [{"key": "external_id", "match": {"value": "leave"}}]}"#) == 1)
    #expect(try await found(#"{"must_not": [{"exists": {"key": "name"}}]}"#) == 0)
    for (filter, place) in [
      (#"{"must": [{}, {"key": "created_at", "range": {"gte": "May"}}]}"#, "filter.must[0]"),
      (#"{"must": [{"key": "created_at", "range": {"gte": "May"}}]}"#, "filter.must[0].range.gte"),
      (#"{"musty": []}"#, "filter.musty"), ("[]", "filter"), ("7", "filter"),
    ] {
      let error = await failure(method, #"{\#(query), "filter": \#(filter)}"#)
      #expect(error?.code == -32602)
      #expect(error?.data.code == "filter-invalid")
      #expect(error?.data.field == place)
      #expect(error?.message.hasPrefix("\(place) ") == true)
    }
  }

  @Test func ingestsAreEnqueuedAndFollowed() async throws {
    try folder.write("in/a.md", "# Otters\n\nOtters live in the marsh.")
    let params = #"{"paths": ["\#(folder.file("in"))"], "request_key": "k"}"#
    let task = try await call("ingest", params)
    let id = try #require(task["job_id"] as? Int)
    #expect(task["status"] as? String == "enqueued")
    #expect(try await call("ingest", params)["job_id"] as? Int == id)

    let house = Task { [service] in await service.keepHouse() }
    defer { house.cancel() }
    let received = Received()
    let ended = try await call("subscribe", #"{"task": \#(id)}"#) { await received.add($0, $1) }
    #expect(ended["status"] as? String == "succeeded")
    #expect((ended["counts"] as? [String: Any])?["added"] as? Int == 1)
    for notification in await received.all {
      #expect(notification.hasPrefix("progress "))
      #expect(notification.contains(#""id":7,"#))
      #expect(notification.contains(#""task":\#(id)"#))
    }
    #expect((try await call("search", #"{"query": "otters"}"#)["hits"] as? [Any])?.count == 1)

    #expect(try await call("subscribe", #"{"task": \#(id)}"#)["job_id"] as? Int == id)
    #expect(await failure("subscribe", #"{"task": 99}"#)?.data.code == "task-missing")
    let tasks = try await call("tasks.list", #"{"limit": 5}"#)
    #expect((tasks["tasks"] as? [[String: Any]])?.first?["job_id"] as? Int == id)
    #expect(try await call("tasks.get", #"{"id": \#(id)}"#)["attempts"] as? Int == 1)
    #expect(await failure("tasks.cancel", #"{"id": \#(id)}"#)?.data.code == "task-ended")
    #expect(await failure("ingest", "{}")?.data.code == "invalid-argument")
    #expect(await failure("ingest", #"{"paths": ["in"]}"#)?.code == -32602)
    #expect(
      await failure("ingest", #"{"paths": ["\#(folder.file("none"))"]}"#)?.data.code
        == "path-missing")
  }

  @Test func aChatTurnGoesAllTheWay() async throws {
    try await harness.ingestNotes()
    let about = #""session_id": "s", "user_id": "minji""#
    let ask = #"{\#(about), "user_message": "연차는 며칠?", "limit": 1, "request_key": "k"}"#
    let asked = try await call("chat.ask", ask)
    #expect(asked["status"] as? String == "pending")
    #expect((asked["sources"] as? [Any])?.count == 1)
    #expect(try await call("chat.ask", ask)["id"] as? Int == asked["id"] as? Int)
    let id = try #require(asked["id"] as? Int)
    let answer = #"{"id": \#(id), "assistant_response": "스물다섯 날 [1]."}"#
    #expect(try await call("chat.answer", answer)["status"] as? String == "answered")
    let other = #"{"id": \#(id), "assistant_response": "몰라요."}"#
    #expect(await failure("chat.answer", other)?.code == -32012)

    let source = try #require((asked["sources"] as? [[String: Any]])?.first)
    let chunk = try #require(source["chunk_id"] as? Int)
    let appended = try await call(
      "chat.append",
      """
      {\(about), "user_message": "And?", "assistant_response": "That is all.",
       "sources": [{"chunk_id": \(chunk), "score": 0.5}]}
      """)
    #expect((appended["sources"] as? [[String: Any]])?.first?["score"] as? Double == 0.5)
    let history = try await call("chat.history", #"{"user_id": "minji", "limit": 1}"#)
    #expect((history["turns"] as? [Any])?.count == 1)
    #expect(history["cursor"] is String)
    #expect(
      (try await call("chat.sessions", #"{"user_id": "minji"}"#)["sessions"] as? [Any])?.count
        == 1)
    #expect(
      (try await call("chat.search", #"{"query": "연차"}"#)["turns"] as? [Any])?.count == 1)
    #expect(try await call("chat.get", #"{"id": \#(id)}"#)["user_id"] as? String == "minji")
    let feedback = try await call(
      "feedback.add",
      #"{"user_id": "minji", "message_id": \#(id), "feedback_type": "helpful", "rating": 5}"#)
    #expect(feedback["rating"] as? Int == 5)
    #expect((try await call("feedback.list")["feedback"] as? [Any])?.count == 1)
    let document = try #require(source["document_id"] as? Int)
    #expect(try await call("chat.redact", #"{"ids": [\#(document)]}"#)["turns"] as? Int == 2)
    #expect(try await call("chat.delete", #"{"user_id": "minji"}"#)["turns"] as? Int == 2)
    #expect(await failure("chat.delete")?.code == -32602)
    #expect(
      await failure("chat.history", #"{"user_id": "a", "session_id": "b"}"#)?.code == -32602)
  }

  @Test func vectorsTravelAsBase64() async throws {
    let found = try await call("embed", #"{"texts": ["otter", "수달"]}"#)
    #expect(found["dimension"] as? Int == 384)
    let vectors = try #require(found["vectors"] as? [String])
    let bytes = try #require(Data(base64Encoded: vectors[0]))
    #expect(bytes.count == 4 * 384)
    let length = stride(from: 0, to: bytes.count, by: 4).reduce(Float(0)) { sum, place in
      let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[place + $1]) << (8 * UInt32($1)) }
      return sum + Float(bitPattern: bits) * Float(bitPattern: bits)
    }
    #expect(abs(length - 1) < 1e-4)
    #expect(await failure("embed", #"{"texts": []}"#)?.data.field == "texts")
  }

  @Test(
    arguments: [
      ("search", #"{}"#, "query"), ("search", #"{"query": 1}"#, "query"),
      ("search", #"{"query": "a", "mode": "psychic"}"#, "mode"),
      ("search", #"{"query": "a", "limit": 0}"#, "limit"),
      ("search", #"{"query": "a", "limit": 1.5}"#, "params"),
      ("search", #"{"query": "a\u0000b"}"#, "params"),
      ("search", #"{"query": " "}"#, "query"), ("search", #"{"qery": "a"}"#, "qery"),
      ("search", #"["a"]"#, "params"), ("documents.get", #"{"id": "x"}"#, "id"),
      ("documents.get", #"{"id": 1e300}"#, "params"),
      (
        "chat.append",
        #"{"session_id":"s","user_id":"u","user_message":"m","sources":[{"chunk_id":"x"}]}"#,
        "sources[0].chunk_id"
      ),
      ("chat.append", #"{"session_id":"","user_id":"u","user_message":"m"}"#, "session_id"),
      (
        "ingest", #"{"documents":[{"external_id":"a","text":"b","nmae":"c"}]}"#, "documents[0].nmae"
      ),
      (
        "ingest", #"{"documents":[{"external_id":"a","text":"b","metadata":{"tags":{}}}]}"#,
        "documents[0].metadata.tags"
      ),
    ])
  func wrongParametersAreNamed(method: String, params: String, field: String) async throws {
    let error = try #require(await failure(method, params))
    #expect(error.code == -32602)
    #expect(error.data.field == field, "\(error)")
    #expect(!error.data.retryable)
  }

  @Test func unknownMethodsAreRefused() async throws {
    #expect(await failure("no.such")?.code == -32601)
  }

  @Test func anEscapedBackslashBeforeU0000IsNoNull() async throws {
    let found = try await call("search", #"{"query": "a\\u0000b"}"#)
    #expect(found["query"] as? String == #"a\u0000b"#)
    #expect(await failure("search", #"{"query": "a\\\u0000b"}"#)?.data.field == "params")
  }

  @Test func aCanceledRequestSaysSo() async throws {
    let task = try await call(
      "ingest", #"{"documents": [{"external_id": "a", "text": "Nobody carries this out."}]}"#)
    let id = try #require(task["job_id"] as? Int)
    let texts = Array(repeating: #""A text that takes some time to embed.""#, count: 1_000)
    for (method, params) in [
      ("subscribe", #"{"task": \#(id)}"#),
      ("embed", #"{"texts": [\#(texts.joined(separator: ","))]}"#),
    ] {
      let request = Task { await failure(method, params) }
      try await Task.sleep(for: .milliseconds(20))
      request.cancel()
      #expect(await request.value?.data.code == "canceled", "\(method)")
    }
  }

  @Test func idsAreComparedByBytesAndFailuresAreNotAdded() async throws {
    let report = try await harness.engine.upsert([
      SourceDocument(externalID: "휴가", content: .text("One form.")),
      SourceDocument(
        externalID: "휴가".decomposedStringWithCanonicalMapping, content: .text("Another.")),
      SourceDocument(externalID: "blank", content: .text(" \n")),
    ])
    #expect(report.counts.added == 2)
    #expect(report.failures.map(\.filePath) == ["blank"])
  }

  @Test func partsOfABatchSucceedAndFailApart() async throws {
    try await harness.ingestNotes()
    let batch = try await call(
      "batch",
      """
      {"requests": [
        {"method": "chat.append", "params":
          {"session_id": "s", "user_id": "u", "user_message": "m", "request_key": "k"}},
        {"method": "chat.answer", "params": {"id": 1, "assistant_response": "a"}},
        {"method": "search", "params": {"query": "a", "deadline_ms": 1}}, {"method": "batch"},
        {"method": "no.such"}, {"method": "healthz"}]}
      """)
    let results = try #require(batch["results"] as? [[String: Any]])
    let second = try #require(results[1]["result"] as? [String: Any])
    #expect(second["status"] as? String == "answered")
    let codes = results.map { (($0["error"] as? [String: Any])?["code"] as? Int) ?? 0 }
    #expect(codes == [0, 0, -32602, -32602, -32601, 0])
    #expect(await failure("batch", #"{"requests": []}"#)?.data.field == "requests")
    #expect(
      await failure("batch", #"{"requests": [{"method": "hello", "id": 1}]}"#)?.data.field
        == "requests[0].id")
  }

  @Test func aContextFitsItsBudgetAndItsSourcesAreLogged() async throws {
    try await harness.ingestNotes()
    let context = try await call("context", #"{"query": "who approves a trip?"}"#)
    let text = try #require(context["text"] as? String)
    #expect(text.hasPrefix("[1] travel.txt\nThe manager approves trips."))
    let sources = try #require(context["sources"])
    let json = String(decoding: try JSONSerialization.data(withJSONObject: sources), as: UTF8.self)
    let turn = try await call(
      "chat.append",
      #"{"session_id":"s","user_id":"u","user_message":"Who?","sources":\#(json)}"#)
    let logged = try #require(turn["sources"] as? [[String: Any]])
    #expect(logged.map { $0["rank"] as? Int } == [1, 2])
    #expect(
      try await call("context", #"{"query":"trip","budget_tokens":1}"#)["omitted"] as? Int == 2)
    #expect(
      await failure("context", #"{"query":"trip","budget_tokens":0}"#)?.data.field
        == "budget_tokens")
  }

  @Test func theLogIsExportedInPages() async throws {
    for number in 1...3 {
      try await call(
        "chat.append",
        #"{"session_id":"s","user_id":"u","user_message":"Question \#(number), \"quoted\""}"#)
    }
    var text = ""
    var cursor = ""
    repeat {
      let page = try await call("chat.export", #"{"format":"csv","limit":2\#(cursor)}"#)
      text += try #require(page["text"] as? String)
      cursor = (page["cursor"] as? String).map { #","cursor":"\#($0)""# } ?? ""
    } while !cursor.isEmpty
    let file = folder.file("turns.csv")
    _ = try await harness.engine.chat.export(.all, as: .csv, to: file)
    #expect(text == (try String(contentsOfFile: file, encoding: .utf8)))
  }

  @Test(arguments: [
    ("chat.delete", #"{"user_id":"u","request_key":"k"}"#),
    ("chat.redact", #"{"ids":[1],"request_key":"k"}"#),
  ]) func aRetriedDeletionTellsWhatTheFirstDid(method: String, params: String) async throws {
    try await harness.ingestNotes()
    let turn = #"{"session_id":"s","user_id":"u","user_message":"m","sources":[{"chunk_id":1}]}"#
    try await call("chat.append", turn)
    #expect(try await call(method, params)["turns"] as? Int == 1)
    try await call("chat.append", turn)
    #expect(try await call(method, params)["turns"] as? Int == 1)
    #expect(
      await failure("chat.delete", #"{"user_id":"other","request_key":"k"}"#)?.data.code
        == "request-key-reused")
  }

  @Test func writesFinishAndHeavyMethodsLeaveRoom() {
    #expect(service.traits(of: "chat.append") == MethodTraits(finishesAfterDisconnect: true))
    #expect(service.traits(of: "search") == MethodTraits())
    #expect(service.traits(of: "subscribe") == MethodTraits(lane: .waiting))
    #expect(service.traits(of: "embed") == MethodTraits(lane: .heavy))
    #expect(service.traits(of: "no.such") == MethodTraits())
  }

  @Test func healthAndMetricsTellHowItIs() async throws {
    try await call("hello")
    _ = await failure("search", "{}")
    let health = try JSONSerialization.jsonObject(with: await service.health()) as? [String: Any]
    #expect(health?["status"] as? String == "ok")
    #expect(try await call("healthz")["status"] as? String == "ok")
    let metrics = await service.metrics()
    #expect(metrics.contains("hark_requests_total{method=\"hello\",outcome=\"answered\"} 1\n"))
    #expect(metrics.contains("hark_requests_total{method=\"search\",outcome=\"failed\"} 1\n"))
    #expect(metrics.contains("\nhark_up 1\n"))
  }
}

/// Notifications that were sent.
private actor Received {
  private(set) var all: [String] = []

  func add(_ method: String, _ params: Data) {
    all.append("\(method) \(String(decoding: params, as: UTF8.self))")
  }
}
