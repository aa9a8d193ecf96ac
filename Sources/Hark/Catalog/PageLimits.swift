/// What is asked of a list that comes in pages.
enum PageLimits {
  /// The greatest number of items in a page.
  static let greatest = 1_000

  /// The id at which a page begins.
  ///
  /// - Throws: `invalid-argument`.
  static func check(_ limit: Int, _ cursor: String?) throws(HarkError) -> Int64? {
    guard (1...greatest).contains(limit) else {
      throw HarkError(
        .invalidArgument, "limit is \(limit): give a number from 1 to \(greatest)")
    }
    guard let cursor else { return nil }
    guard let id = Int64(cursor) else {
      throw HarkError(
        .invalidArgument,
        "cursor is \(cursor.debugDescription): give the one that came with the last page")
    }
    return id
  }
}

extension HarkError {
  /// No chunk has the id given.
  static func noChunk(_ id: Int64) -> HarkError {
    HarkError(.chunkMissing, "no chunk has the id \(id): its document was changed or deleted")
  }
}
