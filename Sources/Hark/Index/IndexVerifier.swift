import Foundation
import GRDB
import VectorIndex

/// Holds a collection's index against the catalog: every file whole, every live chunk findable once.
struct IndexVerifier: Sendable {
  /// The store's catalog.
  let catalog: Catalog
  /// The collection's name.
  let collection: String
  /// The store's folder of segment files.
  let folder: String
  /// The words that postings keep whole.
  let vocabularies: VocabularyReader

  /// Reads every segment file whole and compares its keys and vectors with the catalog's.
  ///
  /// - Complexity: O(bytes of the index and the embeddings).
  func verify() throws(HarkError) -> IndexVerification {
    var verification: IndexVerification?
    do {
      return try catalog.readOpeningSegments { db in
        let (found, missing) = try verify(db)
        verification = found
        // Where a file is missing because the list has changed since, the read is done again.
        if let missing { throw missing }
        return found
      }
    } catch {
      guard let verification else { throw error }
      return verification
    }
  }

  /// One check of the state that `db` reads, and the error of a file that is not there.
  private func verify(_ db: Database) throws -> (IndexVerification, (any Error)?) {
    let state = try catalog.state(db)
    let collection = try catalog.scope(self.collection, db)
    let rows = try catalog.segments(of: collection.id, db)
    let masks = try catalog.masks(of: collection.id, db)
    // All files are opened first: once mapped they stay, whatever a writer does.
    let opened = rows.map { row in
      (
        row, Result { try Segment(opening: "\(folder)/\(row.fileName)") },
        Result {
          try Postings(
            of: row, in: folder, store: state.uuid, analysis: vocabularies.current().fingerprint)
        }
      )
    }
    var problems = try gaps(rows, collection, db)
    var vectors = 0
    var missing: (any Error)?
    for (row, result, postings) in opened {
      do {
        let segment = try result.get()
        try segment.verify()
        vectors += segment.info.count
        guard segment.info.identity.store == state.uuid else {
          problems.append(.init("segment-foreign", "\(segment.info.path) is another store's"))
          continue
        }
        problems += try compare(segment, row, collection, masks, db)
        problems += try compare(postings.get(), row, collection, db)
      } catch let error as IndexError {
        if error.code == .segmentUnavailable { missing = error }
        problems.append(.init(code: error.code.rawValue, message: error.message))
      } catch let error as HarkError {
        if error.code.rawValue == IndexError.Code.segmentUnavailable.rawValue { missing = error }
        problems.append(.init(code: error.code.rawValue, message: error.message))
      }
    }
    return (
      IndexVerification(segments: rows.count, vectors: vectors, problems: problems), missing
    )
  }

  /// No live chunk may lie between the ranges of the segments.
  private func gaps(
    _ rows: [SegmentRow], _ collection: CollectionScope, _ db: Database
  ) throws -> [IndexVerification.Problem] {
    var expected: Int64 = 1
    return try rows.compactMap { row in
      defer { expected = max(expected, row.chunks.upperBound &+ 1) }
      let gap = (collection.id, expected, row.chunks.lowerBound)
      let lost = try Int.fetchOne(
        db, sql: "SELECT count(*) FROM rag_chunks WHERE collection_id = ? AND id >= ? AND id < ?",
        arguments: [gap.0, gap.1, gap.2])
      guard let lost, lost > 0 else { return nil }
      return .init("segment-gap", "\(lost) chunks before \(row.fileName) are in no segment")
    }
  }

  /// Live chunks must be in the segment with their own vector; others must be masked.
  private func compare(
    _ segment: Segment, _ row: SegmentRow, _ collection: CollectionScope, _ masks: Set<Int64>,
    _ db: Database
  ) throws -> [IndexVerification.Problem] {
    var problems: [IndexVerification.Problem] = []
    guard let dimension = collection.dimension else { return problems }
    let live = try catalog.vectors(
      db, of: collection.id, chunks: row.chunks, dimension: dimension)
    let held = Set(segment.keys)
    let missing = live.keys.filter { !held.contains($0) }
    if !missing.isEmpty {
      problems.append(
        .init(
          "vectors-missing",
          "\(row.fileName) lacks \(missing.count) chunks that the catalog holds, the first of them "
            + "chunk \(missing[0])"))
    }
    let stale = held.subtracting(live.keys).subtracting(masks)
    if let first = stale.min() {
      problems.append(
        .init(
          "vectors-stale",
          "\(row.fileName) holds \(stale.count) chunks that the catalog does not, the first of them "
            + "chunk \(first)"))
    }
    let other = live.keys.indices.filter { index in
      guard let row = segment.row(of: live.keys[index]) else { return false }
      let truth = live.values[(index * dimension)..<((index + 1) * dimension)]
      return zip(segment.vector(at: row), truth).contains { abs($0 - $1) > Self.tolerance }
    }
    if let first = other.first {
      problems.append(
        .init(
          "vectors-differ",
          "\(row.fileName) holds other vectors than the catalog for \(other.count) chunks, the "
            + "first of them chunk \(live.keys[first])"))
    }
    return problems
  }

  /// How far a number of a unit vector may move when it is normalised once more.
  private static let tolerance: Float = 1e-5

  /// Postings must be whole, and hold every live chunk of their segment.
  private func compare(
    _ postings: Postings, _ row: SegmentRow, _ collection: CollectionScope, _ db: Database
  ) throws -> [IndexVerification.Problem] {
    try postings.verify()
    let live = try catalog.chunkIDs(of: collection.id, in: row.chunks, db)
    let view = postings.view
    guard let lost = live.first(where: { view.row(of: $0) == nil }) else { return [] }
    return [
      .init(
        "terms-mismatch",
        "\(row.postingsName ?? "") lacks chunks that the catalog holds, as chunk \(lost)")
    ]
  }
}

extension IndexVerification.Problem {
  /// A problem that a rebuild mends.
  fileprivate init(_ code: String, _ message: String) {
    self.init(code: code, message: "\(message): run `hark index rebuild`")
  }
}
