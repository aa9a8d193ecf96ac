/// How a query was understood, and how much each side of the search counted.
public struct SearchExplanation: Sendable, Encodable {
  /// One thing that was searched for.
  public struct Term: Sendable, Encodable {
    /// The term as it is indexed: a stem, a compound as one, a pair of characters.
    public let text: String
    /// How much it counts beside others: 1 for a word.
    public let weight: Double
    /// How rare it is: the logarithm of the share of chunks that hold it, turned positive.
    public let rarity: Double
  }

  /// What the words of the query became.
  public let terms: [Term]
  /// What a passage had to hold.
  public let phrases: [String]
  /// How many of them no passage holds, so that their words alone were searched.
  public let phrasesMissing: Int
  /// What a passage must not hold.
  public let excluded: [String]
  /// The tokens that the model's tokenizer made of the query; 0 for a search by words alone.
  public let tokens: Int
  /// How far the model was trusted with the query's language, 0…1.
  public let trust: Double
  /// The weight of the vectors, 0…1; the words had the rest.
  public let vectorWeight: Double
  /// The share of what the query is about that stands in the best hit, 0…1.
  public let coverage: Double
  /// The chunks that were taken for answers, and towards which the query's vector was moved.
  public let feedback: [Int64]

  enum CodingKeys: String, CodingKey {
    case terms, phrases, excluded, tokens, trust, coverage, feedback
    case phrasesMissing = "phrases_missing"
    case vectorWeight = "vector_weight"
  }

  init(_ query: PreparedQuery, _ ranking: Ranking, coverage: Double, _ text: TextSide?) {
    terms =
      text.map { side in
        zip(side.query.clauses, side.scores.rarities).map {
          Term(text: $0.text, weight: $0.weight, rarity: $1)
        }
      } ?? []
    phrases = text == nil ? [] : query.syntax.phrases
    phrasesMissing = text?.missingPhrases.count ?? 0
    excluded = text == nil ? [] : query.syntax.excluded
    tokens = query.tokenCount
    trust = ranking.trust
    vectorWeight = ranking.vectorWeight
    self.coverage = coverage
    feedback = ranking.answers
  }
}

/// What a hit's score is made of.
public struct HitExplanation: Sendable, Encodable {
  /// What one term adds.
  public struct Term: Sendable, Encodable {
    /// The term.
    public let text: String
    /// Its part of the score by words.
    public let score: Double
  }

  /// The cosine of the passage's vector and the query's; nil for a search by words alone.
  public let cosine: Double?
  /// The same after feedback, which is what counts; nil without.
  public let refinedCosine: Double?
  /// The score by words: the share of the greatest BM25 score that the query could have; nil for a
  /// search by vectors alone.
  public let words: Double?
  /// What the terms add to it.
  public let terms: [Term]

  enum CodingKeys: String, CodingKey {
    case cosine, words, terms
    case refinedCosine = "refined_cosine"
  }

  init(_ candidate: Candidate, terms: [Term]) {
    cosine = candidate.cosine
    refinedCosine = candidate.refined
    words = candidate.share
    self.terms = terms
  }
}
