/// Where a term stands in a text: in what the text is called, in the headings above it, or in it.
enum TextField: Int, CaseIterable {
  /// The document's title and the name of its file.
  case title
  /// The headings above the chunk.
  case heading
  /// The chunk.
  case body
}

/// One row of a term's list: a chunk, and how often the term stands in its fields.
///
/// It is four bytes: 20 bits for the row, six for the body's count, three each for those of
/// heading and title. Counts that are greater stand as the greatest; BM25 tells them hardly apart.
struct Posting: Equatable {
  var word: UInt32

  /// The most rows of one segment.
  static let rowLimit = 1 << 20
  /// How many bits all counts have.
  static let countBits: UInt32 = 12
  /// How many different counts there are.
  static let countRange = 1 << Int(countBits)

  init(word: UInt32) { self.word = word }

  /// - Parameter counts: how often the term stands in each field, by ``TextField``.
  init(row: Int, counts: (title: Int, heading: Int, body: Int)) {
    word =
      UInt32(row) << Self.countBits | UInt32(min(counts.body, 63)) << 6 | UInt32(
        min(counts.heading, 7)) << 3
      | UInt32(min(counts.title, 7))
  }

  /// The number of the chunk in its segment.
  var row: Int { Int(word >> Self.countBits) }
  /// All counts as one number below ``countRange``.
  var counts: Int { Int(word) & (Self.countRange - 1) }

  /// How often the term stands in a field, by the number of all counts.
  static func count(_ field: TextField, in counts: Int) -> Int {
    switch field {
    case .title: counts & 7
    case .heading: counts >> 3 & 7
    case .body: counts >> 6
    }
  }
}
