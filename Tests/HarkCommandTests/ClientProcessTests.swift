import Foundation
import HarkClient
import TestKit
import Testing

/// The Swift client against the server as a process.
@Suite(.serialized, .timeLimit(.minutes(10)), .enabled(if: HarkProcess.canEmbed))
struct ClientProcessTests {
  private let served: ServedStore
  private let hark: HarkClient

  init() async throws {
    served = try await ServedStore()
    hark = try await HarkClient(served.socket)
  }

  /// The error that a call ends with.
  private func failure<Value>(_ call: () async throws -> Value) async -> HarkClientError? {
    do {
      _ = try await call()
      return nil
    } catch {
      return error as? HarkClientError
    }
  }

  @Test func aTurnIsAnsweredWithCitations() async throws {
    let context = try await hark.context("Who approves a trip?", budgetTokens: 1500)
    let passage = try #require(context.passages.first)
    #expect(passage.rank == 1)
    #expect(passage.document.name == "travel.md")
    #expect(context.text.contains("[1]"))
    #expect(context.text.contains("The manager approves business trips."))
    #expect(context.tokens <= 1500)

    let question = "Who approves a trip?"
    let turn = try await hark.chat.append(
      session: "s-1", user: "minji", question: question, sources: context.sources,
      requestKey: "turn-1")
    #expect(turn.status == .pending)
    #expect(turn.sources.map(\.chunkID) == context.sources.map(\.chunkID))
    #expect(turn.sources.map(\.rank) == context.sources.map(\.rank))
    let again = try await hark.chat.append(
      session: "s-1", user: "minji", question: question, sources: context.sources,
      requestKey: "turn-1")
    #expect(again == turn)
    #expect(try await hark.chat.answer(turn.id, with: "The manager [1].").status == .answered)
    let late = await failure { try await hark.chat.answer(turn.id, with: "Nobody.") }
    #expect(late?.code == .chatAnswered)
    #expect(late?.number == -32012)

    let asked = try await hark.chat.ask(
      "연차는 며칠인가요?", session: "s-2", user: "minji", limit: 1, mode: .text)
    #expect(asked.sources.first?.name == "휴가.txt")
    #expect(try await hark.chat.turn(asked.id) == asked)
    let newest = try await hark.chat.history(.user("minji"), limit: 1)
    #expect(newest.turns.map(\.id) == [asked.id])
    let older = try await hark.chat.history(.user("minji"), limit: 1, after: newest.cursor)
    #expect(older.turns.map(\.id) == [turn.id])
    #expect(try await hark.chat.sessions(of: "minji").sessions.map(\.sessionID) == ["s-2", "s-1"])
    #expect(try await hark.chat.search("연차", in: .session("s-2")).map(\.id) == [asked.id])

    let feedback = try await hark.feedback.add(.helpful, rating: 5, by: "minji", on: turn.id)
    #expect(try await hark.feedback.list(on: turn.id).feedback == [feedback])
    let first = try await hark.chat.export(.user("minji"), as: .csv, limit: 1)
    let second = try await hark.chat.export(
      .user("minji"), as: .csv, limit: 1, after: first.cursor)
    #expect(first.text.hasPrefix("id,session_id,"))
    #expect(second.text.contains("연차는 며칠인가요?"))

    let document = try #require(turn.sources.first?.documentID)
    #expect(try await hark.chat.redact(documents: [document]) >= 1)
    #expect(try await hark.chat.turn(turn.id).sources.first?.isRedacted == true)
    #expect(try await hark.chat.delete(olderThanDays: 1) == 0)
    #expect(try await hark.chat.delete(.user("minji")) == 2)
  }

