import Foundation
import Hark
import HarkServer

extension HarkService {
  /// The methods that find passages and make vectors.
  static let searchMethods: [Method] = [
    Method(
      .init(
        "search", "Finds the passages that answer a query best.", right: .search,
        result: .object([
          .required("query", .string, "The query as it was given."),
          .required("mode", .choice(["hybrid", "vector", "text"]), "How the hits were ranked."),
          .required("took_ms", .number, "Milliseconds, the query's embedding included."),
          .required("confidence", .number, confidence),
          .required("hits", .list(.record("Hit")), "The hits, best first."),
          .optional(
            "explanation", .map(.any), "How the query was understood, where that was asked for."),
        ]),
        errors: [
          "collection-missing", "filter-invalid", "model-missing", "model-mismatch",
          "analysis-outdated", "vocabulary-invalid", "segment-unavailable", "segment-damaged",
        ],
        example: """
          {"query": "Who approves a business trip?", "limit": 2,
           "filter": {"must": [{"key": "file_type", "match": {"any": ["text", "markdown"]}}]}}
          """)
    ) { (context, parameters: SearchParameters) in
      let collection = try context.collection(parameters.collection, for: .search)
      return try await context.engine.search(
        parameters.query,
        options: SearchOptions(
          limit: parameters.limit ?? 10, mode: parameters.mode ?? .hybrid, collection: collection,
          filter: parameters.filter, minimumScore: parameters.minimumScore,
          vectorWeight: parameters.vectorWeight, diversity: parameters.diversity ?? 0,
          explains: parameters.explain ?? false))
    },
    Method(
      .init(
        "context",
        "Finds passages for a language model: one text with numbered citations that fits into a "
          + "number of tokens, and what each number stands for. Neighbouring hits are joined; "
          + "documents stand by their best hit, the passages of one in reading order.",
        right: .search,
        result: .object([
          .required("query", .string, "The query as it was given."),
          .required("mode", .choice(["hybrid", "vector", "text"]), "How the hits were ranked."),
          .required("took_ms", .number, "Milliseconds, the query's embedding included."),
          .required("budget_tokens", .integer, "How many tokens the text may have."),
          .required(
            "tokens", .integer,
            "How many it has, as the embedding model counts them; a language model counts others."),
          .required("confidence", .number, confidence),
          .required(
            "text", .string, "The passages, each below a line with its number and its place."),
          .required("passages", .list(.record("Passage")), "The passages by their numbers."),
          .required(
            "sources", .list(.object(sourceFields)),
            "The chunks of the passages: what `chat.append` takes."),
          .required("omitted", .integer, "How many hits were left out for want of room."),
        ]),
        errors: [
          "collection-missing", "filter-invalid", "model-missing", "model-mismatch",
          "analysis-outdated", "vocabulary-invalid", "segment-unavailable", "segment-damaged",
        ],
        example: #"{"query": "Who approves a business trip?", "budget_tokens": 200}"#)
    ) { (context, parameters: ContextParameters) in
      let collection = try context.collection(parameters.collection, for: .search)
      return try await context.engine.context(
        for: parameters.query, budget: parameters.budgetTokens ?? 2_000,
        options: SearchOptions(
          limit: parameters.limit ?? 20, mode: parameters.mode ?? .hybrid, collection: collection,
          filter: parameters.filter, minimumScore: parameters.minimumScore,
          vectorWeight: parameters.vectorWeight, diversity: parameters.diversity ?? 0))
    },
    Method(
      .init(
        "embed", "Makes the vectors of texts by the model of a collection.", right: .search,
        lane: .heavy,
        result: .object([
          .required("count", .integer, "How many vectors."),
          .required("dimension", .integer, "The numbers in a vector."),
          .required("vectors", .list(.string), "Each as base64 of little-endian float32."),
        ]),
        errors: ["collection-missing", "model-missing"],
        example: #"{"texts": ["a business trip", "출장"]}"#)
    ) { (context, parameters: EmbedParameters) in
      guard (1...1000).contains(parameters.texts.count) else {
        throw HarkError(
          .invalidArgument, "texts has \(parameters.texts.count) items: give 1 to 1000")
      }
      let collection = try context.collection(parameters.collection, for: .search)
      return EmbedResult(try await context.engine.embed(parameters.texts, for: collection))
    },
    Method(
      .init(
        "batch",
        "Answers several requests in their order, one after the other. A request that fails does "
          + "not keep the others from their turn.",
        right: nil, lane: .heavy,
        result: .object([
          .required(
            "results",
            .list(
              .object([
                .optional("result", .any, "The result, where the request succeeded."),
                .optional("error", .map(.any), "The error, where it failed."),
              ])), "What became of each request.")
        ]),
        example: """
          {"requests": [
            {"method": "search", "params": {"query": "휴가는 며칠인가요?", "limit": 1}},
            {"method": "documents.get", "params": {"id": 999}}]}
          """)
    ) { (context, parameters: BatchParameters) in
      try await context.answers(to: parameters.requests)
    },
  ]

  private static let confidence =
    "How sure it is that the best hit answers the query, 0 to 1: below 0.5, probably nothing does."

  private struct EmbedResult: Encodable, Sendable {
    let count: Int
    let dimension: Int
    let vectors: [String]

    init(_ embeddings: Embeddings) {
      count = embeddings.count
      dimension = embeddings.dimension
      vectors = (0..<embeddings.count).map { row in
        let values = embeddings.values[
          row * embeddings.dimension..<(row + 1) * embeddings.dimension]
        var bytes = Data(capacity: 4 * values.count)
        for value in values {
          for shift in stride(from: 0, to: 32, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(shift)))
          }
        }
        return bytes.base64EncodedString()
      }
    }
  }

