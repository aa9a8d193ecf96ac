import Foundation
import GRDB
import Synchronization
import VectorIndex

/// The vector index of a collection as it stood at one generation: segments, tail and masks together.
///
/// A view is immutable and may outlive the files it maps: a segment that was replaced stays
/// readable until the last view of it is gone.
struct IndexView: Sendable {
  /// The generation of the store that this view shows.
  let generation: Int64
  /// The state of the list of segments that this view shows.
  let sealCount: Int64
  /// The live segments and their files, mapped.
  let segments: [(row: SegmentRow, segment: Segment)]
  /// Deleted chunks that segments or the tail still hold.
  let masks: KeySet
  /// Chunks newer than the newest segment.
  let tail: VectorSet

  /// The `k` live chunks nearest to a query, best first, ties by id.
  ///
  /// - Parameters:
  ///   - query: a vector of the collection's dimension, of unit length.
  ///   - allowing: the chunks that may be found; all if nil.
  /// - Complexity: O(log *n*) distances in each segment, and one for each vector of the tail.
  func nearest(
    to query: [Float], k: Int, allowing: KeySet? = nil
  ) throws(IndexError) -> [Neighbor] {
    var found: [Neighbor] = []
    for (_, segment) in segments {
      found += try segment.search(query, k: k, allowing: allowing, excluding: masks)
    }
    found += try ExactSearch.search(
      query, in: tail, k: k, allowing: allowing, excluding: masks)
    found.sort { ($0.score, $1.key) > ($1.score, $0.key) }
    return Array(found.prefix(k))
  }
}

/// Keeps the newest view of each collection's index, shared by all searches of a process.
final class IndexReader: Sendable {
  private let catalog: Catalog
  private let folder: String
  private let newest = Mutex<[Int64: IndexView]>([:])

  /// - Parameter folder: the store's folder of segment files.
  init(catalog: Catalog, folder: String) {
    self.catalog = catalog
    self.folder = folder
  }

  /// The view of a collection that belongs to the state which `db` reads; nil before its first
  /// ingest.
  ///
  /// - Complexity: O(1) while the store does not change; after a change O(*m*) in the masks and
  ///   the chunks of the tail, of which only the new ones are read.
  func view(of collection: CollectionScope, _ db: Database) throws -> IndexView? {
    let state = try catalog.state(db)
    guard let dimension = collection.dimension else { return nil }
    let known = newest.withLock { $0[collection.id] }
    if let known, known.generation == state.generation { return known }
    let view = try load(state, collection.id, dimension: dimension, known: known, db)
    newest.withLock { kept in
      if kept[collection.id].map({ $0.generation < view.generation }) ?? true {
        kept[collection.id] = view
      }
    }
    return view
  }

  private func load(
    _ state: StoreState, _ collection: Int64, dimension: Int, known: IndexView?, _ db: Database
  ) throws -> IndexView {
    let rows = try catalog.segments(of: collection, db)
    var masks = KeySet(try catalog.masks(of: collection, db))
    // Segments know the rows of a set that they were searched with.
    if let known, known.masks == masks { masks = known.masks }
    let segments = try rows.map { row in
      if let open = known?.segments.first(where: { $0.row == row }) { return open }
      return (row: row, segment: try openSegment(row, of: state, dimension: dimension))
    }
    let covered = rows.last?.chunks.upperBound ?? 0
    var tail = try VectorSet(keys: [], vectors: [], dimension: dimension, metric: .cosine)
    // Between two seals chunks are only added to the tail, or masked. A view of another search may
    // be newer than this one's state.
    if let known, known.sealCount == state.sealCount, known.generation < state.generation {
      tail = known.tail
    }
    let after = tail.keys.last ?? covered
    let added = try catalog.vectors(
      db, of: collection, chunks: (after + 1)...Int64.max, dimension: dimension)
    try tail.append(keys: added.keys, vectors: added.values)
    return IndexView(
      generation: state.generation, sealCount: state.sealCount, segments: segments, masks: masks,
      tail: tail)
  }

  /// Opens a segment and holds it against what the catalog says of it.
  private func openSegment(_ row: SegmentRow, of state: StoreState, dimension: Int) throws
    -> Segment
  {
    let path = "\(folder)/\(row.fileName)"
    let segment = try Segment(opening: path)
    let info = segment.info
    guard info.identity.store == state.uuid, info.dimension == dimension,
      info.count == row.vectorCount
    else {
      throw HarkError(
        .init(rawValue: "segment-foreign"),
        "\(path) is not the segment that the catalog lists: run `hark index rebuild`")
    }
    return segment
  }
}
