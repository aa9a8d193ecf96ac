/// What a file says: its text, and where its pages and headings lie in it.
///
/// All positions are UTF-8 byte offsets into ``text`` and lie between Unicode scalars. The text
/// is not normalised beyond what its format asks for.
package struct Document: Sendable, Hashable, Codable {
  /// The whole text. Blocks (headings, paragraphs, lists, tables) are set off by blank lines.
  package var text: String
  /// The pages in order, or nothing where the format has none. Ranges are ascending and disjoint.
  package var pages: [Page]
  /// The headings in order of their ranges, which are disjoint.
  package var headings: [Heading]
  /// The title that the file gives itself.
  package var title: String?
  /// The author that the file names.
  package var author: String?
  /// The language that the file declares, as a BCP 47 tag.
  package var language: String?
  /// When the content was made, as the file declares it, in a normal form of ``ISO8601``.
  package var created: String?
  /// When the content was last changed, as the file declares it, in a normal form of ``ISO8601``.
  package var modified: String?
  /// What the content is about, as the file declares it.
  package var keywords: [String]
  /// The address that the file gives as its own.
  package var source: String?
  /// The YAML block at the start of a Markdown file as a JSON object. Its values are not in the
  /// properties above: whoever reads it decides which of the two counts.
  package var frontMatter: String?
  /// The format that the text was read from.
  package var fileType: FileType
  /// What was left out or repaired, one sentence each; at most ``Document/warningLimit``.
  package var warnings: [String]

  /// The number of warnings that a document keeps.
  package static let warningLimit = 16
  /// The most bytes of a page's label.
  package static let labelLimit = 100

  /// Makes a document of its parts.
  package init(
    text: String, pages: [Page] = [], headings: [Heading] = [], title: String? = nil,
    author: String? = nil, language: String? = nil, created: String? = nil,
    modified: String? = nil, keywords: [String] = [], source: String? = nil,
    frontMatter: String? = nil, fileType: FileType, warnings: [String] = []
  ) {
    self.text = text
    self.pages = pages
    self.headings = headings
    self.title = title
    self.author = author
    self.language = language
    self.created = created
    self.modified = modified
    self.keywords = keywords
    self.source = source
    self.frontMatter = frontMatter
    self.fileType = fileType
    self.warnings = warnings
  }

  /// A page and the part of the text that stands on it.
  package struct Page: Sendable, Hashable, Codable {
    /// The bytes of the text on this page; empty for a page without text.
    package var range: Range<Int>
    /// The place of the page in the file, from 1.
    package var number: Int
    /// The number printed on the page (`iii`, `A-4`) where it differs from ``number``.
    package var label: String?

    /// Makes a page of its parts.
    package init(range: Range<Int>, number: Int, label: String? = nil) {
      self.range = range
      self.number = number
      self.label = label
    }
  }

  /// A heading and where it stands.
  package struct Heading: Sendable, Hashable, Codable {
    /// The bytes of the heading in the text.
    package var range: Range<Int>
    /// The depth, 1 (a chapter) to 6.
    package var level: Int
    /// The heading on one line.
    package var title: String

    /// Makes a heading of its parts.
    package init(range: Range<Int>, level: Int, title: String) {
      self.range = range
      self.level = level
      self.title = title
    }
  }
}

extension Document {
  /// The number of the page on which the byte at `offset` stands, or nil without pages.
  ///
  /// A byte between two pages counts to the earlier one.
  ///
  /// - Complexity: O(log *n*) in the number of pages.
  package func pageNumber(at offset: Int) -> Int? {
    var low = 0
    var high = pages.count
    while low < high {
      let middle = (low + high) / 2
      if pages[middle].range.lowerBound <= offset { low = middle + 1 } else { high = middle }
    }
    // Empty pages share their offset with the page after them, which is the one with the text.
    return low > 0 ? pages[low - 1].number : pages.first?.number
  }
}
