/// The English stemmer of M. F. Porter, “An algorithm for suffix stripping”, Program 14 (1980).
///
/// Works over ASCII bytes; a word with a digit or a letter beyond a–z is returned as it is.
struct PorterStemmer {
  private var letters: [UInt8]
  /// The number of letters before the suffix that was last looked for.
  private var stemLength = 0

  /// The stem of a word in lower case.
  ///
  /// - Complexity: O(*n*) in the word's length.
  static func stem(_ word: String) -> String {
    let letters = Array(word.utf8)
    guard letters.count > 2, letters.count < 64, letters.allSatisfy({ (0x61...0x7A).contains($0) })
    else { return word }
    var stemmer = PorterStemmer(letters: letters)
    stemmer.plurals()
    stemmer.pastAndProgressive()
    stemmer.finalY()
    stemmer.replaceFirst(of: Self.doubleSuffixes, minimumMeasure: 1)
    stemmer.replaceFirst(of: Self.adjectiveSuffixes, minimumMeasure: 1)
    stemmer.residualSuffixes()
    stemmer.finalEAndL()
    return String(decoding: stemmer.letters, as: UTF8.self)
  }

  private init(letters: [UInt8]) { self.letters = letters }

  // MARK: The steps

  /// Step 1a.
  private mutating func plurals() {
    if ends(with: "sses") || ends(with: "ies") {
      letters.removeLast(2)
    } else if ends(with: "s"), !ends(with: "ss") {
      letters.removeLast()
    }
  }

  /// Step 1b.
  private mutating func pastAndProgressive() {
    if ends(with: "eed") {
      if measure(stemLength) > 0 { letters.removeLast() }
      return
    }
    guard
      (ends(with: "ed") && hasVowel(stemLength)) || (ends(with: "ing") && hasVowel(stemLength))
    else { return }
    letters.removeLast(letters.count - stemLength)
    if ends(with: "at") || ends(with: "bl") || ends(with: "iz") {
      letters.append(UInt8(ascii: "e"))
    } else if endsWithDoubleConsonant, let last = letters.last,
      last != UInt8(ascii: "l"), last != UInt8(ascii: "s"), last != UInt8(ascii: "z")
    {
      letters.removeLast()
    } else if measure(letters.count) == 1, endsShort(letters.count) {
      letters.append(UInt8(ascii: "e"))
    }
  }

  /// Step 1c.
  private mutating func finalY() {
    if ends(with: "y"), hasVowel(stemLength) {
      letters[letters.count - 1] = UInt8(ascii: "i")
    }
  }

  /// Steps 2 and 3: the first suffix that matches is replaced, if the stem is long enough.
  private mutating func replaceFirst(
    of suffixes: [(suffix: String, replacement: String)], minimumMeasure: Int
  ) {
    for (suffix, replacement) in suffixes where ends(with: suffix) {
      if measure(stemLength) >= minimumMeasure {
        letters.removeLast(letters.count - stemLength)
        letters.append(contentsOf: replacement.utf8)
      }
      return
    }
  }

  /// Step 4.
  private mutating func residualSuffixes() {
    for suffix in Self.residual where ends(with: suffix) {
      if suffix == "ion" {
        guard stemLength > 0 else { return }
        let before = letters[stemLength - 1]
        guard before == UInt8(ascii: "s") || before == UInt8(ascii: "t") else { return }
      }
      if measure(stemLength) > 1 { letters.removeLast(letters.count - stemLength) }
      return
    }
  }

  /// Step 5.
  private mutating func finalEAndL() {
    if ends(with: "e") {
      let length = measure(stemLength)
      if length > 1 || (length == 1 && !endsShort(stemLength)) { letters.removeLast() }
    }
    if ends(with: "ll"), measure(letters.count) > 1 { letters.removeLast() }
  }

  // MARK: The conditions

  private mutating func ends(with suffix: String) -> Bool {
    let suffix = suffix.utf8
    guard letters.count > suffix.count, letters.suffix(suffix.count).elementsEqual(suffix) else {
      return false
    }
    stemLength = letters.count - suffix.count
    return true
  }

  private func isConsonant(_ index: Int) -> Bool {
    switch letters[index] {
    case UInt8(ascii: "a"), UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "o"),
      UInt8(ascii: "u"):
      false
    case UInt8(ascii: "y"): index == 0 || !isConsonant(index - 1)
    default: true
    }
  }

  /// The paper's m: how many times vowels are followed by consonants in the first `length` letters.
  private func measure(_ length: Int) -> Int {
    var count = 0
    var afterVowel = false
    for index in 0..<length {
      let isVowel = !isConsonant(index)
      if afterVowel, !isVowel { count += 1 }
      afterVowel = isVowel
    }
    return count
  }

  private func hasVowel(_ length: Int) -> Bool { (0..<length).contains { !isConsonant($0) } }

  private var endsWithDoubleConsonant: Bool {
    let count = letters.count
    return count > 1 && letters[count - 1] == letters[count - 2] && isConsonant(count - 1)
  }

  /// The paper's *o: consonant, vowel, consonant at the end, the last not w, x or y.
  private func endsShort(_ length: Int) -> Bool {
    guard length > 2, isConsonant(length - 1), !isConsonant(length - 2), isConsonant(length - 3)
    else { return false }
    return ![UInt8(ascii: "w"), UInt8(ascii: "x"), UInt8(ascii: "y")].contains(letters[length - 1])
  }

  // MARK: The suffixes, longest first where one ends with another

  private static let doubleSuffixes: [(suffix: String, replacement: String)] = [
    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"),
    ("abli", "able"), ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"),
    ("ization", "ize"), ("ation", "ate"), ("ator", "ate"), ("alism", "al"), ("iveness", "ive"),
    ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"), ("iviti", "ive"), ("biliti", "ble"),
  ]
  private static let adjectiveSuffixes: [(suffix: String, replacement: String)] = [
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""),
    ("ness", ""),
  ]
  private static let residual: [String] = [
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou",
    "ism", "ate", "iti", "ous", "ive", "ize",
  ]
}
