import Embedding
import VectorIndex

/// A chunk that one of the sides found.
struct Candidate: Sendable {
  let chunk: Int64
  /// What it is ranked by.
  var score: Double
  /// The cosine of its vector and the query's; nil for a search by words alone.
  var cosine: Double?
  /// The cosine of its vector and the query's after feedback; nil without.
  var refined: Double?
  /// The share of the greatest BM25 score that the query could have, 0…1; nil for a search by
  /// vectors alone.
  var share: Double?
}

/// The candidates of a search, best first, ties by id.
struct Ranking: Sendable {
  private(set) var candidates: [Candidate]
  /// How far the model is trusted with the query's language, 0…1; 0 for a search by words alone.
  let trust: Double
  /// The weight of the vectors, 0…1.
  let vectorWeight: Double
  /// The chunks towards which the query was moved.
  private(set) var answers: [Int64] = []

  /// Ranks what both sides found.
  ///
  /// - Complexity: O(*c* · (log *n* + dimension)) in the candidates and chunks.
  init(
    _ query: PreparedQuery, _ options: SearchOptions, near: [Neighbor], words: [TextMatch],
    text: TextSide?, vectors: IndexView?
  ) {
    switch options.mode {
    case .text:
      (trust, vectorWeight) = (0, 0)
      candidates = words.map { Candidate(chunk: $0.chunk, score: $0.score, share: $0.score) }
      addEvidence(text)
    case .vector:
      (trust, vectorWeight) = (Fusion.trust(in: query), 1)
      candidates = near.map {
        Candidate(chunk: $0.key, score: Double($0.score), cosine: Double($0.score))
      }
    case .hybrid:
      let fusion = Fusion(
        trust: Fusion.trust(in: query), fullWeight: options.vectorWeight,
        hasMatches: !words.isEmpty)
      (trust, vectorWeight) = (fusion.trust, fusion.vectorWeight)
      candidates = []
      fuse(query, near, words, text, vectors, fusion)
      addEvidence(text)
    }
  }

  private mutating func fuse(
    _ query: PreparedQuery, _ near: [Neighbor], _ words: [TextMatch], _ text: TextSide?,
    _ vectors: IndexView?, _ fusion: Fusion
  ) {
    // Every candidate has the true score of both sides, whichever side found it.
    var rows: [Int64: [Float]] = [:]
    for chunk in near.map(\.key) + words.map(\.chunk) where rows[chunk] == nil {
      rows[chunk] = vectors?.vector(of: chunk)
    }
    let vector = query.vector ?? []
    candidates = rows.map { chunk, row in
      Candidate(
        chunk: chunk, score: 0, cosine: vector.dot(row), share: text?.score(of: chunk) ?? 0)
    }
    sort(by: fusion)
    guard fusion.vectorWeight > 0 else { return }
    answers = Feedback.answers(candidates.map(\.chunk), rows)
    let refined = Feedback.refine(vector, by: answers.compactMap { rows[$0] })
    for index in candidates.indices {
      candidates[index].refined = rows[candidates[index].chunk].map(refined.dot)
    }
    sort(by: fusion)
  }

  /// What the best other candidate of the same document adds to a candidate's score, as a share of
  /// its own: a document with two good passages is more likely about the query.
  private static let evidence = 0.05

  private mutating func addEvidence(_ text: TextSide?) {
    var best: [Int64: (first: Candidate, second: Double)] = [:]
    let documents = candidates.map { text?.document(of: $0.chunk) }
    // Candidates come best first, so the first two of a document are its best.
    for (candidate, document) in zip(candidates, documents) {
      guard let document else { continue }
      if let known = best[document] {
        if known.second == 0 { best[document]?.second = candidate.score }
      } else {
        best[document] = (candidate, 0)
      }
    }
    for (index, document) in documents.enumerated() {
      guard let document, let (first, second) = best[document] else { continue }
      let other = candidates[index].chunk == first.chunk ? second : first.score
      candidates[index].score =
        (candidates[index].score + Self.evidence * other) / (1 + Self.evidence)
    }
    sort()
  }

  private mutating func sort(by fusion: Fusion) {
    for index in candidates.indices { candidates[index].score = fusion.score(candidates[index]) }
    sort()
  }

  private mutating func sort() {
    candidates.sort { ($0.score, $1.chunk) > ($1.score, $0.chunk) }
  }
}

extension [Float] {
  /// The inner product with a vector of the same length.
  func dot(_ other: [Float]) -> Double {
    let count = Swift.min(count, other.count)
    // Sums that do not wait for each other.
    var sums = SIMD8<Float>()
    var index = 0
    while index + 8 <= count {
      for lane in 0..<8 { sums[lane] += self[index + lane] * other[index + lane] }
      index += 8
    }
    while index < count {
      sums[0] += self[index] * other[index]
      index += 1
    }
    return Double(sums.sum())
  }
}
