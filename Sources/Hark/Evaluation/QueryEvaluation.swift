/// How well the documents of one query were ranked.
public struct QueryEvaluation: Sendable, Hashable {
  /// The query's id in the set.
  public let id: String
  /// The query itself.
  public let text: String
  /// How many documents are relevant.
  public let relevant: Int
  /// The rank of the first relevant document, from 1; nil where none is among the first hundred.
  public let firstRelevant: Int?
  /// The measures.
  public let values: PerMeasure<Double>
  /// The ids of the first ten documents, best first.
  public let top: [String]
  /// Milliseconds from the call of the search to its end.
  public let tookMilliseconds: Double

  /// Takes the measures of a ranking.
  init(_ query: JudgedSet.Query, ranking: [String], tookMilliseconds: Double) {
    id = query.id
    text = query.text
    relevant = query.gains.count
    firstRelevant = RankingMeasure.firstRelevant(
      ranking.prefix(RankingMeasure.depth), gains: query.gains)
    values = PerMeasure { $0.value(of: ranking, gains: query.gains) }
    top = Array(ranking.prefix(10))
    self.tookMilliseconds = tookMilliseconds
  }
}

extension [QueryEvaluation] {
  /// The mean of a figure over the queries.
  func mean(_ figure: (QueryEvaluation) -> Double) -> Double {
    reduce(0) { $0 + figure($1) } / Double(Swift.max(1, count))
  }
}

extension QueryEvaluation: Codable {
  enum CodingKeys: String, CodingKey {
    case id, text, relevant, top
    case firstRelevant = "first_relevant"
    case tookMilliseconds = "took_ms"
  }

  /// Writes the measures beside the other figures, and a missing rank as null.
  public func encode(to encoder: any Encoder) throws {
    try values.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(id, forKey: .id)
    try container.encode(text, forKey: .text)
    try container.encode(relevant, forKey: .relevant)
    try container.encode(firstRelevant, forKey: .firstRelevant)
    try container.encode(top, forKey: .top)
    try container.encode(tookMilliseconds, forKey: .tookMilliseconds)
  }

  /// Reads what ``encode(to:)`` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    id = try container.decode(String.self, forKey: .id)
    text = try container.decode(String.self, forKey: .text)
    relevant = try container.decode(Int.self, forKey: .relevant)
    firstRelevant = try container.decode(Int?.self, forKey: .firstRelevant)
    values = try PerMeasure(from: decoder)
    top = try container.decode([String].self, forKey: .top)
    tookMilliseconds = try container.decode(Double.self, forKey: .tookMilliseconds)
  }
}
