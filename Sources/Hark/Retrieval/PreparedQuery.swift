import Documents
import Foundation

/// A query as both sides of a search take it.
struct PreparedQuery: Sendable {
  /// The query as it was given.
  let text: String
  /// What it asks for beside its words.
  let syntax: QuerySyntax
  /// Its terms.
  let terms: TextAnalysis.Terms
  /// What the full text is asked for.
  let textQuery: TextQuery
  /// The vector of its words, of unit length; nil for a search by words alone.
  let vector: [Float]?
  /// The tokens that the model's tokenizer makes of it.
  let tokenCount: Int
  /// The words of it, as the analysis finds them.
  let wordCount: Int

  /// The most characters of a query, counted as Unicode scalars.
  static let characterLimit = 8_192

  /// - Parameters:
  ///   - syntax: the query, parted into words and marks.
  ///   - vocabulary: words that are kept whole, and words that mean the same.
  ///   - vector: the vector of its words, and how many tokens the model made of them.
  init(
    _ text: String, _ syntax: QuerySyntax, _ vocabulary: Vocabulary = Vocabulary(),
    vector: [Float]?, tokenCount: Int
  ) {
    self.text = text
    self.syntax = syntax
    self.vector = vector
    self.tokenCount = tokenCount
    var words = 0
    WordScanner.forEachWord(in: syntax.words.utf8Span.span) { _ in words += 1 }
    wordCount = words
    terms = TextAnalysis.queryTerms(of: syntax.words)
    textQuery = TextQuery(syntax, vocabulary)
  }

  /// Refuses what is no query.
  ///
  /// - Returns: the query, parted into words and marks.
  /// - Throws: `invalid-argument`.
  @discardableResult
  static func check(_ query: String) throws(HarkError) -> QuerySyntax {
    guard query.contains(where: { !$0.isWhitespace }) else {
      throw HarkError(.invalidArgument, "query is empty: give at least one word")
    }
    guard query.unicodeScalars.count <= characterLimit else {
      throw HarkError(
        .invalidArgument,
        "query has more than \(characterLimit) characters: ask with the words that matter, or "
          + "search with a part of the text")
    }
    let syntax = QuerySyntax(query)
    guard max(syntax.phrases.count, syntax.excluded.count) <= TextQuery.constraintLimit else {
      throw HarkError(
        .invalidArgument,
        "query has more than \(TextQuery.constraintLimit) phrases or exclusions: ask with fewer")
    }
    return syntax
  }
}

extension TextQuery {
  /// How much clauses count beside words: parts of words, compounds as one, pairs of characters,
  /// words that are in every question.
  private static let (partWeight, joinedWeight, pairWeight, commonWeight) = (0.5, 0.3, 0.5, 0.4)

  /// The terms of a query, each once.
  init(_ syntax: QuerySyntax, _ vocabulary: Vocabulary = Vocabulary()) {
    var places: [[UInt8]: Int] = [:]
    TextAnalysis.forEachTerm(of: syntax.words, vocabulary) { kind, term, _ in
      var bytes: [UInt8] = []
      bytes.append(copying: term)
      let text = String(decoding: bytes, as: UTF8.self)
      var clause = Clause(terms: [Term(bytes: bytes)], text: text)
      switch kind {
      case .word: clause.isCommon = StopWords.stems.contains(text)
      case .part: clause.weight = Self.partWeight
      case .joined: clause.weight = Self.isCode(bytes) ? 1 : Self.joinedWeight
      case .pair: (clause.weight, clause.isPair) = (Self.pairWeight, true)
      }
      let key = kind == .pair ? [PostingsView.pairPrefix] + bytes : bytes
      if let place = places[key] {
        // What comes as a word and as a part of another counts as the word.
        if clause.weight > clauses[place].weight { clauses[place] = clause }
      } else {
        places[key] = clauses.count
        clauses.append(clause)
      }
    }
    for bytes in Set(syntax.prefixes.map { Array(TextAnalysis.fold($0).utf8) })
      .sorted(by: { $0.lexicographicallyPrecedes($1) })
    {
      let prefix = String(decoding: bytes, as: UTF8.self)
      clauses.append(Clause(terms: [Term(bytes: bytes, isPrefix: true)], text: prefix + "*"))
    }
    // Where nothing else is left, common words are what the query is about; else they come last,
    // for they count where others do.
    let isAllCommon = clauses.allSatisfy(\.isCommon)
    for index in clauses.indices where clauses[index].isCommon {
      clauses[index].isCommon = !isAllCommon
      if !isAllCommon { clauses[index].weight = Self.commonWeight }
    }
    clauses = clauses.filter { !$0.isCommon } + clauses.filter(\.isCommon)
    if !vocabulary.synonyms.isEmpty { addSynonyms(of: syntax.words, vocabulary) }
    required = Self.phrases(syntax.phrases, vocabulary)
    excluded = Self.phrases(syntax.excluded, vocabulary)
  }

  /// The phrases of some texts, each once.
  private static func phrases(_ texts: [String], _ vocabulary: Vocabulary) -> [Phrase] {
    var known: Set<Phrase> = []
    return texts.map { phrase($0, vocabulary) }
      .filter { !$0.isEmpty && known.insert($0).inserted }
  }

  /// Adds what may stand for words of the query: a word for a word as an alternative, which counts
  /// as the word itself; what has several words as clauses of its own.
  private mutating func addSynonyms(of text: String, _ vocabulary: Vocabulary) {
    let words = Self.phrase(text, vocabulary).map(\.bytes)
    let longest = vocabulary.synonyms.keys.lazy.map(\.count).max() ?? 0
    for start in words.indices {
      for end in start..<min(words.count, start + longest) {
        let source = Array(words[start...end])
        for target in vocabulary.synonyms[source] ?? [] {
          let place = clauses.firstIndex { !$0.isPair && $0.terms.first?.bytes == source.first }
          if source.count == 1, target.count == 1, let place {
            let term = Term(bytes: target[0])
            if !clauses[place].terms.contains(term) { clauses[place].terms.append(term) }
            continue
          }
          for word in target
          where !clauses.contains(where: { !$0.isPair && $0.terms.contains(Term(bytes: word)) }) {
            clauses.append(
              Clause(
                terms: [Term(bytes: word)], weight: Self.partWeight,
                text: String(decoding: word, as: UTF8.self)))
          }
        }
      }
    }
  }

  /// Whether a compound is a code, a version or a model: it has letters and digits.
  private static func isCode(_ compound: [UInt8]) -> Bool {
    compound.contains { (0x30...0x39).contains($0) } && compound.contains { $0 > 0x60 }
  }

  /// The words of a text in their order, as postings have them.
  static func phrase(_ text: String, _ vocabulary: Vocabulary) -> Phrase {
    var phrase: Phrase = []
    var first = 0
    TextAnalysis.forEachTerm(of: text, vocabulary) { kind, term, place in
      // Words of Han and kana are their pairs; those of Hangul have a stem besides.
      guard kind == .word || kind == .pair && phrase.last?.offset != place - first else { return }
      if phrase.isEmpty { first = place }
      var bytes: [UInt8] = kind == .pair ? [PostingsView.pairPrefix] : []
      bytes.append(copying: term)
      phrase.append(PhraseTerm(bytes: bytes, offset: place - first))
    }
    return phrase
  }
}
