import VectorIndex

/// Finds the chunks of a collection that pass a filter.
struct FilterEvaluation {
  let attributes: FilterAttributes
  /// The collection's name.
  let collection: String

  /// The chunks that pass a filter.
  ///
  /// - Complexity: O(documents + chunks) for each condition.
  func chunks(passing filter: SearchFilter) -> KeySet {
    var passing = attributes.chunks
    for condition in filter.must where !passing.isEmpty {
      passing = passing.intersection(chunks(fulfilling: condition))
    }
    if !filter.should.isEmpty, !passing.isEmpty {
      passing = passing.intersection(
        filter.should.reduce(KeySet()) { $0.union(chunks(fulfilling: $1)) })
    }
    if let minShould = filter.minShould, !passing.isEmpty {
      passing = passing.intersection(
        chunks(in: minShould.minCount, of: minShould.conditions.map(chunks(fulfilling:))))
    }
    for condition in filter.mustNot where !passing.isEmpty {
      passing = passing.subtracting(chunks(fulfilling: condition))
    }
    return passing
  }

  /// The chunks that are in at least some number of sets.
  ///
  /// They are counted in binary, for all chunks at once: a set for each digit.
  private func chunks(in number: Int, of sets: [KeySet]) -> KeySet {
    guard number <= sets.count else { return KeySet() }
    var digits: [KeySet] = []
    for set in sets {
      var carried = set
      for place in digits.indices where !carried.isEmpty {
        let next = digits[place].intersection(carried)
        digits[place] = digits[place].symmetricDifference(carried)
        carried = next
      }
      if !carried.isEmpty { digits.append(carried) }
    }
    guard number >> digits.count == 0 else { return KeySet() }
    var (greater, equal) = (KeySet(), attributes.chunks)
    for place in digits.indices.reversed() {
      if number >> place & 1 == 1 {
        equal = equal.intersection(digits[place])
      } else {
        greater = greater.union(equal.intersection(digits[place]))
        equal = equal.subtracting(digits[place])
      }
    }
    return greater.union(equal)
  }

  private func chunks(fulfilling condition: SearchFilter.Condition) -> KeySet {
    switch condition {
    case .match(let name, let match):
      let key = FilterKey(name)
      return chunks(under: key, where: FilterPredicate(match, of: key))
    case .range(let name, let bounds): return chunks(under: FilterKey(name), where: .bounds(bounds))
    case .exists(let name): return chunks(under: FilterKey(name), where: .exists)
    case .isEmpty(let name):
      return attributes.chunks.subtracting(chunks(under: FilterKey(name), where: .exists))
    case .hasID(let ids): return attributes.chunks.intersection(ids)
    case .hasDocumentID(let ids):
      return attributes.chunks.intersection(
        Set(ids).lazy.compactMap { attributes.documents[$0] }.flatMap { $0.chunks.map(\.id) })
    case .nested(let name, let filter):
      guard case .metadata(let key)? = FilterKey(name) else { return KeySet() }
      let nested = NestedFilter(filter)
      return chunksOfDocuments { document in
        MetadataPath.objects(of: key, in: document.metadata).contains(where: nested.passes)
      }
    case .filter(let filter): return chunks(passing: filter)
    }
  }

  /// The chunks that have a fitting value under a key.
  private func chunks(under key: FilterKey?, where predicate: FilterPredicate) -> KeySet {
    switch key {
    case .field(.heading):
      var known: [String: Bool] = [:]
      return chunks { chunk in
        guard let heading = chunk.heading else { return false }
        if let holds = known[heading] { return holds }
        let holds = predicate.holds([.text(heading)])
        known[heading] = holds
        return holds
      }
    case .field(.pageNumber):
      return chunks { chunk in
        guard chunk.firstPage > 0 else { return predicate.holds([]) }
        return predicate.holds(
          (chunk.firstPage...chunk.lastPage).map { .number(Double($0)) })
      }
    case .field(.chunkID): return chunks { predicate.holds([.number(Double($0.id))]) }
    case let key?:
      return chunksOfDocuments { document in
        predicate.holds(document.values(of: key, collection: collection))
      }
    case nil: return KeySet()
    }
  }

  private func chunksOfDocuments(where isFitting: (DocumentAttributes) -> Bool) -> KeySet {
    var ids: [Int64] = []
    for document in attributes.documents.values where isFitting(document) {
      ids += document.chunks.lazy.map(\.id)
    }
    return attributes.chunks.intersection(ids)
  }

  private func chunks(where isFitting: (DocumentAttributes.Chunk) -> Bool) -> KeySet {
    var ids: [Int64] = []
    for document in attributes.documents.values {
      for chunk in document.chunks where isFitting(chunk) { ids.append(chunk.id) }
    }
    return attributes.chunks.intersection(ids)
  }
}

/// A filter over the members of an object of metadata.
struct NestedFilter {
  private let filter: SearchFilter

  init(_ filter: SearchFilter) { self.filter = filter }

  /// Whether an object passes.
  func passes(_ object: [String: JSONValue]) -> Bool {
    filter.must.allSatisfy { holds($0, object) }
      && (filter.should.isEmpty || filter.should.contains { holds($0, object) })
      && !filter.mustNot.contains { holds($0, object) }
      && (filter.minShould.map { wanted in
        wanted.conditions.count { holds($0, object) } >= wanted.minCount
      } ?? true)
  }

  private func holds(
    _ condition: SearchFilter.Condition, _ object: [String: JSONValue]
  ) -> Bool {
    func values(_ key: String) -> [MetadataValue] {
      MetadataPath.values(of: key, in: object, as: .any)
    }
    return switch condition {
    case .match(let key, let match): FilterPredicate(match, of: nil).holds(values(key))
    case .range(let key, let bounds): FilterPredicate.bounds(bounds).holds(values(key))
    case .exists(let key): !values(key).isEmpty
    case .isEmpty(let key): values(key).isEmpty
    case .filter(let inner): NestedFilter(inner).passes(object)
    case .hasID, .hasDocumentID, .nested: false
    }
  }
}
