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
  static let version = 1

  /// The terms of one text.
  struct Terms {
    /// Stems in the order of the text.
    var words: [String] = []
    /// Pairs of neighbouring characters of Hangul, Han and kana.
    var grams: [String] = []
  }

  /// A term of a text and the word from which it came.
  struct LocatedTerm {
    /// The stem or pair.
    var term: String
    /// The UTF-8 offsets of its characters in the text.
    var range: Range<Int>
  }

  /// The terms of a document's text, stop words included: phrases and odd queries may need them.
  ///
  /// - Complexity: O(*n*) in the text's length.
  static func terms(of text: String) -> Terms {
    var terms = Terms()
    let whole = text[...]
    WordScanner.forEachWord(in: whole) { word in
      let folded = fold(whole, word)
      switch word.script {
      case .spaced:
        terms.words.append(PorterStemmer.stem(folded))
      case .hangul:
        terms.words.append(KoreanStemmer.stem(folded))
        terms.grams.append(contentsOf: pairs(of: folded))
      case .unspaced:
        terms.grams.append(contentsOf: pairs(of: folded))
      }
    }
    return terms
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
    let words = Set(query.words)
    let grams = Set(query.grams)
    let whole = text[...]
    var ranges: [Range<Int>] = []
    func add(_ range: Range<Int>) {
      if let last = ranges.last, range.lowerBound <= last.upperBound {
        ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        ranges.append(range)
      }
    }
    WordScanner.forEachWord(in: whole) { word in
      switch word.script {
      case .spaced:
        if words.contains(PorterStemmer.stem(fold(whole, word))) { add(word.range) }
      case .hangul, .unspaced:
        let slice = string(whole, word.range)
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

  /// Overlapping pairs of characters; the character itself where it is alone.
  private static func pairs(of word: String) -> [String] {
    let characters = Array(word)
    if characters.count == 1 { return [word] }
    return zip(characters, characters.dropFirst()).map { String([$0, $1]) }
  }

  /// A word in the form in which words are compared.
  private static func fold(_ text: Substring, _ word: Word) -> String {
    let slice = string(text, word.range)
    return word.isASCII ? slice.lowercased() : fold(slice)
  }

  private static func fold(_ word: String) -> String {
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

  private static func string(_ text: Substring, _ range: Range<Int>) -> String {
    let start = text.utf8.index(text.startIndex, offsetBy: range.lowerBound)
    let end = text.utf8.index(start, offsetBy: range.count)
    return String(text[start..<end])
  }

  private static func distinct(_ terms: [String]) -> [String] {
    var seen: Set<String> = []
    return terms.filter { seen.insert($0).inserted }
  }
}
