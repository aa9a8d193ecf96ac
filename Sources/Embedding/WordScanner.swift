/// One walk over a text: collects the scalars of a word, and looks its tokens up at its end.
struct WordScanner {
  /// The tokens so far, where they are kept.
  private(set) var tokens: [Int32] = []
  /// The number of tokens so far.
  private(set) var count = 0

  private let tokenizer: WordPieceTokenizer
  private let keepsTokens: Bool
  private let limit: Int
  /// The bytes of the word; longer words than the tokenizer takes are counted, and not kept.
  private var word: [UInt8]
  private var wordBytes = 0
  private var wordScalars = 0
  /// Marks that stay, since the last scalar that none of them moves across, by combining class.
  private var marks: [(scalar: UInt32, combiningClass: UInt8)] = []

  /// Makes a scanner that may stop as soon as there are `limit` tokens.
  init(_ tokenizer: WordPieceTokenizer, keepsTokens: Bool, limit: Int) {
    self.tokenizer = tokenizer
    self.keepsTokens = keepsTokens
    self.limit = limit
    word = [UInt8](repeating: 0, count: 4 * tokenizer.maximumWordLength)
  }

  /// Walks over a text in UTF-8.
  mutating func scan(_ text: Span<UInt8>) {
    var index = 0
    while index < text.count, count < limit {
      let byte = text[index]
      switch tokenizer.leads[Int(byte)] {
      case .letter(let letter):
        endMarks()
        append(letter)
        index += 1
      case .boundary:
        endWord()
        index += 1
      case .isolated(let mark):
        endWord()
        append(mark)
        endWord()
        index += 1
      case .removed:
        index += 1
      case .other:
        index += scanScalar(text, at: index)
      case .addedToken:
        if let added = addedToken(text, at: index) {
          endWord()
          add(added.token)
          index += added.bytes.count
        } else {
          index += scanScalar(text, at: index)
        }
      }
    }
    endWord()
  }

  // MARK: Scalars

  /// Decodes one scalar of valid UTF-8, does what its entry says, and gives its length in bytes.
  private mutating func scanScalar(_ text: Span<UInt8>, at index: Int) -> Int {
    let lead = UInt32(text[index])
    func trail(_ offset: Int) -> UInt32 {
      index + offset < text.count ? UInt32(text[index + offset] & 0x3F) : 0
    }
    let scalar: UInt32
    let length: Int
    switch lead {
    case ..<0x80: (scalar, length) = (lead, 1)
    case ..<0xE0: (scalar, length) = ((lead & 0x1F) << 6 | trail(1), 2)
    case ..<0xF0: (scalar, length) = ((lead & 0x0F) << 12 | trail(1) << 6 | trail(2), 3)
    default:
      (scalar, length) = (
        (lead & 0x07) << 18 | trail(1) << 12 | trail(2) << 6 | trail(3), 4
      )
    }
    perform(tokenizer.normalizer.entry(scalar), on: scalar)
    return length
  }

  private mutating func perform(_ entry: TextNormalizer.Entry, on original: UInt32) {
    let scalar = entry.payload == 0 ? original : entry.payload
    switch entry.action {
    case .keep:
      endMarks()
      append(scalar: scalar)
    case .remove: break
    case .barrier: endMarks()
    case .boundary: endWord()
    case .isolate:
      endWord()
      append(scalar: scalar)
      endWord()
    case .expand:
      for part in tokenizer.normalizer.expansions[Int(entry.payload)] {
        perform(part.entry, on: part.scalar)
      }
    case .reorder: insertMark(scalar)
    case .decompose:
      endMarks()
      appendSyllable(scalar)
    }
  }

  /// The letters of a Hangul syllable (The Unicode Standard, section 3.12).
  private mutating func appendSyllable(_ scalar: UInt32) {
    let index = scalar - 0xAC00
    append(scalar: 0x1100 + index / 588)
    append(scalar: 0x1161 + index % 588 / 28)
    if !index.isMultiple(of: 28) { append(scalar: 0x11A7 + index % 28) }
  }

  // MARK: Marks

  /// Puts a mark behind those of the same class or a lower one (canonical ordering).
  private mutating func insertMark(_ scalar: UInt32) {
    let value = tokenizer.normalizer.combiningClass(scalar)
    let place = marks.lastIndex { $0.combiningClass <= value }.map { $0 + 1 } ?? 0
    marks.insert((scalar, value), at: place)
  }

  @inline(__always)
  private mutating func endMarks() {
    if !marks.isEmpty { appendMarks() }
  }

  private mutating func appendMarks() {
    let sorted = marks
    marks.removeAll()
    for mark in sorted { append(scalar: mark.scalar) }
  }

  // MARK: Words

  @inline(__always)
  private mutating func append(_ byte: UInt8) {
    if wordScalars < tokenizer.maximumWordLength {
      word[wordBytes] = byte
      wordBytes &+= 1
    }
    wordScalars &+= 1
  }

  private mutating func append(scalar: UInt32) {
    if wordScalars < tokenizer.maximumWordLength, let scalar = Unicode.Scalar(scalar) {
      for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
        word[wordBytes] = byte
        wordBytes &+= 1
      }
    }
    wordScalars &+= 1
  }

  /// Looks up the tokens of the word, if there is one, and begins the next.
  private mutating func endWord() {
    endMarks()
    guard wordScalars > 0 else { return }
    defer { (wordBytes, wordScalars) = (0, 0) }
    guard wordScalars <= tokenizer.maximumWordLength else { return add(tokenizer.unknown) }
    let countBefore = count
    var start = 0
    var root = VocabularyTrie.Root.word
    while start < wordBytes {
      guard
        let piece = tokenizer.vocabulary.longestPrefix(
          of: word, from: start, to: wordBytes, root: root)
      else {
        // A word with an unknown part is unknown as a whole.
        if keepsTokens { tokens.removeLast(count - countBefore) }
        count = countBefore
        return add(tokenizer.unknown)
      }
      add(piece.token)
      start += piece.length
      root = .continuation
    }
  }

  @inline(__always)
  private mutating func add(_ token: Int32) {
    if keepsTokens { tokens.append(token) }
    count &+= 1
  }

  /// The longest added token that stands at an index.
  private func addedToken(_ text: Span<UInt8>, at index: Int) -> VocabularyReader.Entry? {
    tokenizer.addedTokens.first { entry in
      guard entry.bytes.count <= text.count - index else { return false }
      return entry.bytes.indices.allSatisfy { text[index + $0] == entry.bytes[$0] }
    }
  }
}
