import Documents
import Foundation

/// The analysis of text into terms, one for documents and queries.
///
/// Words are folded (Unicode NFKC, lower case, Latin without accents). English words are stemmed
/// after Porter (1980). Korean words lose their particles, longest match first, as long as two
/// syllables remain. Hangul, Han and kana give overlapping pairs besides (`grams`), which find
/// what stems miss: compounds, and particles that were no particles.
///
/// The analysis decides what a store's postings hold, so it has a version: a store of another
/// version has its postings made anew.
enum TextAnalysis {
  /// The version of the rules.
  static let version: UInt64 = 2

  /// The terms of one text.
  struct Terms {
    /// Stems in the order of the text.
    var words: [String] = []
    /// Pairs of neighbouring characters of Hangul, Han and kana.
    var grams: [String] = []
  }

  /// The terms of one text in UTF-8, each with a line feed after it, as the full text takes them.
  struct TermLines {
    /// Stems in the order of the text.
    var words: [UInt8] = []
    /// Pairs of neighbouring characters of Hangul, Han and kana.
    var grams: [UInt8] = []
  }

  /// The terms of a document's text, stop words included: phrases and odd queries may need them.
  ///
  /// - Complexity: O(*n*) in the text's length.
  static func lines(of text: String) -> TermLines {
    let bytes = text.utf8Span.span
    var lines = TermLines()
    lines.words.reserveCapacity(bytes.count)
    WordScanner.forEachWord(in: bytes) { word in
      switch word.script {
      case .spaced:
        appendStem(of: word, in: text, bytes, to: &lines.words)
      case .hangul:
        let start = lines.words.count
        let ends = appendFolded(word, in: text, bytes, to: &lines.words)
        appendPairs(of: lines.words[start...], ends, to: &lines.grams)
        let length = KoreanStemmer.stemLength(lines.words[start...], ends)
        lines.words.removeLast(lines.words.count - start - length)
        lines.words.append(lineFeed)
      case .unspaced:
        var folded: [UInt8] = []
        let ends = appendFolded(word, in: text, bytes, to: &folded)
        appendPairs(of: folded[...], ends, to: &lines.grams)
      }
    }
    return lines
  }

  /// The terms of a text, stop words included.
  ///
  /// - Complexity: O(*n*) in the text's length.
  static func terms(of text: String) -> Terms {
    let lines = lines(of: text)
    func terms(_ lines: [UInt8]) -> [String] {
      lines.split(separator: lineFeed).map { String(decoding: $0, as: UTF8.self) }
    }
    return Terms(words: terms(lines.words), grams: terms(lines.grams))
  }

  /// The distinct terms of a query; stop words are left out where other words remain.
  static func queryTerms(of text: String) -> Terms {
    var all = terms(of: text)
    let telling = all.words.filter { !StopWords.stems.contains($0) }
    if !telling.isEmpty || !all.grams.isEmpty { all.words = telling }
    all.words = distinct(all.words)
    all.grams = distinct(all.grams)
    return all
  }

  /// Where terms of a query stand in a passage: ascending, disjoint UTF-8 ranges.
  ///
  /// A whole word counts where its stem is in the query. A part of a Hangul, Han or kana word
  /// counts where it holds a pair of the query and the query is of that script.
  static func matches(of query: Terms, in text: String) -> [Range<Int>] {
    let words = query.words.map { Array($0.utf8) }
    let grams = Set(query.grams)
    let syllablePairs = Set(
      grams.lazy.filter { $0.utf8.count <= 6 }.map { packed($0.utf8Span.span, 0..<$0.utf8.count) })
    let bytes = text.utf8Span.span
    var ranges: [Range<Int>] = []
    var stem: [UInt8] = []
    func add(_ range: Range<Int>) {
      if let last = ranges.last, range.lowerBound <= last.upperBound {
        ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        ranges.append(range)
      }
    }
    WordScanner.forEachWord(in: bytes) { word in
      switch word.script {
      case .spaced:
        stem.removeAll(keepingCapacity: true)
        appendStem(of: word, in: text, bytes, to: &stem)
        stem.removeLast()
        // A query has few words: comparing them is quicker than hashing every word of the text.
        if words.contains(where: { $0 == stem }) { add(word.range) }
      case .hangul where !grams.isEmpty && isOfSyllables(word, bytes):
        let width = min(6, word.range.count)
        for start in stride(
          from: word.range.lowerBound, through: word.range.upperBound - width, by: 3)
        where syllablePairs.contains(packed(bytes, start..<start + width)) {
          add(start..<start + width)
        }
      case .hangul, .unspaced:
        if grams.isEmpty { return }
        let slice = string(text, word.range)
        var offset = word.range.lowerBound
        let characters = slice.map { character in
          let start = offset
          offset += character.utf8.count
          return (fold(String(character)), start..<offset)
        }
        if characters.count == 1, grams.contains(characters[0].0) { add(characters[0].1) }
        for (left, right) in zip(characters, characters.dropFirst())
        where grams.contains(left.0 + right.0) {
          add(left.1.lowerBound..<right.1.upperBound)
        }
      }
    }
    return ranges
  }

