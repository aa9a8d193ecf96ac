/// The English stemmer of M. F. Porter, “An algorithm for suffix stripping”, Program 14 (1980).
///
/// Works over ASCII letters; a word with a digit or a letter beyond a–z stays as it is. The last
/// eight letters are kept in one number, with which a suffix is compared at once, and the places of
/// the vowels in the bits of another.
struct PorterStemmer {
  /// Words of so many letters and more are no English.
  private static let lengthLimit = 64

  private var letters = InlineArray<64, UInt8>(repeating: 0)
  private var count = 0
  /// The last eight letters, the very last lowest.
  private var tail: UInt64 = 0
  /// Bit *n* tells whether letter *n* is a vowel; those beyond the last letter are of no meaning.
  private var vowels: UInt64 = 0
  /// The number of letters before the suffix that was last looked for.
  private var stemLength = 0

  /// The stem of a word in lower case.
  ///
  /// - Complexity: O(*n*) in the word's length.
  static func stem(_ word: String) -> String {
    var bytes = Array(word.utf8)
    stem(&bytes, from: 0)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Puts its stem in the place of the word in lower case that is the end of a text in UTF-8.
  ///
  /// - Complexity: O(*n*) in the word's length.
  static func stem(_ text: inout [UInt8], from start: Int) {
    let length = text.count - start
    guard length > 2, length < lengthLimit else { return }
    var stemmer = PorterStemmer()
    for index in start..<text.count {
      guard (0x61...0x7A).contains(text[index]) else { return }
      stemmer.append(text[index])
    }
    stemmer.stem()
    text.removeLast(length - stemmer.count)
    for index in 0..<stemmer.count { text[start + index] = stemmer.letters[index] }
  }

  private mutating func stem() {
    plurals()
    pastAndProgressive()
    finalY()
    replaceFirst(of: Self.doubleSuffixes, minimumMeasure: 1)
    replaceFirst(of: Self.adjectiveSuffixes, minimumMeasure: 1)
    residualSuffixes()
    finalEAndL()
  }

  // MARK: The letters

  private var last: UInt8 { UInt8(truncatingIfNeeded: tail) }

  @inline(__always)
  private mutating func append(_ letter: UInt8) {
    letters[count] = letter
    if isVowel(letter) { vowels |= 1 << UInt64(count) } else { vowels &= ~(1 << UInt64(count)) }
    count += 1
    tail = tail << 8 | UInt64(letter)
  }

  /// Whether a letter at the end is a vowel: y is one after a consonant.
  private func isVowel(_ letter: UInt8) -> Bool {
    switch letter {
    case UInt8(ascii: "a"), UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "o"),
      UInt8(ascii: "u"):
      true
    case UInt8(ascii: "y"): count > 0 && isConsonant(count - 1)
    default: false
    }
  }

  /// Takes letters off the end.
  private mutating func removeLast(_ removed: Int = 1) {
    count -= removed
    tail = 0
    for index in max(0, count - 8)..<count { tail = tail << 8 | UInt64(letters[index]) }
  }

  /// Puts other letters in the place of those after the stem.
  private mutating func replaceSuffix(with replacement: Suffix) {
    removeLast(count - stemLength)
    for place in (0..<replacement.length).reversed() {
      append(UInt8(truncatingIfNeeded: replacement.letters >> UInt64(8 * place)))
    }
  }

  // MARK: The steps

  /// Step 1a.
  private mutating func plurals() {
    guard last == UInt8(ascii: "s") else { return }
    if ends(with: Self.sses) || ends(with: Self.ies) {
      removeLast(2)
    } else if !ends(with: Self.ss) {
      removeLast()
    }
  }

  /// Step 1b.
  private mutating func pastAndProgressive() {
    guard last == UInt8(ascii: "d") || last == UInt8(ascii: "g") else { return }
    if ends(with: Self.eed) {
      if measure(stemLength) > 0 { removeLast() }
      return
    }
    guard
      (ends(with: Self.ed) && hasVowel(stemLength))
        || (ends(with: Self.ing) && hasVowel(stemLength))
    else { return }
    removeLast(count - stemLength)
    if ends(with: Self.at) || ends(with: Self.bl) || ends(with: Self.iz) {
      append(UInt8(ascii: "e"))
    } else if endsWithDoubleConsonant {
      switch letters[count - 1] {
      case UInt8(ascii: "l"), UInt8(ascii: "s"), UInt8(ascii: "z"): break
      default: removeLast()
      }
    } else if measure(count) == 1, endsShort(count) {
      append(UInt8(ascii: "e"))
    }
  }

