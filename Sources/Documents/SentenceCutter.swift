/// Cuts sentences that are over the limit of a chunk into pieces that are not.
struct SentenceCutter {
  /// A part of a text with its tokens.
  struct Piece {
    var range: Range<Int>
    var tokens: Int
  }

  private let text: String
  private let chunker: Chunker

  init(_ text: String, chunker: Chunker) {
    self.text = text
    self.chunker = chunker
  }

  /// The pieces of a sentence, in order; one where it fits. None has white space at its ends.
  ///
  /// Very long sentences are first cut to the limit of bytes and then halved until they fit, so
  /// that the counter sees each byte a few times at most.
  ///
  /// - Complexity: O(*n* log *b*), where *b* is the limit of bytes.
  func pieces(of sentence: Range<Int>, _ bytes: Span<UInt8>) -> [Piece] {
    var pieces: [Piece] = []
    var rest = sentence
    while rest.count > chunker.byteLimit {
      let limit = rest.lowerBound + chunker.byteLimit
      let cut = place(in: rest, from: limit - chunker.byteLimit / 2, to: limit, near: limit, bytes)
      halve(rest.lowerBound..<cut, bytes, into: &pieces)
      rest = cut..<rest.upperBound
    }
    halve(rest, bytes, into: &pieces)
    return pieces
  }

  private func halve(_ range: Range<Int>, _ bytes: Span<UInt8>, into pieces: inout [Piece]) {
    let range = bytes.trimmingWhitespace(range)
    guard !range.isEmpty else { return }
    let tokens = chunker.tokens(range, of: text)
    if tokens <= chunker.options.limitTokens
      || bytes.scalarEnd(after: range.lowerBound) == range.upperBound
    {
      pieces.append(Piece(range: range, tokens: tokens))
      return
    }
    let quarter = range.count / 4
    let cut = place(
      in: range, from: range.lowerBound + quarter, to: range.upperBound - quarter,
      near: range.lowerBound + range.count / 2, bytes)
    halve(range.lowerBound..<cut, bytes, into: &pieces)
    halve(cut..<range.upperBound, bytes, into: &pieces)
  }

  /// The best place for a cut between `low` and `high`: after a line, else after a clause, else
  /// after a word, else between grapheme clusters, and else, in a cluster that is itself too long,
  /// between scalars. Of several, the nearest to `aim`. It lies inside `range`.
  private func place(
    in range: Range<Int>, from low: Int, to high: Int, near aim: Int, _ bytes: Span<UInt8>
  ) -> Int {
    var best: [Int?] = [nil, nil, nil]
    for index in max(low, range.lowerBound + 1)..<max(low + 1, min(high, range.upperBound - 1)) + 1
    where index < range.upperBound {
      let rank: Int
      switch bytes[index - 1] {
      case 0x0A: rank = 0
      case 0x20, 0x09: rank = bytes.isClauseMark(before: index - 1) ? 1 : 2
      // U+3001 and U+FF0C
      case 0x81 where bytes.isWideComma(before: index): rank = 1
      case 0x8C where bytes.isWideComma(before: index): rank = 1
      default: continue
      }
      let isNearer = best[rank].map { abs($0 - aim) > abs(index - aim) } ?? true
      if isNearer, bytes.isClusterBoundary(at: index) { best[rank] = index }
    }
    if let cut = best.lazy.compactMap(\.self).first { return cut }
    let most = range.count > chunker.byteLimit ? high : range.upperBound - 1
    return clusterBoundary(in: range, upTo: most, near: aim, bytes)
      ?? bytes.scalarBoundary(near: aim, in: range)
  }

  /// The boundary between grapheme clusters that is nearest to `aim`, or nil without one.
  private func clusterBoundary(
    in range: Range<Int>, upTo high: Int, near aim: Int, _ bytes: Span<UInt8>
  ) -> Int? {
    // One scalar more than is needed, so that a cluster which goes on is not taken to end there.
    let end = high < range.upperBound ? bytes.scalarEnd(after: high) : range.upperBound
    // A copy, since the characters of a part of a string are looked for beyond its end.
    let window = String(text.substring(range.lowerBound..<end))
    var offset = range.lowerBound
    var best: Int?
    for character in window {
      offset += character.utf8.count
      guard offset <= high, offset < range.upperBound else { break }
      if best.map({ abs($0 - aim) > abs(offset - aim) }) ?? true { best = offset }
    }
    return best
  }
}

extension Span<UInt8> {
  /// Where the scalar ends that begins at `index`.
  func scalarEnd(after index: Int) -> Int {
    var index = index + 1
    while index < count, self[index] & 0xC0 == 0x80 { index += 1 }
    return index
  }

  /// The boundary between scalars at or before `aim`, and inside `range`.
  func scalarBoundary(near aim: Int, in range: Range<Int>) -> Int {
    var index = Swift.min(aim, range.upperBound - 1)
    while index > range.lowerBound, self[index] & 0xC0 == 0x80 { index -= 1 }
    return index > range.lowerBound ? index : scalarEnd(after: range.lowerBound)
  }

  /// Whether a comma, semicolon, colon or closing bracket ends at `index`.
  fileprivate func isClauseMark(before index: Int) -> Bool {
    index > 0 && [0x2C, 0x3B, 0x3A, 0x29].contains(self[index - 1])
  }

  /// Whether U+3001 or U+FF0C ends at `index`.
  fileprivate func isWideComma(before index: Int) -> Bool {
    index >= 3
      && ((self[index - 3] == 0xE3 && self[index - 2] == 0x80 && self[index - 1] == 0x81)
        || (self[index - 3] == 0xEF && self[index - 2] == 0xBC && self[index - 1] == 0x8C))
  }
}

extension String {
  /// The part of the text in a range of UTF-8 offsets that lie between scalars.
  func substring(_ range: Range<Int>) -> Substring {
    let start = utf8.index(utf8.startIndex, offsetBy: range.lowerBound)
    return self[start..<utf8.index(start, offsetBy: range.count)]
  }
}
