import Testing
import VectorIndex

@testable import Hark

@Suite struct FusionTests {
  private func query(_ text: String, tokens: Int) -> PreparedQuery {
    PreparedQuery(text, QuerySyntax(text), vector: [1, 0], tokenCount: tokens)
  }

  @Test(arguments: [
    ("one two three four", 4, 1.0), ("one two three four", 6, 1.0), ("one two three four", 8, 0.5),
    ("one two three four", 10, 0.0), ("출장비를 정산", 14, 0.0), ("…", 3, 1.0),
  ])
  func aLanguageThatTheModelDoesNotKnowLeansOnWords(text: String, tokens: Int, trust: Double) {
    #expect(Fusion.trust(in: query(text, tokens: tokens)) == trust)
    let fusion = Fusion(trust: trust, hasMatches: true)
    #expect(fusion.vectorWeight == trust * Fusion.fullVectorWeight)
  }

  @Test func withoutWordsTheVectorsAreAllThereIs() {
    #expect(Fusion(trust: 0, hasMatches: false).vectorWeight == 1)
  }

  @Test func tiesAreBrokenByID() {
    let near = [9, 2, 5].map { Neighbor(key: $0, score: 0.5) }
    let ranking = Ranking(
      query("a", tokens: 1), SearchOptions(mode: .vector), near: near, words: [], text: nil,
      vectors: nil)
    #expect(ranking.candidates.map(\.chunk) == [9, 2, 5])
    let words = [2, 5, 9].map { TextMatch(chunk: $0, score: 0.5) }
    let text = Ranking(
      query("a", tokens: 1), SearchOptions(mode: .text), near: [], words: words, text: nil,
      vectors: nil)
    #expect(text.candidates.map(\.chunk) == [2, 5, 9])
  }

  @Test func feedbackMovesTowardsAnswersOfDifferentTexts() {
    let rows: [Int64: [Float]] = [1: [1, 0], 2: [1, 0], 3: [0, 1], 4: [0.6, 0.8]]
    #expect(Feedback.answers([1, 2, 3, 4], rows) == [1, 3, 4])
    let moved = Feedback.refine([1, 0], by: [[0, 1]])
    #expect(abs(moved[1] / moved[0] - 0.6) < 1e-6)
    #expect(Feedback.refine([1, 0], by: []) == [1, 0])
  }

  @Test func confidenceGrowsWithWhatBothSidesKnow() {
    func confidence(_ coverage: Double, _ cosine: Double, _ trust: Double) -> Double {
      Confidence.ofAnswer(coverage: coverage, cosine: cosine, trust: trust, hasAnswer: true)
    }
    #expect(confidence(0.8, 0.7, 1) > 0.9)
    #expect(confidence(0.05, 0.15, 1) < 0.3)
    #expect(confidence(0.3, 0.9, 0) == confidence(0.3, 0.1, 0))
    #expect(Confidence.ofAnswer(coverage: 1, cosine: 1, trust: 1, hasAnswer: false) == 0)
  }
}
