/// What a query asks for beside its words: phrases, beginnings of words, and what must not be there.
///
/// - `"travel budget"`: the words must stand one after another. A quotation mark that never closes
///   is none.
/// - `govern*`: words that begin so.
/// - `-draft`, `-"first draft"`: passages that hold it are left out. What has less than three Latin
///   letters, or two hyphens, is an option of a command (`ls -l`, `--all`) and a word as others.
///
/// There is nothing else, so that no question is a mistake: all other marks part words.
struct QuerySyntax: Sendable, Equatable {
  /// The query without its marks and without what is excluded: what is embedded, and whose words
  /// are searched.
  private(set) var words = ""
  /// What stands in quotation marks.
  private(set) var phrases: [String] = []
  /// What must not be there: words and phrases.
  private(set) var excluded: [String] = []
  /// The beginnings of words.
  private(set) var prefixes: [String] = []

  /// The fewest letters of a word that is excluded.
  private static let excludedLetters = 3
  /// The fewest letters before an asterisk.
  private static let prefixLetters = 2
  private static let quotes: Set<Character> = ["\"", "“", "”"]

  /// - Complexity: O(*n*) in the query's length.
  init(_ query: String) {
    var rest = query[...]
    while let first = rest.first {
      if first.isWhitespace {
        words.append(first)
        rest.removeFirst()
      } else if Self.quotes.contains(first), let phrase = Self.takePhrase(&rest) {
        phrases.append(String(phrase))
        words += phrase + " "
      } else if first == "-", words.last?.isWhitespace ?? true,
        let word = Self.takeExcluded(&rest)
      {
        excluded.append(String(word))
      } else {
        takeWord(&rest)
      }
    }
  }

  /// The text in quotation marks at the beginning of `rest`; nil where they do not close.
  private static func takePhrase(_ rest: inout Substring) -> Substring? {
    let inside = rest.dropFirst()
    guard let end = inside.firstIndex(where: quotes.contains), end > inside.startIndex else {
      return nil
    }
    let phrase = inside[..<end]
    rest = inside[end...].dropFirst()
    return phrase
  }

  private static func takeExcluded(_ rest: inout Substring) -> Substring? {
    var after = rest.dropFirst()
    if let first = after.first, quotes.contains(first) {
      guard let phrase = takePhrase(&after) else { return nil }
      rest = after
      return phrase
    }
    let word = after.prefix { !$0.isWhitespace }
    // Options of commands are in Latin letters; Korean words of two syllables are many.
    guard let first = word.first, first.isLetter, !first.isASCII || word.count >= excludedLetters
    else { return nil }
    rest = after[word.endIndex...]
    return word
  }

  private mutating func takeWord(_ rest: inout Substring) {
    // Hyphens and quotation marks within a word are its own (5" disk); marks before it are not.
    guard let first = rest.first, first.isLetter || first.isNumber else {
      words.append(rest.removeFirst())
      return
    }
    let word = rest.prefix { !$0.isWhitespace }
    rest = rest[word.endIndex...]
    let stem = word.prefix { $0.isLetter || $0.isNumber }
    if word.last == "*", stem.count == word.count - 1, stem.count >= Self.prefixLetters {
      prefixes.append(String(stem))
      words += stem
    } else {
      words += word
    }
  }
}
