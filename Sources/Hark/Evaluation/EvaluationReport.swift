/// How well a search ranks a set of judged queries.
///
/// Measures are those of trec_eval: nDCG with linear gain, recall over all relevant documents.
public struct EvaluationReport: Sendable, Encodable {
  /// The set's folder name.
  public let dataset: String
  /// How hits were ranked.
  public let mode: SearchMode
  /// The number of queries with at least one relevant document.
  public let queries: Int
  /// Documents in the set.
  public let documents: Int
  /// Documents that could not be ingested, which the measures count as not found.
  public let failures: [IngestFailure]
  /// The mean normalised discounted cumulative gain of the first ten documents.
  public let ndcgAt10: Double
  /// The mean share of relevant documents among the first ten.
  public let recallAt10: Double
  /// The mean share of relevant documents among the first hundred.
  public let recallAt100: Double
  /// The share of queries with a relevant document at rank 1.
  public let firstAt1: Double
  /// The share of queries with a relevant document among the first three.
  public let firstAt3: Double

  enum CodingKeys: String, CodingKey {
    case dataset, mode, queries, documents, failures
    case ndcgAt10 = "ndcg_at_10"
    case recallAt10 = "recall_at_10"
    case recallAt100 = "recall_at_100"
    case firstAt1 = "success_at_1"
    case firstAt3 = "success_at_3"
  }
}
