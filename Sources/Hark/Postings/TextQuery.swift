/// What the full text is asked for: the terms of a query, and what a chunk must and must not hold.
struct TextQuery: Sendable, Equatable {
  /// One thing that the query is about: a term, or several that mean the same.
  struct Clause: Sendable, Equatable {
    /// What is looked for; a chunk that holds several of them holds the clause more often.
    var terms: [Term]
    /// How much the clause counts.
    var weight: Double = 1
    /// Whether its terms are pairs of characters, which have lengths of their own.
    var isPair: Bool = false
    /// Whether it says so little that it alone makes no chunk a candidate.
    var isCommon: Bool = false
    /// The clause as it stands in the query.
    var text: String

    /// Whether it is of Hangul, Han or kana, whose words no text holds that is in Latin letters.
    var isEastAsian: Bool {
      guard let first = text.unicodeScalars.first?.value else { return false }
      return (0x1100...0x11FF).contains(first) || (0x2E80...0x9FFF).contains(first)
        || (0xA960...0xA97F).contains(first)
        || (0xAC00...0xD7FF).contains(first) || (0xF900...0xFAFF).contains(first)
        || first >= 0x20000
    }
  }

  /// A term, or the beginning of terms.
  struct Term: Sendable, Hashable {
    /// The term as the analysis made it.
    var bytes: [UInt8]
    /// Whether all terms that begin with it are meant.
    var isPrefix = false
  }

  /// A term of a phrase, and its distance from the first one in words.
  struct PhraseTerm: Sendable, Hashable {
    /// The term as the postings have it.
    var bytes: [UInt8]
    var offset: Int
  }

  /// Terms that stand at certain distances from each other: at least one.
  typealias Phrase = [PhraseTerm]

  /// The most phrases and words that a query may require, and that it may exclude.
  static let constraintLimit = 32

  /// What chunks are ranked by.
  var clauses: [Clause] = []
  /// What a chunk must hold.
  var required: [Phrase] = []
  /// What a chunk must not hold.
  var excluded: [Phrase] = []

  /// Whether chunks are left out by what they hold.
  var isConstrained: Bool { !required.isEmpty || !excluded.isEmpty }
}
