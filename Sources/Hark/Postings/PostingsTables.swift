/// The postings of some chunks, as arrays in memory: what a file of postings holds, section by
/// section.
struct PostingsTables: Sendable {
  /// The ids of the chunks, ascending; a chunk's place is its row.
  var keys: [Int64] = []
  /// The id of the document of each row.
  var documents: [Int64] = []
  /// The words in the title, in the headings and in the body of each row, and its pairs: four
  /// numbers a row.
  var lengths: [UInt16] = []
  /// The bytes of all terms, ascending; pairs have ``PostingsView/pairPrefix`` before them.
  var terms: [UInt8] = []
  /// Where each term ends.
  var termEnds: [UInt32] = []
  /// Where the list of each term begins, and where the last one ends.
  var starts: [UInt32] = [0]
  /// The lists, one after another, each by ascending rows: words of ``Posting``.
  var postings: [UInt32] = []
  /// Where the positions of each term begin, and where the last ones end.
  var positionStarts: [UInt64] = [0]
  /// The positions of terms, posting after posting: how many, and the distance of each from the
  /// one before it, as LEB128. What is no word has the position of its word.
  var positions: [UInt8] = []

  /// The numbers of a row in ``lengths``.
  static let lengthsPerRow = 4

  /// What searches read.
  var view: PostingsView {
    @_lifetime(borrow self)
    get {
      PostingsView(
        keys: keys.span, documents: documents.span, lengths: lengths.span, terms: terms.span,
        termEnds: termEnds.span,
        starts: starts.span, postings: postings.span, positionStarts: positionStarts.span,
        positions: positions.span)
    }
  }
}
