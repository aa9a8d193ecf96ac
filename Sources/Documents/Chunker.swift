/// Cuts a document into chunks along its headings and sentences.
///
/// A chunk is a run of whole sentences. It begins at a heading, or with the last sentence of the
/// chunk before it, and is filled up to the target; what is left of a section stays with it where
/// all fits under the limit. A sentence over the limit is cut between lines, else clauses, else
/// words, else characters. A section of less than a quarter of the target, or a heading alone,
/// joins the section after it where that stands no higher and both fit.
///
/// What holds of every chunk:
/// - its text is the document's text in its range, without white space at its ends;
/// - it has at most ``Options/limitTokens`` tokens, counted on that very text, unless a single
///   Unicode scalar has more;
/// - it has at most ``Chunker/bytesPerToken`` bytes for each token of the limit, so that a counter
///   which takes a megabyte for one unknown word does no harm.
///
/// Every character that is not white space is in a chunk.
package struct Chunker: Sendable {
  /// How large the chunks are.
  package struct Options: Sendable, Hashable, Codable {
    /// Tokens that a chunk is filled up to; at least 1 and at most ``limitTokens``.
    package var targetTokens: Int
    /// Tokens that no chunk exceeds: what the model takes, less its special tokens. At least 1.
    package var limitTokens: Int
    /// Sentences of the chunk before that begin the next one of the same section, where they fill
    /// no more than a quarter of the target.
    package var overlapSentences: Int

    /// Makes options.
    package init(targetTokens: Int = 200, limitTokens: Int = 254, overlapSentences: Int = 1) {
      self.targetTokens = targetTokens
      self.limitTokens = limitTokens
      self.overlapSentences = overlapSentences
    }
  }

  /// The version of the rules. Chunks of another version are cut anew.
  package static let version = 1
  /// Bytes that a chunk may have for each token of the limit.
  package static let bytesPerToken = 32

  /// How large the chunks are.
  package let options: Options
  package let countTokens: @Sendable (Substring) -> Int

  /// Makes a chunker.
  ///
  /// - Parameters:
  ///   - options: How large the chunks are. Values out of range are taken as the nearest in it.
  ///   - countTokens: The tokens of a text as the model counts them, without special tokens. It is
  ///     called on each sentence and on each chunk.
  package init(
    options: Options = Options(), countTokens: @escaping @Sendable (Substring) -> Int
  ) {
    var options = options
    options.limitTokens = min(max(1, options.limitTokens), 1 << 20)
    options.targetTokens = min(max(1, options.targetTokens), options.limitTokens)
    options.overlapSentences = max(0, options.overlapSentences)
    self.options = options
    self.countTokens = countTokens
  }

  /// The chunks of a document, in order.
  ///
  /// - Complexity: O(*n*) in the bytes of the text, and about twice as much for the counter.
  package func chunks(of document: Document) -> [Chunk] {
    let outline = Outline(document, chunker: self)
    var chunks: [Chunk] = []
    for group in outline.groups(options) {
      pack(group, of: outline, document, into: &chunks)
    }
    return chunks
  }

  /// The tokens of a range of a text.
  func tokens(_ range: Range<Int>, of text: String) -> Int {
    max(0, countTokens(text.substring(range)))
  }

  /// The most bytes of a chunk.
  var byteLimit: Int { options.limitTokens * Self.bytesPerToken }
}

extension Chunker {
  /// Fills chunks with the sentences of a group.
  private func pack(
    _ group: Range<Int>, of outline: Outline, _ document: Document, into chunks: inout [Chunk]
  ) {
    // A chunk has the sentences start..<end, of which those before fresh stand in the last one too.
    var start = group.lowerBound
    var fresh = start
    while fresh < group.upperBound {
      var end = fill(from: start, fresh: fresh, before: group.upperBound, outline)
      let count = fit(&start, fresh: fresh, &end, outline, document.text)
      let range = outline.bytes(of: start..<end)
      chunks.append(
        Chunk(
          index: chunks.count, range: range, text: String(document.text.substring(range)),
          firstPage: document.pageNumber(at: range.lowerBound),
          lastPage: document.pageNumber(at: range.upperBound - 1),
          headingPath: outline.path(of: start..<end), tokenCount: count))
      fresh = end
      start = fresh < group.upperBound ? overlap(of: start..<end, outline) : fresh
    }
  }

  /// Takes sentences up to the target, and at least one that is fresh.
  private func fill(from start: Int, fresh: Int, before end: Int, _ outline: Outline) -> Int {
    // A rest that fits makes no chunk of its own.
    if outline.tokens(of: start..<end) <= options.limitTokens,
      outline.bytes(of: start..<end).count <= byteLimit
    {
      return end
    }
    var next = fresh
    var hasBody = start < fresh
    repeat {
      hasBody = hasBody || !outline.sentences[next].isHeading
      next += 1
      guard next < end else { break }
      // Headings do not stay alone.
      let most = hasBody ? options.targetTokens : options.limitTokens
      if outline.tokens(of: start..<next + 1) > most { break }
    } while outline.bytes(of: start..<next + 1).count <= byteLimit
    return next
  }

  /// Gives sentences back until the text between the first and the last fits, and counts its tokens.
  ///
  /// Tokens need not add up, and white space between sentences has bytes of its own.
  private func fit(
    _ start: inout Int, fresh: Int, _ end: inout Int, _ outline: Outline, _ text: String
  ) -> Int {
    while true {
      let range = outline.bytes(of: start..<end)
      let isShort = range.count <= byteLimit
      let count = isShort ? tokens(range, of: text) : .max
      if count <= options.limitTokens { return count }
      if end - 1 > fresh {
        end -= 1
      } else if start < fresh {
        start = fresh
      } else {
        return isShort ? count : tokens(range, of: text)
      }
    }
  }

  /// The first of the last sentences of a chunk that the next one begins with.
  private func overlap(of chunk: Range<Int>, _ outline: Outline) -> Int {
    var start = chunk.upperBound
    for _ in 0..<options.overlapSentences {
      let earlier = start - 1
      guard earlier > chunk.lowerBound, !outline.sentences[earlier].isHeading,
        outline.tokens(of: earlier..<chunk.upperBound) <= options.targetTokens / 4,
        outline.tokens(of: earlier..<chunk.upperBound + 1) <= options.limitTokens
      else { break }
      start = earlier
    }
    return start
  }
}
