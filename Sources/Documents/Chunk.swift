/// A passage of a document: the unit that is embedded, searched and cited.
package struct Chunk: Sendable, Hashable {
  /// The place of the chunk in its document, from 0.
  package var index: Int
  /// The bytes of the document's text that this chunk is.
  package var range: Range<Int>
  /// The text itself; always the text of the document in ``range``.
  package var text: String
  /// The number of the page on which the chunk begins, or nil without pages.
  package var firstPage: Int?
  /// The number of the page on which the chunk ends, or nil without pages.
  package var lastPage: Int?
  /// The titles of the headings that enclose all of the chunk's sentences, outermost first.
  package var headingPath: [String]
  /// The tokens of ``text`` as the chunker's counter counted them.
  package var tokenCount: Int

  /// Makes a chunk of its parts.
  package init(
    index: Int, range: Range<Int>, text: String, firstPage: Int? = nil, lastPage: Int? = nil,
    headingPath: [String] = [], tokenCount: Int
  ) {
    self.index = index
    self.range = range
    self.text = text
    self.firstPage = firstPage
    self.lastPage = lastPage
    self.headingPath = headingPath
    self.tokenCount = tokenCount
  }
}