  /// What a term is.
  enum TermKind {
    /// A word by its stem.
    case word
    /// A part of a word in camel case, by its stem; a word of the dictionary in a longer one.
    case part
    /// A code, version, file name or compound as one: what its parts are words of.
    case joined
    /// A pair of neighbouring characters of Hangul, Han and kana.
    case pair
  }

  /// Calls `body` with each term of a text, in the order of the text.
  ///
  /// Words that stand together, parted by one of `-_.` (or by a comma between digits), are terms
  /// each, and all of them are one more: `ERR-1042` is `err`, `1042` and `err1042`, so that it is
  /// found as `ERR1042` too; a mark between two digits stays, so that `1.10` is not `110`. Words
  /// in camel case are terms as a whole and in their parts. What follows an apostrophe is no word
  /// (`company's`), nor is a Korean particle after a word of another script (`API를`).
  ///
  /// - Parameters:
  ///   - vocabulary: the words that are kept whole, and found in longer ones of Hangul.
  ///   - body: takes the kind of a term, its bytes, and its place among the words; what is
  ///     joined has the place of its first word, and a part or a pair that of its word.
  /// - Complexity: O(*n*) in the text's length.
  static func forEachTerm(
    of text: String, _ vocabulary: Vocabulary = Vocabulary(),
    _ body: (_ kind: TermKind, _ term: Span<UInt8>, _ place: Int) -> Void
  ) {
    let bytes = text.utf8Span.span
    var scratch: [UInt8] = []
    var pairs: [UInt8] = []
    var compound = Compound()
    var place = 0
    var end = -1
    func emit(_ kind: TermKind, _ place: Int) {
      if !scratch.isEmpty { body(kind, scratch.span, place) }
      scratch.removeAll(keepingCapacity: true)
    }
    func emitStem(_ kind: TermKind, _ word: Word, _ place: Int) {
      if !vocabulary.words.isEmpty {
        let whole = Array(fold(string(text, word.range)).utf8)
        if vocabulary.words.contains(whole) {
          scratch = whole
          return emit(kind, place)
        }
      }
      appendStem(of: word, in: text, bytes, to: &scratch)
      scratch.removeLast()
      emit(kind, place)
    }
    func endCompound() {
      if compound.count > 1 {
        scratch.append(contentsOf: compound.form)
        PorterStemmer.stem(&scratch, from: 0)
        emit(.joined, compound.place)
      }
      compound.clear()
    }
    func emitPairs() {
      var start = 0
      for end in pairs.indices where pairs[end] == lineFeed {
        body(.pair, pairs.span.extracting(start..<end), place)
        start = end + 1
      }
      pairs.removeAll(keepingCapacity: true)
    }
    WordScanner.forEachWord(in: bytes) { word in
      let isAttached = word.range.lowerBound == end
      end = word.range.upperBound
      switch word.script {
      case .spaced:
        if compound.isEnclitic(word, in: bytes) { return }
        if !compound.takes(word, in: bytes) { endCompound() }
        emitStem(.word, word, place)
        for part in CamelCase.parts(of: word, in: bytes) { emitStem(.part, part, place) }
        compound.add(word, place: place, in: text)
        place += 1
      case .hangul:
        endCompound()
        let ends = appendFolded(word, in: text, bytes, to: &scratch)
        if isAttached, KoreanStemmer.isEnding(scratch[...]) {
          return scratch.removeAll(keepingCapacity: true)
        }
        appendPairs(of: scratch[...], ends, to: &pairs)
        let whole = scratch
        let length =
          vocabulary.stemLength(whole, ends) ?? KoreanStemmer.stemLength(scratch[...], ends)
        scratch.removeLast(scratch.count - length)
        emit(.word, place)
        vocabulary.forEachWord(within: whole, ends, besides: length) { known in
          scratch.append(contentsOf: known)
          emit(.part, place)
        }
        emitPairs()
        place += 1
      case .unspaced:
        endCompound()
        let ends = appendFolded(word, in: text, bytes, to: &scratch)
        appendPairs(of: scratch[...], ends, to: &pairs)
        scratch.removeAll(keepingCapacity: true)
        emitPairs()
        place += 1
      }
    }
    endCompound()
  }

