import GRDB
import Synchronization
import VectorIndex

/// Compiles filters, once for each state of a collection; shared by all searches of a process.
///
/// What filters ask of documents is kept in memory, and read anew from the catalog as far as it has
/// changed, in the transaction of the search that asks.
final class FilterCompiler: Sendable {
  private struct Entry {
    let collection: Int64
    let generation: Int64
    let filter: SearchFilter
    let chunks: KeySet
  }

  private struct State {
    var attributes: [Int64: FilterAttributes] = [:]
    /// The newest use last.
    var compiled: [Entry] = []

    /// The entry that a test finds, which counts as used now.
    mutating func take(
      _ isWanted: (Entry) -> Bool
    ) -> Entry? {
      guard let place = compiled.lastIndex(where: isWanted) else { return nil }
      let entry = compiled.remove(at: place)
      compiled.append(entry)
      return entry
    }
  }

  /// How many compiled filters are kept.
  private static let limit = 32

  private let catalog: Catalog
  private let state = Mutex(State())

  init(catalog: Catalog) { self.catalog = catalog }

  /// The chunks that pass a filter in the state that `db` reads.
  ///
  /// - Throws: `filter-invalid`.
  /// - Complexity: O(1) for a filter of late, while the store does not change; else O(conditions ·
  ///   documents + chunks), beside reading what has changed.
  func compile(
    _ filter: SearchFilter, of collection: CollectionScope, _ db: Database
  ) throws -> KeySet {
    let generation = try catalog.state(db).generation
    let known = state.withLock { state in
      state.take { $0.collection == collection.id && $0.filter == filter }
    }
    if let known, known.generation == generation { return known.chunks }
    let checked = try filter.checked()
    let attributes = try attributes(of: collection.id, at: generation, db)
    let evaluation = FilterEvaluation(attributes: attributes, collection: collection.name)
    var chunks = evaluation.chunks(passing: checked)
    // Segments know the rows of a set that they were searched with.
    if let old = known?.chunks, old == chunks { chunks = old }
    let passing = chunks
    state.withLock { state in
      if let other = state.take({ $0.collection == collection.id && $0.filter == filter }) {
        // Another search may have a newer state.
        if other.generation >= generation { return }
        state.compiled.removeLast()
      }
      if state.compiled.count >= Self.limit { state.compiled.removeFirst() }
      state.compiled.append(
        Entry(
          collection: collection.id, generation: generation, filter: filter, chunks: passing))
    }
    return passing
  }

  /// What filters ask of a collection at the generation of `db`.
  private func attributes(
    of collection: Int64, at generation: Int64, _ db: Database
  ) throws -> FilterAttributes {
    let known = state.withLock { $0.attributes[collection] }
    if let known, known.generation == generation { return known }
    // What another search has kept may be newer than this one's state.
    let isOlder = known.map { $0.generation < generation } ?? true
    let attributes = try catalog.filterAttributes(
      of: collection, since: isOlder ? known : nil, db)
    state.withLock { state in
      if state.attributes[collection].map({ $0.generation < generation }) ?? true {
        state.attributes[collection] = attributes
      }
    }
    return attributes
  }
}
