import Foundation
import GRDB
import TestKit
import Testing

@testable import Hark

@Suite(.timeLimit(.minutes(5)), .enabled(if: TestData.model != nil))
struct ChatLogTests {
  private let folder: TemporaryFolder
  private let engine: Engine

  init() async throws {
    _ = Products.parser
    folder = try TemporaryFolder()
    engine = try await Engine(store: folder.file("store"), model: TestData.model?.path)
  }

  private func write(_ text: String, id: String) async throws {
    try await engine.upsert([
      SourceDocument(externalID: id, name: "\(id).txt", content: .text(text))
    ])
  }

  private func append(
    _ message: String, _ response: String? = "Yes.", in session: String = "s", by user: String = "u"
  ) async throws -> ChatTurn {
    try await engine.chat.append(
      ChatDraft(
        sessionID: session, userID: user, userMessage: message, assistantResponse: response))
  }

  private func code(_ body: () async throws -> Void) async -> HarkError.Code? {
    do {
      try await body()
      return nil
    } catch {
      return (error as? HarkError)?.code
    }
  }

  /// Whether the database of the chat log, or its log, holds a text.
  private func filesHold(_ text: String) throws -> Bool {
    try ["", "-wal"].contains { suffix in
      let path = folder.file("store/chat.sqlite\(suffix)")
      guard FileManager.default.fileExists(atPath: path) else { return false }
      return try Data(contentsOf: URL(filePath: path)).range(of: Data(text.utf8)) != nil
    }
  }