  @Test func documentsAreTakenListedAndDeleted() async throws {
    let document = HarkClient.SourceDocument(
      externalID: "crm/7", text: "The customer wants a quote for curlews.", name: "quote.txt",
      heading: "Quotes", metadata: ["tags": ["sales"], "year": 2025])
    let task = try await hark.ingest(documents: [document], requestKey: "crm-7")
    #expect(try await hark.ingest(documents: [document], requestKey: "crm-7").id == task.id)
    for try await progress in hark.progress(of: task.id) { #expect(progress.task == task.id) }
    let done = try await hark.finishedTask(task.id)
    #expect(done.status == .succeeded)
    #expect(done.counts?["added"] == 1)
    #expect(try await hark.task(task.id) == done)
    #expect(try await hark.tasks(limit: 1).map(\.id) == [task.id])
    #expect(await failure { try await hark.cancelTask(task.id) }?.number == -32012)

    let hit = try #require(try await hark.search("curlews", limit: 1, mode: .text).hits.first)
    #expect(hit.document.externalID == "crm/7")
    #expect(try await hark.chunk(hit.chunk.id).text == hit.text)
    let contents = try await hark.document(hit.document.id)
    #expect(contents.document.metadata["tags"] == ["sales"])
    #expect(contents.chunks.first?.chunk.id == hit.chunk.id)
    var names: [String] = []
    for try await document in hark.allDocuments(pageSize: 1) { names.append(document.name) }
    #expect(Set(names) == ["travel.md", "휴가.txt", "quote.txt"])
    #expect(names.count == 3)
    #expect(try await hark.collections().map(\.documents) == [3])
    #expect(try await hark.stats().collections.first?.documents == 3)
    #expect(try await hark.deleteDocuments([hit.document.id]).chunks == 1)
    let missing = await failure { try await hark.document(hit.document.id) }
    #expect(missing?.code == .documentMissing)

    try served.folder.write("in/heron.txt", "Herons stand in the marsh.")
    let files = try await hark.ingest(paths: [served.folder.file("in")])
    #expect(try await hark.finishedTask(files.id).counts?["added"] == 1)
  }

  @Test func theServerTellsWhatItIs() async throws {
    let hello = try await hark.hello()
    #expect(hello.server == "hark")
    #expect(hello.methods.contains("context"))
    #expect(try await hark.health().status == "ok")
    #expect(try await hark.metrics().contains("hark_up 1"))
    let embeddings = try await hark.embed(["a trip", "휴가"])
    #expect(embeddings.vectors.map(\.count) == [384, 384])
    for vector in embeddings.vectors {
      #expect(abs(vector.reduce(0) { $0 + $1 * $1 } - 1) < 1e-4)
    }
    let results = try await hark.batch([
      .init("search", params: ["query": "trip"]), .init("documents.get", params: ["id": 999]),
    ])
    #expect(try results[0].get(as: HarkClient.SearchResult.self).hits.isEmpty == false)
    let missing = await failure { try results[1].get(as: HarkClient.DocumentContents.self) }
    #expect(missing?.code == .documentMissing)
    let wrong = await failure { try await hark.search("trip", limit: 0) }
    #expect(wrong?.field == "limit")
    let unknown = await failure {
      try await hark.call("no.such", params: ["n": 1], as: Int.self)
    }
    #expect(unknown?.code == .methodNotFound)
    let late = await failure { try await hark.within(.zero).search("trip") }
    #expect(late?.code == .deadlineExceeded || late?.code == .timedOut)
  }

  @Test func callsGoOnWhenTheServerIsReplaced() async throws {
    let first = try await hark.search("trip").hits.count
    #expect(first > 0)
    try await served.replaceServer()
    // Reads and keyed writes from many tasks, over one new connection.
    let chat = hark.chat
    try await withThrowingTaskGroup(of: Int64.self) { group in
      for number in 0..<200 {
        group.addTask {
          try await chat.append(
            session: "s", user: "u", question: "Question \(number)?", answer: "Yes."
          ).id
        }
      }
      var ids: Set<Int64> = []
      for try await id in group { ids.insert(id) }
      #expect(ids.count == 200)
    }
    #expect(try await hark.chat.sessions().sessions.map(\.turns) == [200])
    served.server.killAtOnce()
    let gone = await failure { try await hark.search("trip") }
    #expect(gone?.retryable == true)
    await hark.close()
    #expect(await failure { try await hark.hello() }?.code == .clientClosed)
  }
}
