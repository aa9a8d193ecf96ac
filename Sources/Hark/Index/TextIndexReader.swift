import Foundation
import GRDB
import Synchronization

/// Keeps the newest view of each collection's full text, shared by all searches of a process.
final class TextIndexReader: Sendable {
  private let catalog: Catalog
  private let folder: String
  private let vocabularies: VocabularyReader
  private let newest = Mutex<[Int64: TextIndex]>([:])

  /// - Parameters:
  ///   - folder: the store's folder of segment files.
  ///   - vocabularies: the words that postings keep whole.
  init(catalog: Catalog, folder: String, vocabularies: VocabularyReader) {
    self.catalog = catalog
    self.folder = folder
    self.vocabularies = vocabularies
  }

  /// The view of a collection that belongs to the state which `db` reads.
  ///
  /// - Throws: `analysis-outdated`, `segment-damaged`, `segment-unavailable`.
  /// - Complexity: O(1) while the store does not change; after a change O(*n*) in the chunks, with
  ///   a small factor, and the analysis of those that are new.
  func view(of collection: Int64, _ db: Database) throws -> TextIndex {
    let state = try catalog.state(db)
    let vocabulary = try vocabularies.current()
    let known = newest.withLock { $0[collection] }.flatMap {
      $0.analysis == vocabulary.fingerprint ? $0 : nil
    }
    if let known, known.generation == state.generation { return known }
    let view = try load(state, collection, vocabulary, known: known, db)
    newest.withLock { kept in
      let isNewer = kept[collection].map {
        $0.generation < view.generation || $0.analysis != view.analysis
      }
      if isNewer ?? true {
        kept[collection] = view
      }
    }
    return view
  }

  private func load(
    _ state: StoreState, _ collection: Int64, _ vocabulary: Vocabulary, known: TextIndex?,
    _ db: Database
  ) throws -> TextIndex {
    let masks = try catalog.masks(of: collection, db)
    let renamed = try catalog.renamedChunks(of: collection, db)
    let hidden = masks.union(renamed)
    let rows = try catalog.segments(of: collection, db)
    let segments = try rows.map { row in
      let path = row.postingsName.map { "\(folder)/\($0)" }
      let open = known?.segments.first { $0.postings.path == path }?.postings
      let postings =
        try open
        ?? Postings(of: row, in: folder, store: state.uuid, analysis: vocabulary.fingerprint)
      return TextIndex.Part(postings: postings, chunks: row.chunks, hidden: hidden)
    }
    // Between two seals chunks are only added to the tail, or hidden. A view of another search may
    // be newer than this one's state.
    var tail: [TextIndex.Part] = []
    if let known, known.sealCount == state.sealCount, known.generation < state.generation {
      tail = known.tail
    }
    let covered = rows.last?.chunks.upperBound ?? 0
    try grow(&tail, after: covered, of: collection, vocabulary, db)
    for index in tail.indices { tail[index].hidden = hidden }
    return TextIndex(
      generation: state.generation, sealCount: state.sealCount, analysis: vocabulary.fingerprint,
      segments: segments, tail: tail,
      renamed: try part(of: collection, renamed, hiding: masks, vocabulary, db).map { [$0] } ?? [])
  }

  /// Adds the newest chunks to a tail.
  ///
  /// Parts less than twice as large as what follows are made anew with it, so that their sizes
  /// fall by half at least from each to the next, and no chunk is analysed more often than the
  /// logarithm of their number.
  private func grow(
    _ tail: inout [TextIndex.Part], after covered: Int64, of collection: Int64,
    _ vocabulary: Vocabulary, _ db: Database
  ) throws {
    let newest =
      try Int64.fetchOne(
        db, sql: "SELECT max(id) FROM rag_chunks WHERE collection_id = ?", arguments: [collection])
      ?? 0
    var first = (tail.last?.chunks.upperBound ?? covered) + 1
    guard first <= newest else { return }
    var size = try catalog.chunkCount(db, of: collection, after: first - 1)
    while let last = tail.last, last.postings.view.rowCount < 2 * size {
      first = last.chunks.lowerBound
      size += last.postings.view.rowCount
      tail.removeLast()
    }
    let tables = try catalog.postings(of: collection, chunks: first...newest, vocabulary, db)
      .finish()
    tail.append(
      TextIndex.Part(postings: Postings(tables), chunks: first...newest, hidden: []))
  }

  /// A part of some chunks as they are now; nil for none.
  private func part(
    of collection: Int64, _ chunks: Set<Int64>, hiding hidden: Set<Int64>,
    _ vocabulary: Vocabulary, _ db: Database
  ) throws -> TextIndex.Part? {
    guard let first = chunks.min(), let last = chunks.max() else { return nil }
    let tables = try catalog.postings(
      of: collection, chunks: first...last, onlyRenamed: true, vocabulary, db
    ).finish()
    return TextIndex.Part(postings: Postings(tables), chunks: first...last, hidden: hidden)
  }
}
