/// A part of a search whose time is measured by itself.
public enum SearchStage: String, Sendable, CaseIterable, CodingKey {
  /// From the call to the query's vector: the look-up of the collection, the tokens, the model. A
  /// search by words alone has no such stage.
  case embed
  /// From the vector to the hits.
  case search
}

/// How long one search took.
struct SearchTimes: Sendable {
  /// The hits that it found.
  let hits: Int
  /// From the call to its end.
  let total: Duration
  /// Its stages, in their order.
  let stages: [(stage: SearchStage, time: Duration)]
}

extension Engine {
  /// Answers a query as ``search(_:options:)`` does, and tells how long each stage took.
  ///
  /// - Throws: as ``search(_:options:)``.
  func stages(
    of query: String, options: SearchOptions
  ) async throws(HarkError) -> SearchTimes {
    let clock = ContinuousClock()
    let start = clock.now
    let (found, total) = try await timed(query, options) { search in
      let prepared = clock.now
      let hits = try search.searcher.hits(
        query, vector: search.vector, fusion: search.fusion, options: options)
      return (hits: hits.count, embed: prepared - start, search: clock.now - prepared)
    }
    let embed = options.mode == .text ? [] : [(SearchStage.embed, found.embed)]
    return SearchTimes(
      hits: found.hits, total: total, stages: embed + [(SearchStage.search, found.search)])
  }
}