  /// What parts terms: FTS5 takes it for a space, and no letter folds to it.
  private static let lineFeed = UInt8(ascii: "\n")

  /// Adds the stem of a word of a spaced script, and a line feed.
  private static func appendStem(
    of word: Word, in text: String, _ bytes: Span<UInt8>, to lines: inout [UInt8]
  ) {
    let start = lines.count
    if word.isASCII {
      for index in word.range {
        let byte = bytes[index]
        lines.append((0x41...0x5A).contains(byte) ? byte | 0x20 : byte)
      }
    } else {
      lines.append(contentsOf: fold(string(text, word.range)).utf8)
    }
    PorterStemmer.stem(&lines, from: start)
    lines.append(lineFeed)
  }

  /// Adds a word in the form in which words are compared.
  ///
  /// - Returns: where its characters end, as offsets in the folded word.
  private static func appendFolded(
    _ word: Word, in text: String, _ bytes: Span<UInt8>, to folded: inout [UInt8]
  ) -> [Int] {
    guard isOfSyllables(word, bytes) else {
      let form = fold(string(text, word.range))
      folded.append(contentsOf: form.utf8)
      return characterEnds(of: form)
    }
    folded.append(copying: bytes.extracting(word.range))
    return Array(stride(from: 3, through: word.range.count, by: 3))
  }

  /// Whether a word is of whole syllables of Hangul alone: they are three bytes each, fold to
  /// themselves and join nothing beside them.
  private static func isOfSyllables(_ word: Word, _ bytes: Span<UInt8>) -> Bool {
    stride(from: word.range.lowerBound, to: word.range.upperBound, by: 3).allSatisfy {
      (0xAC00...0xD7A3).contains(bytes.scalar(at: $0)?.value ?? 0)
    }
  }

  /// At most eight bytes as one number.
  private static func packed(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
    var packed: UInt64 = 0
    for index in range { packed = packed << 8 | UInt64(bytes[index]) }
    return packed
  }

  /// Where the characters of a word end, in UTF-8 offsets.
  static func characterEnds(of word: String) -> [Int] {
    var end = 0
    return word.map { character in
      end += character.utf8.count
      return end
    }
  }

  /// Adds overlapping pairs of a word's characters, and line feeds; the character itself where it
  /// is alone.
  private static func appendPairs(
    of word: ArraySlice<UInt8>, _ ends: [Int], to lines: inout [UInt8]
  ) {
    var start = word.startIndex
    for (place, end) in ends.enumerated() where place > 0 || ends.count == 1 {
      lines.append(contentsOf: word[start..<word.startIndex + end])
      lines.append(lineFeed)
      start = word.startIndex + ends[max(0, place - 1)]
    }
  }

  /// A word in the form in which words are compared.
  static func fold(_ word: String) -> String {
    let folded = word.precomposedStringWithCompatibilityMapping.lowercased()
    // Accents go from Latin letters alone: in other scripts marks make other words.
    guard folded.unicodeScalars.contains(where: { (0xC0...0x24F).contains($0.value) }) else {
      return folded
    }
    let bare = folded.decomposedStringWithCanonicalMapping.unicodeScalars.filter {
      !(0x300...0x36F).contains($0.value)
    }
    return String(String.UnicodeScalarView(bare))
  }

  static func string(_ text: String, _ range: Range<Int>) -> String {
    let start = text.utf8.index(text.startIndex, offsetBy: range.lowerBound)
    return String(text[start..<text.utf8.index(start, offsetBy: range.count)])
  }

  private static func distinct(_ terms: [String]) -> [String] {
    var seen: Set<String> = []
    return terms.filter { seen.insert($0).inserted }
  }
}