  @Test func commitsAreSynchronous() throws {
    let store = try engine.chatStore()
    let settings = try store.database.pool.writeWithoutTransaction { db in
      try ["synchronous", "journal_mode", "foreign_keys", "secure_delete"].map {
        try String.fetchOne(db, sql: "PRAGMA \($0)")
      }
    }
    #expect(settings == ["2", "wal", "1", "1"])
    let names = try store.database.read { db in
      try Set(String.fetchAll(db, sql: "SELECT name FROM sqlite_master"))
    }
    #expect(
      names.isSuperset(of: [
        "chat_history", "message_feedback", "idx_chat_session_id", "idx_chat_user_id",
        "idx_chat_created_at",
      ]))
  }

  @Test func aTurnIsAskedAndAnswered() async throws {
    try await write("The manager approves business trips.", id: "travel")
    let asked = try await engine.chat.ask(
      "Who approves a trip?", in: "s", by: "minji", options: SearchOptions(limit: 3))
    #expect(asked.status == .pending)
    #expect(asked.assistantResponse == "")
    #expect(asked.answeredAt == nil)
    let source = try #require(asked.sources.first)
    #expect(source.rank == 1)
    #expect(source.name == "travel.txt")
    #expect(source.externalID == "travel")
    #expect(source.text == "The manager approves business trips.")
    #expect(source.contentHash.count == 64)
    #expect(source.score != nil)
    #expect(try await engine.chat.turn(asked.id) == asked)

    let answered = try await engine.chat.answer(asked.id, with: "The manager [1].")
    #expect(answered.status == .answered)
    #expect(answered.assistantResponse == "The manager [1].")
    #expect(answered.sources == asked.sources)
    #expect(try await engine.chat.answer(asked.id, with: "The manager [1].") == answered)
    #expect(
      await code { try await engine.chat.answer(asked.id, with: "Nobody.") } == .chatAnswered)
    #expect(await code { try await engine.chat.answer(999, with: "x") } == .chatMissing)
  }

  @Test func anOldCitationIsThePassageAsItWas() async throws {
    try await write("Hotels may cost 165 euros.", id: "travel")
    let turn = try await engine.chat.ask("price of hotels", in: "s", by: "u")
    try await write("Hotels may cost 210 euros.", id: "travel")
    #expect(
      try await engine.chat.turn(turn.id).sources.first?.text == "Hotels may cost 165 euros.")
    let later = try await engine.chat.ask("price of hotels", in: "s", by: "u")
    #expect(later.sources.first?.text == "Hotels may cost 210 euros.")
    #expect(try #require(later.sources.first).generation > turn.sources[0].generation)
    try await engine.deleteDocuments([turn.sources[0].documentID])
    #expect(try await engine.chat.turn(turn.id).sources == turn.sources)

    #expect(try await engine.chat.redact(documents: [turn.sources[0].documentID]) == 2)
    let redacted = try await engine.chat.turn(turn.id).sources[0]
    #expect(redacted.isRedacted)
    #expect(redacted.text == nil && redacted.name == nil && redacted.externalID == nil)
    #expect(redacted.chunkID == turn.sources[0].chunkID)
    #expect(try !filesHold("165 euros"))
    #expect(try filesHold("price of hotels"))
    #expect(try await engine.chat.redact(documents: [4711]) == 0)
  }

  @Test func sourcesOfAWholeTurnAreCopied() async throws {
    try await write("Report an illness before nine.", id: "leave")
    let hit = try #require(try await engine.search("illness").hits.first)
    let turn = try await engine.chat.append(
      ChatDraft(
        sessionID: "s", userID: "u", userMessage: "When?", assistantResponse: "Before nine.",
        sources: [.init(chunkID: hit.chunk.id)]))
    #expect(turn.status == .answered)
    #expect(turn.sources.map(\.text) == ["Report an illness before nine."])
    #expect(turn.sources[0].score == nil)
    let gone = ChatDraft(
      sessionID: "s", userID: "u", userMessage: "When?", sources: [.init(chunkID: 4711)])
    #expect(await code { try await engine.chat.append(gone) } == .chunkMissing)
  }

  @Test func aRetryDoublesNothing() async throws {
    try await write("The manager approves business trips.", id: "travel")
    let chat = engine.chat
    let turns = try await withThrowingTaskGroup(of: ChatTurn.self) { group in
      for _ in 0..<20 {
        group.addTask { try await chat.ask("trips?", in: "s", by: "u", requestKey: "k1") }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(Set(turns).count == 1)
    #expect(
      await code { _ = try await chat.ask("trip?", in: "s", by: "u", requestKey: "k1") }
        == .requestKeyReused)
    let id = turns[0].id
    let first = try await chat.answer(id, with: "The manager.", requestKey: "k2")
    #expect(try await chat.answer(id, with: "The manager.", requestKey: "k2") == first)
    #expect(
      await code { try await chat.answer(id, with: "Nobody.", requestKey: "k2") }
        == .requestKeyReused)
    let draft = ChatDraft(sessionID: "s", userID: "u", userMessage: "a")
    let appended = try await chat.append(draft, requestKey: "k3")
    #expect(try await chat.append(draft, requestKey: "k3") == appended)
    #expect(try await chat.history(.all).turns.count == 2)
    #expect(await code { try await chat.append(draft, requestKey: "") } == .invalidArgument)
  }

  @Test func pagesOfLongTurnsEndEarly() async throws {
    let long = String(repeating: "otter ", count: 500_000)
    for number in 0..<7 { _ = try await append("Question \(number)", long) }
    let chat = engine.chat
    var ids: [Int64] = []
    var cursor: String?
    repeat {
      let page = try await chat.history(.all, limit: 1_000, after: cursor)
      #expect((1...3).contains(page.turns.count))
      ids += page.turns.map(\.id)
      cursor = page.cursor
    } while cursor != nil
    #expect(ids == Array((1...7).reversed()))
    #expect(try await chat.search("otter", limit: 1_000).count == 3)
    let page = try await chat.exported(.all, as: .jsonl, limit: 1_000)
    #expect(page.turns == 3)
    #expect(page.cursor == "3")
    let file = folder.file("turns.jsonl")
    #expect(try await chat.export(.all, as: .jsonl, to: file) == 7)
  }

  @Test func historyComesInPages() async throws {
    for number in 0..<25 {
      _ = try await append("Question \(number)", in: "s\(number % 2)", by: "u\(number % 3)")
    }
    var turns: [ChatTurn] = []
    var cursor: String?
    var pages = 0
    repeat {
      let page = try await engine.chat.history(.all, limit: 10, after: cursor)
      turns += page.turns
      cursor = page.cursor
      pages += 1
      // What is logged meanwhile is no part of the pages.
      _ = try await append("Later")
    } while cursor != nil
    #expect(pages == 3)
    #expect(turns.map(\.userMessage) == (0..<25).reversed().map { "Question \($0)" })
    #expect(try await engine.chat.history(.session("s1")).turns.count == 12)
    #expect(try await engine.chat.history(.user("u0")).turns.count == 9)
    #expect(try await engine.chat.history(.session("none")).turns.isEmpty)

    let sessions = try await engine.chat.sessions(of: "u0", limit: 1)
    #expect(sessions.sessions.map(\.sessionID) == ["s0"])
    #expect(sessions.sessions[0].turns == 5)
    #expect(sessions.sessions[0].title == "Question 0")
    let rest = try await engine.chat.sessions(of: "u0", limit: 1, after: sessions.cursor)
    #expect(rest.sessions.map(\.sessionID) == ["s1"])
    #expect(rest.cursor == nil)
    #expect(try await engine.chat.sessions().sessions.count == 7)
  }

  @Test func wordsOfBothLanguagesAreFound() async throws {
    let english = try await append("Who pays for hotels?", "The finance team reimburses them.")
    let korean = try await append("출장 숙박비는 얼마까지 지급되나요?", "1박당 12만 원입니다.")
    let pending = try await append("Kestrels?", nil)
    let chat = engine.chat
    #expect(try await chat.search("hotel").map(\.id) == [english.id])
    #expect(try await chat.search("reimbursing").map(\.id) == [english.id])
    #expect(try await chat.search("숙박비를").map(\.id) == [korean.id])
    #expect(try await chat.search("숙박").map(\.id) == [korean.id])
    #expect(try await chat.search("curlew").isEmpty)
    try await chat.answer(pending.id, with: "The curlew.")
    #expect(try await chat.search("curlew").map(\.id) == [pending.id])
    #expect(try await chat.search("kestrel").map(\.id) == [pending.id])
    #expect(try await chat.search("hotel", in: .user("other")).isEmpty)
    #expect(try await chat.search(" ?! ").isEmpty)
  }

  @Test func keysOfTheFirstSchemaStillCount() async throws {
    let path = folder.file("store/chat.sqlite")
    let old = try DatabaseQueue(path: path)
    try ChatStore.migrator.migrate(old, upTo: "1: turns, feedback")
    try await old.write { db in
      try db.execute(
        sql: """
          INSERT INTO chat_history VALUES
            (5, 's', 'u', 'pending', '2026-01-01T00:00:00.000Z', NULL, 'a', '', '[]');
          """)
      try db.execute(
        sql: """
          INSERT INTO request_keys VALUES
            ('k', ?, 5, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
          """, arguments: [RequestKey("k", "append", "s", "u", "a", "", "").digest])
    }
    try old.close()
    let draft = ChatDraft(sessionID: "s", userID: "u", userMessage: "a")
    #expect(try await engine.chat.append(draft, requestKey: "k").id == 5)
    #expect(try await engine.chat.append(draft, requestKey: "l").id == 6)
    #expect(
      await code { try await engine.chat.delete(.all, requestKey: "k") } == .requestKeyReused)
  }

  @Test func aUserVanishesDownToTheBytes() async throws {
    try await write("Otters live in the marsh.", id: "otter")
    let secret = try await engine.chat.ask("Where is my quetzalcoatlus?", in: "s1", by: "mallory")
    try await engine.chat.answer(
      secret.id, with: "In the xylophone.", requestKey: "mallorys-request")
    let other = try await append("Where are otters?", "In the marsh.", by: "alice")
    try await engine.chat.addFeedback(.helpful, rating: 5, by: "mallory", on: other.id)
    try await engine.chat.addFeedback(.notHelpful, by: "alice", on: secret.id)
    let words = ["quetzalcoatlus", "xylophon", "mallory"]
    for word in words { #expect(try filesHold(word), "\(word)") }
    // Of a key that may name somebody, only the digest is kept.
    #expect(try !filesHold("mallorys-request"))

    #expect(try await engine.chat.delete(.user("mallory")) == 1)
    for word in words { #expect(try !filesHold(word), "\(word)") }
    #expect(try await engine.chat.history(.all).turns.map(\.id) == [other.id])
    #expect(try await engine.chat.feedback().feedback.isEmpty)
    #expect(try await engine.chat.search("quetzalcoatlus").isEmpty)
    #expect(try await engine.chat.search("otters").map(\.id) == [other.id])
    // An id is never used again.
    #expect(try await append("Next").id > other.id)
  }

  @Test func turnsAreDeletedBySessionAndByAge() async throws {
    let old = try await append("Old", in: "a")
    let new = try await append("New", in: "a")
    let else_ = try await append("Else", in: "b")
    try engine.chatStore().database.write { db in
      try db.execute(
        sql: "UPDATE chat_history SET created_at = '2020-01-01T00:00:00.000Z' WHERE id = ?",
        arguments: [old.id])
    }
    #expect(try await engine.chat.delete(.olderThan(days: 90)) == 1)
    #expect(try await engine.chat.history(.all).turns.map(\.id) == [else_.id, new.id])
    #expect(try await engine.chat.delete(.session("a")) == 1)
    #expect(try await engine.chat.history(.all).turns.map(\.id) == [else_.id])
    #expect(
      await code { try await engine.chat.delete(.olderThan(days: -1)) } == .invalidArgument)
  }

  @Test func feedbackReplacesThatOfTheSameUser() async throws {
    let turn = try await append("Question")
    let chat = engine.chat
    try await chat.addFeedback(.helpful, rating: 4, by: "u", on: turn.id)
    let second = try await chat.addFeedback(.notHelpful, by: "u", on: turn.id)
    try await chat.addFeedback(.helpful, rating: 5, by: "v", on: turn.id)
    #expect(second.kind == .notHelpful && second.rating == nil)
    #expect(try await chat.feedback(on: turn.id).feedback.map(\.userID) == ["v", "u"])
    #expect(try await chat.feedback(on: turn.id + 1).feedback.isEmpty)
    #expect(
      await code { try await chat.addFeedback(.helpful, rating: 6, by: "u", on: turn.id) }
        == .invalidArgument)
    #expect(await code { try await chat.addFeedback(.helpful, by: "u", on: 999) } == .chatMissing)
  }

  @Test func whatCannotBeTakenIsRefusedByItsField() async throws {
    let long = String(repeating: "x", count: 257)
    for (draft, field) in [
      (ChatDraft(sessionID: "", userID: "u", userMessage: "m"), "session_id"),
      (ChatDraft(sessionID: "s", userID: long, userMessage: "m"), "user_id"),
      (ChatDraft(sessionID: "s", userID: "u", userMessage: " \n"), "user_message"),
      (
        ChatDraft(
          sessionID: "s", userID: "u", userMessage: "m",
          assistantResponse: String(repeating: "x", count: (4 << 20) + 1)), "assistant_response"
      ),
    ] {
      do {
        try await engine.chat.append(draft)
        Issue.record("\(field) was taken")
      } catch {
        #expect(error.code == .invalidArgument && error.message.hasPrefix(field))
      }
    }
    #expect(await code { _ = try await engine.chat.history(.all, limit: 0) } == .invalidArgument)
    #expect(
      await code { _ = try await engine.chat.history(.all, after: "x") } == .invalidArgument)
  }

  @Test func programsLogAtTheSameTime() async throws {
    let other = try await Engine(store: folder.file("store"), model: TestData.model?.path)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (engine, user) in [(engine, "a"), (other, "b")] {
        for number in 0..<40 {
          group.addTask {
            try await engine.chat.append(
              ChatDraft(sessionID: "s", userID: user, userMessage: "Question \(number)"))
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try await engine.chat.history(.user("a")).turns.count == 40)
    #expect(try await engine.chat.history(.user("b")).turns.count == 40)
  }

  @Test func damageIsAnErrorAndANewerLogIsRefused() async throws {
    _ = try await append("Question")
    let store = folder.file("store")
    try engine.chatStore().database.write { db in
      try db.execute(sql: "UPDATE chat_history SET sources = '[{'")
    }
    #expect(await code { _ = try await engine.chat.history(.all) } == .catalogDamaged)
    try engine.chatStore().database.write { db in
      try db.execute(sql: "PRAGMA user_version = 99")
    }
    let newer = try await Engine(store: store, model: TestData.model?.path)
    #expect(await code { _ = try await newer.chat.history(.all) } == .storeTooNew)
    let damaged = try await Engine(store: folder.file("other"), model: TestData.model?.path)
    try folder.write("other/chat.sqlite", String(repeating: "no database ", count: 1000))
    do {
      _ = try await damaged.chat.history(.all)
      Issue.record("a damaged chat log was read")
    } catch {
      #expect(error.code == .catalogDamaged)
      #expect(error.message.contains("the chat log begins anew"))
    }
  }
}