  /// Step 1c.
  private mutating func finalY() {
    if last == UInt8(ascii: "y"), hasVowel(count - 1) {
      removeLast()
      append(UInt8(ascii: "i"))
    }
  }

  /// Steps 2 and 3: the first suffix that matches is replaced, if the stem is long enough.
  private mutating func replaceFirst(
    of suffixes: [(suffix: Suffix, replacement: Suffix)], minimumMeasure: Int
  ) {
    for (suffix, replacement) in suffixes where ends(with: suffix) {
      if measure(stemLength) >= minimumMeasure { replaceSuffix(with: replacement) }
      return
    }
  }

  /// Step 4.
  private mutating func residualSuffixes() {
    for suffix in Self.residual where ends(with: suffix) {
      if suffix == Self.ion {
        guard stemLength > 0 else { return }
        let before = letters[stemLength - 1]
        guard before == UInt8(ascii: "s") || before == UInt8(ascii: "t") else { return }
      }
      if measure(stemLength) > 1 { removeLast(count - stemLength) }
      return
    }
  }

  /// Step 5.
  private mutating func finalEAndL() {
    if last == UInt8(ascii: "e") {
      let length = measure(count - 1)
      if length > 1 || (length == 1 && !endsShort(count - 1)) { removeLast() }
    }
    if last == UInt8(ascii: "l"), ends(with: Self.ll), measure(count) > 1 { removeLast() }
  }

  // MARK: The conditions

  /// Whether the word ends with a suffix and has letters before it.
  private mutating func ends(with suffix: Suffix) -> Bool {
    guard tail & suffix.mask == suffix.letters, count > suffix.length else { return false }
    stemLength = count - suffix.length
    return true
  }

  private func isConsonant(_ index: Int) -> Bool { vowels >> UInt64(index) & 1 == 0 }

  /// The paper's m: how many times vowels are followed by consonants in the first `length` letters.
  private func measure(_ length: Int) -> Int {
    guard length > 0 else { return 0 }
    // What is followed by a consonant, the last letter left out.
    let turns = vowels & ~(vowels >> 1) & ((1 << UInt64(length - 1)) - 1)
    return turns.nonzeroBitCount
  }

  private func hasVowel(_ length: Int) -> Bool { vowels & ((1 << UInt64(length)) - 1) != 0 }

  private var endsWithDoubleConsonant: Bool {
    count > 1 && letters[count - 1] == letters[count - 2] && isConsonant(count - 1)
  }

  /// The paper's *o: consonant, vowel, consonant at the end, the last not w, x or y.
  private func endsShort(_ length: Int) -> Bool {
    guard length > 2, isConsonant(length - 1), !isConsonant(length - 2), isConsonant(length - 3)
    else { return false }
    switch letters[length - 1] {
    case UInt8(ascii: "w"), UInt8(ascii: "x"), UInt8(ascii: "y"): return false
    default: return true
    }
  }

  // MARK: The suffixes, longest first where one ends with another

  /// At most eight letters as they stand in ``tail``.
  private struct Suffix: Equatable, ExpressibleByStringLiteral {
    let letters: UInt64
    let mask: UInt64
    let length: Int

    init(stringLiteral text: String) {
      letters = text.utf8.reduce(0) { $0 << 8 | UInt64($1) }
      length = text.utf8.count
      mask = text.utf8.reduce(0) { mask, _ in mask << 8 | 0xFF }
    }
  }

  private static let sses: Suffix = "sses"
  private static let ies: Suffix = "ies"
  private static let ss: Suffix = "ss"
  private static let eed: Suffix = "eed"
  private static let ed: Suffix = "ed"
  private static let ing: Suffix = "ing"
  private static let at: Suffix = "at"
  private static let bl: Suffix = "bl"
  private static let iz: Suffix = "iz"
  private static let ion: Suffix = "ion"
  private static let ll: Suffix = "ll"

  private static let doubleSuffixes: [(suffix: Suffix, replacement: Suffix)] = [
    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"),
    ("abli", "able"), ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"),
    ("ization", "ize"), ("ation", "ate"), ("ator", "ate"), ("alism", "al"), ("iveness", "ive"),
    ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"), ("iviti", "ive"), ("biliti", "ble"),
  ]
  private static let adjectiveSuffixes: [(suffix: Suffix, replacement: Suffix)] = [
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""),
    ("ness", ""),
  ]
  private static let residual: [Suffix] = [
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou",
    "ism", "ate", "iti", "ous", "ive", "ize",
  ]
}
