import FoundationEssentials

/// One line of what `hark-parser` writes: the protocol between the parser process and Hark.
///
/// A run is a ``start(version:type:)``, then pages, headings and texts in reading order, then
/// either ``end(_:)`` or ``failure(code:message:)``. Each record is a JSON object on a line of
/// its own, that of a block with its kind first. `docs/documents.md` shows them.
package enum ParserRecord: Sendable, Hashable {
  /// The version of the protocol, and the format that the content turned out to have.
  case start(version: Int, type: FileType)
  /// What follows stands on this page, until the next page.
  case page(number: Int, label: String?)
  /// A heading.
  case heading(level: Int, text: String, join: Join)
  /// A paragraph, a list item, a row of a table, or a part of one.
  case text(String, join: Join)
  /// The document is complete.
  case end(Metadata)
  /// There is no document, for this reason.
  case failure(code: DocumentError.Code, message: String)

  /// What stands between a block and the one before it.
  package enum Join: String, Sendable, Hashable, Codable {
    /// A blank line: the two are separate paragraphs.
    case paragraph = "\n\n"
    /// A line break, as between the items of a list.
    case line = "\n"
    /// A space, as where a sentence runs over to the next page.
    case word = " "
    /// Nothing: the block continues the one before it.
    case nothing = ""
  }

  /// What a file says about itself.
  package struct Metadata: Sendable, Hashable, Codable {
    /// The title.
    package var title: String?
    /// The author.
    package var author: String?
    /// The language as a BCP 47 tag.
    package var language: String?
    /// When the content was made, in a normal form of ``ISO8601``.
    package var created: String?
    /// When the content was last changed, in a normal form of ``ISO8601``.
    package var modified: String?
    /// What the content is about.
    package var keywords: [String]?
    /// The address that the file gives as its own.
    package var source: String?
    /// The YAML block at the start of a Markdown file as a JSON object.
    package var frontMatter: String?
    /// What was left out or repaired.
    package var warnings: [String]?

    private enum CodingKeys: String, CodingKey {
      case title, author, language, created, modified, keywords, source, warnings
      case frontMatter = "front_matter"
    }

    /// Makes metadata.
    package init(
      title: String? = nil, author: String? = nil, language: String? = nil,
      created: String? = nil, modified: String? = nil, keywords: [String]? = nil,
      source: String? = nil, frontMatter: String? = nil, warnings: [String]? = nil
    ) {
      self.title = title
      self.author = author
      self.language = language
      self.created = created
      self.modified = modified
      self.keywords = keywords
      self.source = source
      self.frontMatter = frontMatter
      self.warnings = warnings
    }
  }

  /// The version of the protocol that this code speaks.
  package static let version = 3
  /// The most bytes that a line may have; the parser cuts longer texts into parts.
  package static let lineLimit = 4 << 20
  /// The most bytes of text that the parser puts into one record.
  package static let textLimit = 256 << 10
}

extension ParserRecord {
  /// The JSON object of a record that is no block: the union of the fields of all kinds.
  private struct Line: Codable {
    var version: Int?
    var type: FileType?
    var end: Metadata?
    var error: Failure?
  }

  private struct Failure: Codable {
    var code: DocumentError.Code
    var message: String
  }

  // Made once: making them costs as much as a short record.
  private static let encoder = {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return encoder
  }()
  private static let decoder = JSONDecoder()

  /// Appends the record as a line of JSON, line break included.
  package func append(to lines: inout [UInt8]) throws {
    if !appendBlock(to: &lines) {
      var line = Line()
      switch self {
      case .start(let version, let type): (line.version, line.type) = (version, type)
      case .end(let metadata): line.end = metadata
      case .failure(let code, let message): line.error = Failure(code: code, message: message)
      case .page, .heading, .text: break
      }
      lines.append(contentsOf: try Self.encoder.encode(line))
    }
    lines.append(UInt8(ascii: "\n"))
  }

  /// Reads a line of JSON, its line break left out.
  ///
  /// - Throws: An error of `JSONDecoder`, or `parser-protocol` where the fields make no record.
  package init(decoding json: ArraySlice<UInt8>) throws {
    if json.starts(with: Self.blockStart) {
      try self.init(block: json.span)
      return
    }
    let line = try Self.decoder.decode(Line.self, from: Data(json))
    if let version = line.version, let type = line.type {
      self = .start(version: version, type: type)
    } else if let metadata = line.end {
      self = .end(metadata)
    } else if let error = line.error {
      self = .failure(code: error.code, message: error.message)
    } else {
      throw DocumentError(.parserProtocol, "A line of the parser has the fields of no record.")
    }
  }
}
