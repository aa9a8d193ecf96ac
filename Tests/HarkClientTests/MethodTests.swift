import Foundation
import HarkClient
import Synchronization
import TestKit
import Testing

/// A typed method: what it sends, what the server gives, and what comes of it.
struct MethodCase: Sendable, CustomTestStringConvertible {
  let method: String
  let params: HarkClient.JSONValue
  /// Whether a request key comes beside the parameters.
  let writes: Bool
  let result: String
  /// Makes the call, and tells whether what came of it is right.
  let call: @Sendable (HarkClient) async throws -> Bool

  init(
    _ method: String, _ params: HarkClient.JSONValue, writes: Bool = false, _ result: String,
    _ call: @escaping @Sendable (HarkClient) async throws -> Bool
  ) {
    self.method = method
    self.params = params
    self.writes = writes
    self.result = result
    self.call = call
  }

  var testDescription: String { "\(method) \(params)" }
}

@Suite(.timeLimit(.minutes(2))) struct MethodTests {
  private static let searching: [MethodCase] = [
    MethodCase("search", ["query": "trip"], Samples.search) { client in
      let hit = try await client.search("trip").hits[0]
      return hit.rank == 1 && hit.score == 0.75 && hit.text == "The manager."
        && hit.document.id == 3 && hit.document.filePath == "/a/travel.pdf"
        && hit.document.externalID == nil && hit.chunk.id == 9_007_199_254_740_993
        && hit.chunk.pageNumber == 4 && hit.chunk.pageLabel == "iv"
        && hit.chunk.heading == "Trips > Approval"
        && hit.source
          == HarkClient.Source(chunkID: 9_007_199_254_740_993, rank: 1, score: 0.75)
    },
    MethodCase(
      "search", ["query": "여행", "limit": 3, "mode": "text", "collection": "c"], Samples.search
    ) { client in
      let result = try await client.search("여행", limit: 3, mode: .text, collection: "c")
      return result.mode == .hybrid && result.tookMilliseconds == 1.5 && result.query == "trip"
    },
    MethodCase(
      "search", ["query": "trip", "filter": ["must": [["has_id": [1, 2]]]]], Samples.search
    ) { client in
      try await client.search("trip", filter: ["must": [["has_id": [1, 2]]]]).query == "trip"
    },
    MethodCase("context", ["query": "trip", "filter": ["should": []]], Samples.context) { client in
      try await client.context("trip", filter: ["should": []]).query == "trip"
    },
    MethodCase("context", ["query": "trip", "budget_tokens": 1500], Samples.context) { client in
      let context = try await client.context("trip", budgetTokens: 1500)
      let passage = context.passages[0]
      return context.mode.rawValue == "psychic" && context.budgetTokens == 1500
        && context.tokens == 6 && context.text == "[1] The manager." && passage.rank == 1
        && passage.chunkIDs == [5, 6] && passage.pageNumber == nil && context.omitted == 2
        && passage.document.externalID == "crm/7" && passage.document.filePath == nil
        && context.sources
          == [
            HarkClient.Source(chunkID: 5, rank: 1, score: 0.75),
            HarkClient.Source(chunkID: 6, rank: 1, score: 0.5),
          ]
    },
    MethodCase(
      "context", ["query": "trip", "limit": 5, "mode": "vector", "collection": "c"],
      Samples.context
    ) { client in
      try await client.context("trip", limit: 5, mode: .vector, collection: "c").query == "trip"
    },
    MethodCase(
      "search", ["query": "trip", "min_score": 0.25, "vector_weight": 0.5, "diversity": 0.75],
      Samples.search
    ) { client in
      let result = try await client.search(
        "trip", minimumScore: 0.25, vectorWeight: 0.5, diversity: 0.75)
      return result.query == "trip"
    },
    MethodCase(
      "context", ["query": "trip", "min_score": 0.25, "vector_weight": 0.5, "diversity": 0.75],
      Samples.context
    ) { client in
      let context = try await client.context(
        "trip", minimumScore: 0.25, vectorWeight: 0.5, diversity: 0.75)
      return context.query == "trip"
    },
    MethodCase("embed", ["texts": ["a"], "collection": "c"], Samples.embeddings) { client in
      let embeddings = try await client.embed(["a"], collection: "c")
      return embeddings.dimension == 3 && embeddings.vectors == [[1, -2.5, 0]]
    },
  ]

  private static let documents: [MethodCase] = [
    MethodCase(
      "documents.list", ["limit": 1, "cursor": "c"],
      #"{"documents":[\#(Samples.record)],"cursor":null}"#
    ) { client in
      let page = try await client.documents(limit: 1, after: "c")
      let document = page.documents[0]
      return page.cursor == nil && document.title == "Travel" && document.fileSize == 4096
        && document.metadata
          == [
            "title": "Travel", "tags": ["a", "b"], "year": 2025, "ratio": 0.5, "draft": false,
          ]
    },
    MethodCase("documents.get", ["id": 3], Samples.contents) { client in
      let contents = try await client.document(3)
      return contents.document.id == 3 && contents.chunks[0].text == contents.text
    },
    MethodCase(
      "documents.delete", ["ids": [3, 4]], writes: true, #"{"documents":[3,4],"chunks":9}"#
    ) { client in
      let deletion = try await client.deleteDocuments([3, 4])
      return deletion.documents == [3, 4] && deletion.chunks == 9
    },
    MethodCase("chunks.get", ["id": 5], Samples.passage) { client in
      let passage = try await client.chunk(5)
      return passage.document.name == "travel.pdf" && passage.chunk.end == 20
    },
    MethodCase("collections.list", [:], #"{"collections":[\#(Samples.collection)]}"#) { client in
      let collection = try await client.collections()[0]
      return collection.name == "default" && collection.chunkTokens == 200
    },
  ]

  private static let tasks: [MethodCase] = [
    MethodCase(
      "ingest", ["paths": ["/a", "/b"], "collection": "c"], writes: true, Samples.task
    ) { client in
      let task = try await client.ingest(paths: ["/a", "/b"], collection: "c")
      return task.id == 11 && task.status == .processing && !task.isFinished
        && task.counts?["added"] == 2 && task.counts?["seconds"] == 0.5
        && task.payload?["paths"] == ["/a"] && task.errorCode == nil
    },
    MethodCase(
      "ingest",
      [
        "documents": [
          ["external_id": "a", "text": "A."],
          [
            "external_id": "b", "text": "B.", "name": "b.txt", "heading": "H",
            "metadata": ["tags": ["x"], "year": 2025],
          ],
        ]
      ], writes: true, Samples.task
    ) { client in
      try await client.ingest(documents: [
        HarkClient.SourceDocument(externalID: "a", text: "A."),
        HarkClient.SourceDocument(
          externalID: "b", text: "B.", name: "b.txt", heading: "H",
          metadata: ["tags": ["x"], "year": 2025]),
      ]).kind == "ingest"
    },
    MethodCase("tasks.get", ["id": 11], Samples.task) { client in
      try await client.task(11).isCancelRequested == false
    },
    MethodCase("tasks.list", ["limit": 2], #"{"tasks":[\#(Samples.task)]}"#) { client in
      try await client.tasks(limit: 2).map(\.id) == [11]
    },
    MethodCase("tasks.cancel", ["id": 11], Samples.task) { client in
      try await client.cancelTask(11).id == 11
    },
    MethodCase(
      "subscribe", ["task": 11],
      Samples.task.replacing("processing", with: "failed")
        .replacing(#""error_code":null"#, with: #""error_code":"disk-full""#)
    ) { client in
      let task = try await client.finishedTask(11)
      return task.isFinished && task.status == .failed && task.errorCode?.rawValue == "disk-full"
    },
  ]

  private static let chat: [MethodCase] = [
    MethodCase(
      "chat.ask", ["session_id": "s", "user_id": "u", "user_message": "Why?"], writes: true,
      Samples.turn
    ) { client in
      let turn = try await client.chat.ask("Why?", session: "s", user: "u")
      return turn.status == .pending && turn.answeredAt == nil && turn.sources[0].rank == 1
        && turn.sources[0].score == nil && turn.sources[0].documentID == 4
        && turn.sources[0].externalID == "crm/7" && !turn.sources[0].isRedacted
    },
    MethodCase(
      "chat.ask",
      [
        "session_id": "s", "user_id": "u", "user_message": "Why?", "limit": 3, "mode": "vector",
        "collection": "c",
      ], writes: true, Samples.turn
    ) { client in
      try await client.chat.ask(
        "Why?", session: "s", user: "u", limit: 3, mode: .vector, collection: "c"
      ).userMessage == "Why?"
    },
    MethodCase(
      "chat.answer", ["id": 7, "assistant_response": "So."], writes: true, Samples.turn
    ) { client in
      try await client.chat.answer(7, with: "So.").id == 7
    },
    MethodCase(
      "chat.append",
      [
        "session_id": "s", "user_id": "u", "user_message": "Why?", "assistant_response": "So.",
        "sources": [["chunk_id": 5, "rank": 1, "score": 0.5], ["chunk_id": 6]],
      ], writes: true, Samples.turn
    ) { client in
      try await client.chat.append(
        session: "s", user: "u", question: "Why?", answer: "So.",
        sources: [
          HarkClient.Source(chunkID: 5, rank: 1, score: 0.5), HarkClient.Source(chunkID: 6),
        ]
      ).sessionID == "s"
    },
    MethodCase("chat.get", ["id": 7], Samples.turn) { client in
      try await client.chat.turn(7).userID == "u"
    },
    MethodCase(
      "chat.history", ["session_id": "s", "limit": 2], #"{"turns":[\#(Samples.turn)],"cursor":"c"}"#
    ) { client in
      let page = try await client.chat.history(.session("s"), limit: 2)
      return page.turns.count == 1 && page.cursor == "c"
    },
    MethodCase("chat.history", ["user_id": "u", "cursor": "c"], #"{"turns":[],"cursor":null}"#) {
      client in
      try await client.chat.history(.user("u"), after: "c").cursor == nil
    },
    MethodCase("chat.history", [:], #"{"turns":[]}"#) { client in
      try await client.chat.history().turns.isEmpty
    },
    MethodCase(
      "chat.sessions", ["user_id": "u", "limit": 2],
      #"{"sessions":[\#(Samples.session)],"cursor":null}"#
    ) { client in
      let session = try await client.chat.sessions(of: "u", limit: 2).sessions[0]
      return session.turns == 2 && session.title == "Why?"
    },
    MethodCase(
      "chat.search", ["query": "연차", "user_id": "u", "limit": 2],
      #"{"turns":[\#(Samples.turn)]}"#
    ) { client in
      try await client.chat.search("연차", in: .user("u"), limit: 2).map(\.id) == [7]
    },
    MethodCase(
      "chat.export", ["user_id": "u", "format": "csv", "limit": 2, "cursor": "c"],
      #"{"format":"csv","text":"id\r\n","turns":1,"cursor":"d"}"#
    ) { client in
      let page = try await client.chat.export(.user("u"), as: .csv, limit: 2, after: "c")
      return page.text == "id\r\n" && page.turns == 1 && page.cursor == "d"
    },
    MethodCase(
      "chat.export", ["format": "jsonl"], #"{"format":"jsonl","text":"","turns":0,"cursor":null}"#
    ) { client in
      try await client.chat.export().format == "jsonl"
    },
    MethodCase("chat.delete", ["session_id": "s"], writes: true, #"{"turns":3}"#) { client in
      try await client.chat.delete(.session("s")) == 3
    },
    MethodCase("chat.delete", ["older_than_days": 30], writes: true, #"{"turns":3}"#) { client in
      try await client.chat.delete(olderThanDays: 30) == 3
    },
    MethodCase("chat.redact", ["ids": [3, 4]], writes: true, #"{"turns":2}"#) { client in
      try await client.chat.redact(documents: [3, 4]) == 2
    },
    MethodCase(
      "feedback.add",
      ["user_id": "u", "message_id": 7, "feedback_type": "not_helpful", "rating": 2],
      writes: true, Samples.feedback
    ) { client in
      let feedback = try await client.feedback.add(.notHelpful, rating: 2, by: "u", on: 7)
      return feedback.kind == .notHelpful && feedback.messageID == 7 && feedback.rating == 2
    },
    MethodCase(
      "feedback.list", ["message_id": 7, "cursor": "c"],
      #"{"feedback":[\#(Samples.feedback)],"cursor":"d"}"#
    ) { client in
      let page = try await client.feedback.list(on: 7, after: "c")
      return page.feedback.map(\.id) == [2] && page.cursor == "d"
    },
  ]

  private static let store: [MethodCase] = [
    MethodCase(
      "hello", [:],
      #"{"server":"hark","version":"9","interface":2,"methods":["hello"],"store":"/s","new":1}"#
    ) { client in
      let hello = try await client.hello()
      return hello.interface == 2 && hello.methods == ["hello"]
    },
    MethodCase("stats", [:], Samples.statistics) { client in
      let statistics = try await client.stats()
      return statistics.freeBytes == 12 && statistics.collections[0].failures == ["no-text": 1]
    },
    MethodCase("healthz", [:], #"{"status":"ok","store":"/s","version":"9","uptime_s":1.5}"#) {
      client in
      try await client.health().uptimeSeconds == 1.5
    },
    MethodCase("metrics", [:], #"{"text":"hark_up 1\n"}"#) { client in
      try await client.metrics() == "hark_up 1\n"
    },
  ]

  @Test(arguments: searching + documents + tasks + chat + store)
  func aMethodSendsItsParametersAndReadsItsResult(_ expected: MethodCase) async throws {
    let server = try await FakeServer { request, connection in
      if request.id != nil { connection.answer(request, expected.result) }
    }
    defer { server.end() }
    let client = try await server.client()
    #expect(try await expected.call(client))
    let request = try #require(server.requests.first)
    #expect(request.method == expected.method)
    guard case .object(var params) = request.params else {
      return #expect(Bool(false), "\(request.line)")
    }
    let deadline = params.removeValue(forKey: "deadline_ms")
    // Nobody knows how long a task takes.
    #expect((deadline == nil) == (expected.method == "subscribe"))
    #expect((params.removeValue(forKey: "request_key") != nil) == expected.writes)
    #expect(.object(params) == expected.params)
  }

  @Test(arguments: [
    #"{"dimension":3,"vectors":["AACAPwAAIMAAAAA="]}"#, #"{"dimension":3,"vectors":["!"]}"#,
    #"{"dimension":2,"vectors":["AACAPwAAIMAAAAAA"]}"#, #"{"dimension":-1,"vectors":[""]}"#,
    #"{"dimension":9223372036854775807,"vectors":[""]}"#, #"{"dimension":3}"#,
  ])
  func vectorsOfTheWrongFormAreRefused(_ result: String) async throws {
    let server = try await FakeServer { request, connection in
      if request.id != nil { connection.answer(request, result) }
    }
    defer { server.end() }
    let client = try await server.client()
    let error = await failure { try await client.embed(["a"]) }
    #expect(error?.code == .answerMalformed)
  }

  // MARK: Batches

  @Test func aBatchHasAResultACall() async throws {
    let server = try await FakeServer { request, connection in
      guard request.id != nil else { return }
      connection.answer(
        request,
        """
        {"results":[{"result":\(Samples.search)},\
        {"error":{"code":-32010,"message":"None.","data":{"code":"chat-missing"}}},\
        {"result":{"turns":5}}]}
        """)
    }
    defer { server.end() }
    let client = try await server.client()
    let results = try await client.batch([
      .init("search", params: ["query": "trip"]), .init("chat.get", params: ["id": 1]),
      .init("chat.delete", params: ["session_id": "s", "request_key": "k"]),
    ])
    #expect(
      server.requests.first?.params["requests"] == [
        ["method": "search", "params": ["query": "trip"]],
        ["method": "chat.get", "params": ["id": 1]],
        ["method": "chat.delete", "params": ["session_id": "s", "request_key": "k"]],
      ])
    let found = try results[0].get(as: HarkClient.SearchResult.self)
    #expect(found.hits[0].chunk.id == 9_007_199_254_740_993)
    let missing = await failure {
      try results[1].get(as: HarkClient.Turn.self)
    }
    #expect(missing?.code == .chatMissing)
    #expect(try results[2].get(as: [String: Int].self) == ["turns": 5])
    let wrong = await failure {
      try results[2].get(as: HarkClient.Turn.self)
    }
    #expect(wrong?.code == .answerMalformed)
  }

  @Test func aBatchWithTooFewResultsIsRefused() async throws {
    let server = try await FakeServer { request, connection in
      if request.id != nil { connection.answer(request, #"{"results":[]}"#) }
    }
    defer { server.end() }
    let client = try await server.client()
    let error = await failure {
      try await client.batch([.init("hello", params: [String: Int]())])
    }
    #expect(error?.code == .answerMalformed)
  }

  // MARK: Sequences

  @Test func documentsComeInPages() async throws {
    let server = try await FakeServer { request, connection in
      guard request.id != nil else { return }
      let page =
        switch request.params["cursor"] {
        case nil: #"{"documents":[\#(Samples.record),\#(Samples.record)],"cursor":"a"}"#
        case "a": #"{"documents":[],"cursor":"b"}"#
        default: #"{"documents":[\#(Samples.record)],"cursor":null}"#
        }
      connection.answer(request, page)
    }
    defer { server.end() }
    let client = try await server.client()
    var count = 0
    for try await document in client.allDocuments(in: "c", pageSize: 2) {
      #expect(document.id == 3)
      count += 1
    }
    #expect(count == 3)
    #expect(server.requests.map { $0.params["cursor"] } == [nil, "a", "b"])
    #expect(server.requests.allSatisfy { $0.number("limit") == 2 })
    // A walk that ends early asks for no more.
    for try await _ in client.allDocuments() { break }
    #expect(server.requests.count == 4)
  }

  @Test func aPageThatFailsEndsTheWalk() async throws {
    let server = try await FakeServer { request, connection in
      if request.id != nil { connection.fail(request, #"{"code":1,"message":"No."}"#) }
    }
    defer { server.end() }
    let client = try await server.client()
    await #expect(throws: HarkClientError.self) {
      for try await _ in client.allDocuments() {}
    }
  }

  private static func progress(_ id: Int, _ done: Int) -> String {
    """
    {"jsonrpc":"2.0","method":"progress","params":{"id":\(id),"task":11,"phase":"reading",\
    "files_done":\(done),"files_total":3,"chunks_done":\(10 * done),"new":1}}

    """
  }

  @Test func progressIsToldUntilTheEnd() async throws {
    let server = try await FakeServer { request, connection in
      guard let id = request.id else { return }
      for done in 1...3 { connection.send(Self.progress(id, done)) }
      connection.send(Self.progress(id + 1, 99))
      connection.answer(request, Samples.task)
    }
    defer { server.end() }
    let client = try await server.client()
    var seen: [HarkClient.TaskProgress] = []
    for try await progress in client.progress(of: 11) { seen.append(progress) }
    #expect(seen.map(\.filesDone) == [1, 2, 3])
    #expect(seen.map(\.chunksDone) == [10, 20, 30])
    #expect(seen.allSatisfy { $0.task == 11 && $0.phase == "reading" && $0.filesTotal == 3 })
    #expect(server.requests.map(\.method) == ["subscribe"])
  }

  @Test func aTaskThatIsMissingEndsTheSequence() async throws {
    let server = try await FakeServer { request, connection in
      if request.id != nil {
        connection.fail(
          request, #"{"code":-32010,"message":"None.","data":{"code":"task-missing"}}"#)
      }
    }
    defer { server.end() }
    let client = try await server.client()
    await #expect(throws: HarkClientError.self) {
      for try await _ in client.progress(of: 11) {}
    }
  }

  @Test func aReaderThatLeavesEndsTheSubscription() async throws {
    let server = try await FakeServer { request, connection in
      if let id = request.id { connection.send(Self.progress(id, 1)) }
    }
    defer { server.end() }
    let client = try await server.client()
    for try await _ in client.progress(of: 11) { break }
    #expect(try await eventually { server.requests.last?.method == "cancel" })
    let task = Task {
      var count = 0
      for try await _ in client.progress(of: 11) { count += 1 }
      return count
    }
    #expect(try await eventually { server.requests.count == 3 })
    task.cancel()
    #expect(try await task.value <= 1)
    #expect(try await eventually { server.requests.count == 4 })
    #expect(server.requests.last?.method == "cancel")
  }

  @Test func aSubscriptionOutlivesItsConnection() async throws {
    let left = Counter(1)
    let server = try await FakeServer { request, connection in
      guard let id = request.id else { return }
      connection.send(Self.progress(id, left.isUsedUp ? 2 : 1))
      if left.takeOne() { connection.hangUp() } else { connection.answer(request, Samples.task) }
    }
    defer { server.end() }
    let client = try await server.client()
    var seen: [Int] = []
    for try await progress in client.progress(of: 11) { seen.append(progress.filesDone) }
    // What was written before the end of a connection may be lost with it.
    #expect(seen == [1, 2] || seen == [2])
  }
}
