import Foundation
import TestKit
import Testing

@testable import Hark

@Suite struct JudgementTests {
  private func turn(_ answer: String, ranks: [Int]) -> ChatTurn {
    ChatTurn(
      id: 7, sessionID: "s", userID: "u", status: .answered, createdAt: "", answeredAt: "",
      userMessage: "Who?", assistantResponse: answer,
      sources: ranks.enumerated().map { place, rank in
        ChatSource(
          rank: rank, chunkID: Int64(place), documentID: 10 + Int64(place), start: 0, end: 1,
          contentHash: "", generation: 1, isRedacted: false)
      })
  }

  private func feedback(_ kind: ChatFeedback.Kind, _ rating: Int? = nil) -> ChatFeedback {
    ChatFeedback(id: 1, userID: "u", messageID: 7, kind: kind, rating: rating, createdAt: "")
  }

  @Test func citationsDecideWhatIsMeant() {
    let ranks = [1, 2, 2, 3]
    let helpful = [feedback(.helpful)]
    #expect(Judgement(turn("By [2].", ranks: ranks), helpful)?.gains == [11: 1, 12: 1])
    #expect(Judgement(turn("By [1, 3].", ranks: ranks), helpful)?.gains == [10: 1, 13: 1])
    #expect(Judgement(turn("Nobody.", ranks: ranks), helpful)?.gains == [10: 1])
    #expect(Judgement(turn("See [9].", ranks: ranks), helpful)?.gains == [10: 1])
    #expect(Judgement(turn("See [1].", ranks: []), helpful) == nil)
    #expect(Judgement.citations(in: "[1][2] [ 3] [4 , 5] [99999] [x] [") == [1, 2, 4, 5])
  }

  @Test func theMajorityAndItsRatingsDecideTheGain() {
    let cited = turn("[1]", ranks: [1])
    func gain(_ all: ChatFeedback...) -> Int? { Judgement(cited, all)?.gains[10] }
    #expect(gain(feedback(.helpful, 5)) == 3)
    #expect(gain(feedback(.helpful, 1)) == 1)
    #expect(gain(feedback(.helpful, 5), feedback(.helpful, 3)) == 2)
    #expect(gain(feedback(.notHelpful, 1)) == 0)
    #expect(gain(feedback(.helpful), feedback(.notHelpful)) == nil)
    #expect(gain(feedback(.helpful), feedback(.helpful, 4), feedback(.notHelpful)) == 2)
  }
}

@Suite(.timeLimit(.minutes(5)), .enabled(if: TestData.model != nil))
struct JudgementExportTests {
  @Test func feedbackBecomesASetThatEvalReads() async throws {
    _ = Products.parser
    let folder = try TemporaryFolder()
    let engine = try await Engine(store: folder.file("store"), model: TestData.model?.path)
    try await engine.upsert([
      SourceDocument(externalID: "travel", content: .text("The manager approves trips.")),
      SourceDocument(externalID: "휴가 1", content: .text("연차는 스물다섯 날입니다.")),
      SourceDocument(externalID: "gone", content: .text("The old rules of parking.")),
    ])
    for (question, answer) in [
      ("who approves trips?", "The manager [1]."), ("연차는 며칠?\u{2028}\"말해줘\"", "25 [1]."),
      ("old parking", "Nowhere."),
    ] {
      let asked = try await engine.chat.ask(question, in: "s", by: "u")
      try await engine.chat.answer(asked.id, with: answer)
      try await engine.chat.addFeedback(.helpful, rating: 5, by: "u", on: asked.id)
    }
    try await engine.deleteDocuments(externalIDs: ["gone"])
    let set = folder.file("set")
    let written = try await engine.chat.exportJudgements(to: set)
    #expect(written == JudgementExport(queries: 2, judgements: 2, documents: 2))
    #expect(try await engine.chat.exportJudgements(to: set) == written)
    let report = try await Evaluation(folder: set, model: TestData.model?.path).run()
    #expect(report.queries.count == 2)
    #expect(report.means[.ndcgAt10] == 1)
  }
}
