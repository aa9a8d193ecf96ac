import Foundation
import VectorIndex

/// Seals a collection's vectors and postings into files. Used under the store's writer lock only.
struct IndexWriter: Sendable {
  /// The greatest number of chunks that searches scan beside the segments.
  static let tailLimit = 16_384
  /// The greatest number of renamed chunks whose postings readers make for themselves.
  static let renamedLimit = 256

  /// The store's catalog.
  let catalog: Catalog
  /// The store's folder of segment files.
  let folder: String
  /// The words that postings keep whole.
  let vocabularies: VocabularyReader

  /// Seals the tail of a collection, and builds worn segments anew; does nothing where neither is
  /// there.
  ///
  /// - Parameter merging: whether small segments are taken in; in the midst of a long ingest they
  ///   are left to its end, when each is taken in once.
  func seal(_ collection: Int64, merging: Bool = true) throws(HarkError) {
    if let plan = try plan(collection, merging: merging) { try carryOut(plan, for: collection) }
    try refreshPostings(of: collection)
  }

  /// Makes postings anew where there are none, another analysis made them, or too many chunks have
  /// been renamed since.
  ///
  /// - Parameter renamedLimit: how many renamed chunks are left to readers.
  func refreshPostings(
    of collection: Int64, renamedLimit: Int = IndexWriter.renamedLimit
  ) throws(HarkError) {
    let analysis = try vocabularies.current().fingerprint
    let (segments, renamed, state) = try catalog.read { db in
      (
        try catalog.segments(of: collection, db), try catalog.renamedChunks(of: collection, db),
        try catalog.state(db)
      )
    }
    let worn = segments.filter { row in
      if renamed.count > renamedLimit, renamed.contains(where: row.chunks.contains) {
        return true
      }
      return (try? Postings(of: row, in: folder, store: state.uuid, analysis: analysis)) == nil
    }
    guard !worn.isEmpty else { return }
    for row in worn {
      let name = try publishPostings(of: collection, covering: row.chunks)
      try catalog.replacePostings(of: row, by: name, collection: collection)
    }
    try removeStrays()
  }

  /// What a seal would do; nil for nothing.
  func plan(_ collection: Int64, merging: Bool) throws(HarkError) -> SealPlan? {
    try catalog.read { db in
      let segments = try catalog.segments(of: collection, db)
      let covered = segments.last?.chunks.upperBound ?? 0
      return SealPlan(
        segments: segments, tail: try catalog.chunkCount(db, of: collection, after: covered),
        masks: try catalog.masks(of: collection, db), merging: merging)
    }
  }

  /// Builds new segments of all live chunks of a collection in the place of all there are.
  func rebuild(_ collection: Int64) throws(HarkError) {
    let segments = try catalog.read { db in try catalog.segments(of: collection, db) }
    try carryOut(SealPlan(replacingAll: segments), for: collection)
  }

  /// Builds and publishes the new segments, lists them, then removes the files that went out of
  /// use.
  ///
  /// A crash at any point leaves the old list or the new one of each run, and at most stray files.
  private func carryOut(_ plan: SealPlan, for collection: Int64) throws(HarkError) {
    for run in plan.runs {
      let new = try publish(run, of: collection)
      let covered = run.replaced.last?.chunks.upperBound ?? 0
      let last = max(covered, new.last?.chunks.upperBound ?? 0)
      guard run.chunks.lowerBound <= last else { continue }
      try catalog.replaceSegments(
        run.replaced, by: new, covering: run.chunks.lowerBound...last, of: collection)
    }
    try removeStrays()
  }

  /// Builds the segments of a run, none of them too large.
  private func publish(_ run: SealPlan.Run, of collection: Int64) throws(HarkError) -> [SegmentRow]
  {
    var segments: [SegmentRow] = []
    var first = run.chunks.lowerBound
    while true {
      let (state, dimension, rows) = try catalog.read { db in
        let scope = try catalog.scope(collection, db)
        let rows = try scope.dimension.map { dimension in
          try catalog.vectors(
            db, of: collection, chunks: first...run.chunks.upperBound, dimension: dimension,
            limit: SealPlan.largest)
        }
        return (try catalog.state(db), scope.dimension, rows ?? VectorRows())
      }
      guard let dimension, let last = rows.keys.last else { return segments }
      let isLast = rows.keys.count < SealPlan.largest
      // Deleted chunks at the end of the range are covered too.
      let end = isLast && run.chunks.upperBound < .max ? run.chunks.upperBound : last
      var segment = try publish(
        rows, dimension: dimension, state: state, collection: collection, covering: first...end)
      segment.postingsName = try publishPostings(of: collection, covering: segment.chunks)
      segments.append(segment)
      guard !isLast, end < run.chunks.upperBound else { return segments }
      first = end + 1
    }
  }

  private func publish(
    _ rows: VectorRows, dimension: Int, state: StoreState, collection: Int64,
    covering chunks: ClosedRange<Int64>
  ) throws(HarkError) -> SegmentRow {
    // The generation grows when the segment is listed, so no live segment has this name; a stray
    // of a crashed build is replaced.
    let name =
      "\(collection)-\(state.generation)-\(chunks.lowerBound)-\(chunks.upperBound).hark"
    do throws(IndexError) {
      let info = try Segment.build(
        keys: rows.keys, vectors: rows.values, dimension: dimension, metric: .cosine,
        identity: SegmentIdentity(
          store: state.uuid, generation: UInt64(clamping: state.generation),
          sequence: chunks.upperBound),
        to: "\(folder)/\(name)")
      return SegmentRow(
        id: 0, fileName: name, generation: state.generation, chunks: chunks,
        vectorCount: info.count, fileBytes: Int64(info.byteCount), postingsName: nil)
    } catch {
      throw HarkError(wrapping: error)
    }
  }

  /// Publishes the postings of the live chunks in a range.
  ///
  /// - Returns: the name of the file.
  private func publishPostings(
    of collection: Int64, covering chunks: ClosedRange<Int64>
  ) throws(HarkError) -> String {
    let vocabulary = try vocabularies.current()
    let (state, tables) = try catalog.read { db in
      let builder = try catalog.postings(of: collection, chunks: chunks, vocabulary, db)
      return (try catalog.state(db), builder.finish())
    }
    let name =
      "\(collection)-\(state.generation)-\(chunks.lowerBound)-\(chunks.upperBound).terms"
    try Postings.publish(
      tables,
      header: PostingsHeader(
        store: state.uuid, generation: state.generation, analysis: vocabulary.fingerprint),
      to: "\(folder)/\(name)")
    return name
  }

  /// Removes files in the segments' folder that the catalog does not list: leftovers of a crash,
  /// and segments that were replaced. Readers keep what they have mapped.
  func removeStrays() throws(HarkError) {
    let listed = try catalog.read { db in try catalog.segmentFiles(db) }
    let present = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in present
    where !listed.contains(name) && (name.contains(".hark") || name.contains(".terms")) {
      // A stray that cannot be removed now does no harm and is tried again next time.
      try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
    }
  }
}
