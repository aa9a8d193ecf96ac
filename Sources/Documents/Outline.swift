/// The sentences of a document and the sections that they stand in.
struct Outline {
  /// A sentence, or a piece of one that was too long.
  struct Sentence {
    /// The bytes of the text, without white space at the ends.
    var start, end: Int
    /// The section, as an index.
    var section: Int
    /// Whether this is the heading of its section.
    var isHeading: Bool
  }

  /// A heading with what follows it up to the next heading, or what stands before the first.
  private struct Section {
    /// The sentences, the heading among them.
    var sentences: Range<Int>
    var level: Int
    /// Whether the section has more than its heading.
    var hasBody: Bool
    /// The titles of the headings around it and its own.
    var path: [String]
  }

  /// The sentences in order.
  private(set) var sentences: [Sentence] = []
  private var sections: [Section] = []
  /// The tokens of all sentences before each, and of all.
  private var tokensBefore: [Int] = [0]

  /// Finds the sections and sentences of a document.
  ///
  /// - Complexity: O(*n*) in the bytes of the text.
  init(_ document: Document, chunker: Chunker) {
    let bytes = document.text.utf8Span.span
    var cutter = SentenceCutter(document.text, chunker: chunker)
    var titles: [(level: Int, title: String)] = []
    var position = 0
    var heading: Document.Heading?
    // Headings that are out of order or out of bounds are nothing but text.
    let headings = document.headings.filter { $0.range.upperBound <= bytes.count }
    for next in headings where next.range.lowerBound >= position {
      addSection(heading, position..<next.range.lowerBound, bytes, &cutter, &titles)
      heading = next
      position = next.range.upperBound
    }
    addSection(heading, position..<bytes.count, bytes, &cutter, &titles)
  }

  private mutating func addSection(
    _ heading: Document.Heading?, _ body: Range<Int>, _ bytes: Span<UInt8>,
    _ cutter: inout SentenceCutter, _ titles: inout [(level: Int, title: String)]
  ) {
    let first = sentences.count
    if let heading {
      titles.removeAll { $0.level >= heading.level }
      titles.append((heading.level, heading.title))
      add(cutter.pieces(of: bytes.trimmingWhitespace(heading.range), bytes), isHeading: true)
    }
    let bodyStart = sentences.count
    SentenceSplitter(bytes).sentences(in: body) { range in
      add(cutter.pieces(of: range, bytes), isHeading: false)
    }
    sections.append(
      Section(
        sentences: first..<sentences.count, level: heading?.level ?? 1,
        hasBody: bodyStart < sentences.count, path: titles.map(\.title)))
  }

  private mutating func add(_ pieces: [SentenceCutter.Piece], isHeading: Bool) {
    for piece in pieces {
      sentences.append(
        Sentence(
          start: piece.range.lowerBound, end: piece.range.upperBound, section: sections.count,
          isHeading: isHeading))
      tokensBefore.append(tokensBefore[tokensBefore.count - 1] + piece.tokens)
    }
  }

  /// The bytes from the first to the last of some sentences, of which there is at least one.
  func bytes(of range: Range<Int>) -> Range<Int> {
    sentences[range.lowerBound].start..<sentences[range.upperBound - 1].end
  }

  /// The sum of the tokens of some sentences.
  func tokens(of range: Range<Int>) -> Int {
    tokensBefore[range.upperBound] - tokensBefore[range.lowerBound]
  }

  /// The headings that enclose all of some sentences. Headings among them do not count where there
  /// are others: a heading encloses what follows it.
  func path(of range: Range<Int>) -> [String] {
    let chosen = sentences[range]
    let body = chosen.filter { !$0.isHeading }
    guard let last = (body.isEmpty ? chosen : body[...]).last else { return [] }
    var path = sections[last.section].path
    for sentence in body {
      let other = sections[sentence.section].path
      let shared = zip(path, other).prefix { $0 == $1 }.count
      path.removeLast(path.count - shared)
    }
    return path
  }

  /// Runs of sentences that chunks are filled from, one section or several small ones each.
  ///
  /// A section of less than a quarter of the target, or one that is a heading alone, joins the next
  /// where that stands no higher and both fit. A long section after a heading alone need not fit.
  func groups(_ options: Chunker.Options) -> [Range<Int>] {
    var groups: [Range<Int>] = []
    var level = 0
    var hasBody = false
    for section in sections where !section.sentences.isEmpty {
      if let last = groups.last, section.level >= level {
        let before = tokens(of: last)
        let own = tokens(of: section.sentences)
        let isSmall = min(before, own) < options.targetTokens / 4
        let fits = before + own <= options.targetTokens
        if hasBody ? isSmall && fits : before <= options.targetTokens / 2 {
          groups[groups.count - 1] = last.lowerBound..<section.sentences.upperBound
          hasBody = hasBody || section.hasBody
          continue
        }
      }
      groups.append(section.sentences)
      level = section.level
      hasBody = section.hasBody
    }
    return groups
  }
}
