/// A part of a search whose time is measured by itself.
public enum SearchStage: String, Sendable, CaseIterable, CodingKey {
  /// From the call to the query's vector: the look-up of the collection, the tokens, the model. A
  /// search by words alone has no such stage.
  case embed
  /// The filter and the full text: which chunks may be found, and the best of them by words.
  case words
  /// The nearest vectors.
  case vectors
  /// The scores of all candidates, feedback and fusion.
  case fusion
  /// The hits' texts and documents, from the catalog.
  case fetching
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
      let answer = try search.searcher.answer(search.query, options: options)
      return (hits: answer.hits.count, embed: prepared - start, timing: answer.timing)
    }
    let timing = found.timing
    var stages: [(stage: SearchStage, time: Duration)] = []
    if options.mode != .text { stages.append((.embed, found.embed)) }
    if options.mode != .vector || options.filter != nil { stages.append((.words, timing.words)) }
    if options.mode != .text { stages.append((.vectors, timing.vectors)) }
    stages += [(.fusion, timing.fusion), (.fetching, timing.fetching)]
    return SearchTimes(hits: found.hits, total: total, stages: stages)
  }
}
