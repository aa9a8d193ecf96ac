import Machine

/// Text that looks like English and Korean to an index: words as rare as in real text, the same in
/// every run.
///
/// A word's share falls with its rank *r* as 1 / (*r* + 2.7) (Mandelbrot 1953, after Zipf); the first
/// ranks of English are its function words, all others are made of syllables. Every third document is
/// Korean. A document is one chunk of about the usual size.
struct SyntheticCorpus {
  /// The words of each language.
  private static let vocabulary = 50_000
  /// The tokens that a document is filled up to, less than a chunk of a new collection.
  private static let tokens = 190
  /// The documents that are ingested at a time.
  private static let documentsAtOnce = 100_000

  private var generator = SeededGenerator(seed: 1953)
  /// The share of the words up to each rank.
  private let cumulated: [Double]
  private let countTokens: @Sendable (Substring) -> Int

  /// Makes a corpus whose documents are as long as a model's tokens allow.
  init(countTokens: @escaping @Sendable (Substring) -> Int) {
    self.countTokens = countTokens
    var sum = 0.0
    cumulated = (0..<Self.vocabulary).map { rank in
      sum += 1 / (Double(rank) + 3.7)
      return sum
    }
  }

  /// Fills an empty collection with a number of chunks.
  ///
  /// - Throws: `invalid-argument` where the collection holds documents, and what an ingest throws.
  static func fill(
    _ engine: Engine, collection: String, chunks: Int,
    progress: (@Sendable (IngestProgress) -> Void)?
  ) async throws(HarkError) {
    guard try await engine.collection(collection).documents == 0 else {
      throw HarkError(
        .invalidArgument,
        "\(engine.storePath) holds documents already: name a new folder, or measure it as it is, "
          + "without generated text")
    }
    let countTokens = try await engine.detached { catalog in
      let scope = try catalog.read { db in try catalog.scope(collection, db) }
      return try engine.model(of: scope).countTokens
    }
    var corpus = SyntheticCorpus(countTokens: countTokens)
    var done = 0
    while done < chunks {
      let part = done..<min(done + documentsAtOnce, chunks)
      let documents = part.map { number in
        SourceDocument(
          externalID: "synthetic-\(number)", content: .text(corpus.text(isKorean: number % 3 == 2)))
      }
      try await engine.upsert(documents, into: collection, progress: progress)
      done = part.upperBound
    }
  }

  /// The next document.
  mutating func text(isKorean: Bool) -> String {
    var text = sentence(isKorean: isKorean)
    var tokens = countTokens(text[...])
    while true {
      let next = sentence(isKorean: isKorean)
      tokens += countTokens(next[...])
      guard tokens <= Self.tokens else { return text }
      text += " " + next
    }
  }

  private mutating func sentence(isKorean: Bool) -> String {
    let count = isKorean ? 4 + generator.index(below: 5) : 8 + generator.index(below: 9)
    let words = (0..<count).map { _ in
      isKorean ? Self.korean(rank()) + particle() : Self.english(rank())
    }
    return words.joined(separator: " ") + (isKorean ? "다." : ".")
  }

  /// A rank, from 0, with its share of the words.
  mutating func rank() -> Int {
    let wanted = generator.fraction() * (cumulated.last ?? 0)
    var range = 0..<cumulated.count - 1
    while !range.isEmpty {
      let middle = (range.lowerBound + range.upperBound) / 2
      range =
        cumulated[middle] < wanted ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    return range.lowerBound
  }

  private mutating func particle() -> String {
    Self.particles[generator.index(below: Self.particles.count)]
  }

  // MARK: Words

  private static let functionWords =
    """
    the of and to in a is that for it as was with be by on not he his at from or an are this which \
    have were but had they you one all we can there if been has would will than no their when who so
    """.split(separator: " ").map(String.init)
  private static let particles = ["은", "는", "이", "가", "을", "를", "에", "에서", "의", "로", ""]
  private static let consonants = Array("bdfgklmnprstvz")
  private static let vowels = Array("aeiou")

  /// The word of a rank: open syllables, two in the commoner words and three in the others.
  static func english(_ rank: Int) -> String {
    guard rank >= functionWords.count else { return functionWords[rank] }
    let syllables = consonants.count * vowels.count
    let length = rank < syllables * syllables ? 2 : 3
    // A prime that no number of words is a multiple of reaches each word once, and neighbours in
    // rank are no neighbours in spelling.
    var number =
      rank * 7919 % (length == 2 ? syllables * syllables : syllables * syllables * syllables)
    return (0..<length).map { _ in
      defer { number /= syllables }
      let syllable = number % syllables
      return "\(consonants[syllable / vowels.count])\(vowels[syllable % vowels.count])"
    }.joined()
  }

  /// The stem of a rank: two syllables of Hangul, another stem for each rank.
  static func korean(_ rank: Int) -> String {
    let (initials, medials, finals) = (14, 8, [0, 4, 8, 21])
    let syllables = initials * medials * finals.count
    let number = rank * 7919 % (syllables * syllables)
    let scalars = [number % syllables, number / syllables].compactMap { syllable in
      // U+AC00 on, by initial, medial and final (The Unicode Standard, section 3.12).
      let initial = syllable / (medials * finals.count)
      let medial = syllable / finals.count % medials
      return Unicode.Scalar(
        UInt32(0xAC00 + (initial * 21 + medial) * 28 + finals[syllable % finals.count]))
    }
    return String(String.UnicodeScalarView(scalars))
  }
}