  /// A chunk that was shown, as `context` gives it and `chat.append` takes it.
  static let sourceFields: [Field] = [
    .required("chunk_id", .integer, "The chunk's id."),
    .optional(
      "rank", .integer(1...1_000), "The number of the citation; else the place in the list."),
    .optional("score", .number, "The score of the search."),
  ]
}

private struct SearchParameters: Parameters {
  let query: String
  let limit: Int?
  let mode: SearchMode?
  let collection: String?
  let filter: SearchFilter?
  let minimumScore: Double?
  let vectorWeight: Double?
  let diversity: Double?
  let explain: Bool?

  enum CodingKeys: String, CodingKey {
    case query, limit, mode, collection, filter, diversity, explain
    case minimumScore = "min_score"
    case vectorWeight = "vector_weight"
  }

  static let fields: [Field] = [
    .required("query", .string, "A question or some words, in any language."),
    .limit(10), .mode, .collection, .filter, .minimumScore, .vectorWeight, .diversity,
    .optional(
      "explain", .boolean,
      "Whether the result says how the query was understood, and each hit "
        + "what its score is made of; false by default."),
  ]
}

private struct ContextParameters: Parameters {
  let query: String
  let budgetTokens: Int?
  let limit: Int?
  let mode: SearchMode?
  let collection: String?
  let filter: SearchFilter?
  let minimumScore: Double?
  let vectorWeight: Double?
  let diversity: Double?

  enum CodingKeys: String, CodingKey {
    case query, limit, mode, collection, filter, diversity
    case minimumScore = "min_score"
    case vectorWeight = "vector_weight"
    case budgetTokens = "budget_tokens"
  }

  static let fields: [Field] = [
    .required("query", .string, "A question or some words, in any language."),
    .optional(
      "budget_tokens", .integer(1...1_000_000), "How many tokens the text may have.",
      default: 2_000),
    .optional(
      "limit", .integer(1...1_000), "The greatest number of hits that are considered.",
      default: 20),
    .mode, .collection, .filter, .minimumScore, .vectorWeight, .diversity,
  ]
}

private struct EmbedParameters: Parameters {
  let texts: [String]
  let collection: String?

  static let fields: [Field] = [
    .required("texts", .list(.string), "1 to 1,000 texts."), .collection,
  ]
}

private struct BatchParameters: Parameters {
  struct Item: Decodable, Sendable {
    let method: String
    let params: JSON?
  }

  let requests: [Item]

  static let fields: [Field] = [
    .required(
      "requests",
      .list(
        .object([
          .required("method", .string, "Any method but `batch`, `subscribe` and `cancel`."),
          .optional("params", .map(.any), "Its parameters."),
        ])), "1 to 100 requests.")
  ]
}

/// What became of the requests of a batch.
private struct BatchResult: Encodable, Sendable {
  enum Outcome: Encodable, Sendable {
    case result(JSON)
    case error(RPCError)

    enum CodingKeys: String, CodingKey { case result, error }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      switch self {
      case .result(let result): try container.encode(result, forKey: .result)
      case .error(let error): try container.encode(error, forKey: .error)
      }
    }
  }

  let results: [Outcome]
}

extension MethodContext {
  /// Answers requests one after the other.
  fileprivate func answers(to requests: [BatchParameters.Item]) async throws -> BatchResult {
    guard (1...100).contains(requests.count) else {
      throw HarkError(.invalidArgument, "requests has \(requests.count) items: give 1 to 100")
    }
    var outcomes: [BatchResult.Outcome] = []
    for item in requests {
      guard !Task.isCancelled else { throw RPCError.canceled }
      do throws(RPCError) {
        outcomes.append(.result(try await answer(to: item)))
      } catch {
        outcomes.append(.error(error))
      }
    }
    return BatchResult(results: outcomes)
  }

  private func answer(to item: BatchParameters.Item) async throws(RPCError) -> JSON {
    guard !["batch", "subscribe", "cancel"].contains(item.method) else {
      throw .invalidParams("A batch may not hold \(item.method).", field: "method")
    }
    guard item.params?["deadline_ms"] == nil else {
      throw .invalidParams("The deadline is the whole batch's.", field: "deadline_ms")
    }
    do {
      let body = try JSONText.encode(["params": item.params ?? [:]])
      let json = try await service.answer(
        request.asking(item.method, body), notify: notify)
      return try JSONDecoder().decode(JSON.self, from: json)
    } catch {
      throw error as? RPCError ?? RPCError(HarkError(wrapping: error), names: [])
    }
  }
}
