import Foundation
import VectorIndex

/// Seals the catalog's vectors into segment files. Used under the store's writer lock only.
struct IndexWriter: Sendable {
  /// The greatest number of chunks that searches scan beside the segments.
  static let tailLimit = 16_384

  /// The store's catalog.
  let catalog: Catalog
  /// The store's folder of segment files.
  let folder: String

  /// Seals the tail, and builds worn segments anew; does nothing where neither is there.
  func seal() throws(HarkError) {
    let plan = try catalog.read { db in
      let segments = try catalog.segments(db)
      let covered = segments.last?.chunks.upperBound ?? 0
      return SealPlan(
        segments: segments, tail: try catalog.chunkCount(db, after: covered),
        masks: try catalog.masks(db))
    }
    if let plan { try carryOut(plan) }
  }

  /// Seals the tail once it has grown beyond its limit.
  func sealLongTail() throws(HarkError) {
    // Ids are dense enough that their span bounds the tail well, and costs no scan.
    let span = try catalog.read { db in
      try catalog.lastChunk(db) - (try catalog.segments(db).last?.chunks.upperBound ?? 0)
    }
    if span > Self.tailLimit { try seal() }
  }

  /// Builds one segment of all live chunks in the place of all there are.
  func rebuild() throws(HarkError) {
    try carryOut(SealPlan(replacingAll: try catalog.read { db in try catalog.segments(db) }))
  }

  /// Builds and publishes the new segment, lists it, then removes the files that went out of use.
  ///
  /// A crash at any point leaves the old list or the new one, and at most a stray file.
  private func carryOut(_ plan: SealPlan) throws(HarkError) {
    let (state, rows) = try catalog.read { db in
      let state = try catalog.state(db)
      let all = plan.firstChunk...Int64.max
      return (
        state,
        try state.dimension.map { try catalog.vectors(db, chunks: all, dimension: $0) }
          ?? VectorRows()
      )
    }
    let last = max(plan.covered, rows.keys.last ?? 0)
    guard plan.firstChunk <= last else { return }
    let covered = plan.firstChunk...last
    let new = try publish(rows, of: state, covering: covered)
    try catalog.replaceSegments(plan.replaced, by: new, covering: covered)
    try removeStrays()
  }

  private func publish(
    _ rows: VectorRows, of state: StoreState, covering chunks: ClosedRange<Int64>
  ) throws(HarkError) -> SegmentRow? {
    guard let dimension = state.dimension, !rows.keys.isEmpty else { return nil }
    // The generation grows when the segment is listed, so no live segment has this name; a stray
    // of a crashed build is replaced.
    let name = "\(state.generation)-\(chunks.lowerBound)-\(chunks.upperBound).hark"
    do throws(IndexError) {
      let info = try Segment.build(
        keys: rows.keys, vectors: rows.values, dimension: dimension, metric: .cosine,
        identity: SegmentIdentity(
          store: state.uuid, generation: UInt64(clamping: state.generation),
          sequence: chunks.upperBound),
        to: "\(folder)/\(name)")
      return SegmentRow(
        id: 0, fileName: name, generation: state.generation, chunks: chunks,
        vectorCount: info.count, fileBytes: Int64(info.byteCount))
    } catch {
      throw HarkError(wrapping: error)
    }
  }

  /// Removes files in the segments' folder that the catalog does not list: leftovers of a crash,
  /// and segments that were replaced. Readers keep what they have mapped.
  func removeStrays() throws(HarkError) {
    let listed = Set(try catalog.read { db in try catalog.segments(db) }.map(\.fileName))
    let present = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in present where !listed.contains(name) && name.contains(".hark") {
      // A stray that cannot be removed now does no harm and is tried again next time.
      try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
    }
  }
}
