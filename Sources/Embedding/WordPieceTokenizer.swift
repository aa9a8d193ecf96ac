/// Cuts text into the tokens of a BERT model (WordPiece; Wu et al. 2016, Devlin et al. 2018).
///
/// The text is normalised scalar by scalar, split into words at white space and punctuation, and
/// each word is put together from the longest tokens of the vocabulary, from its beginning on.
/// Token ids equal those of Hugging Face tokenizers (BertNormalizer, BertPreTokenizer, WordPiece).
package struct WordPieceTokenizer: Sendable {
  let normalizer: TextNormalizer
  let vocabulary: VocabularyTrie
  /// Words of more scalars are unknown.
  let maximumWordLength: Int
  let unknown: Int32
  /// Strings that are tokens wherever they stand, longest first.
  let addedTokens: [VocabularyReader.Entry]
  /// What a byte at the beginning of a scalar leads to, so that most text needs no table of pages.
  let leads: [Lead]

  /// The tokens before those of a text, such as `[CLS]`.
  private let prefix: [Int32]
  /// The tokens after those of a text, such as `[SEP]`.
  private let suffix: [Int32]

  /// The number of special tokens that ``encode(_:maximumTokens:)`` adds to those of the text.
  package var specialTokens: Int { prefix.count + suffix.count }

  init(_ folder: ModelFolder, _ configuration: ModelConfiguration) throws(EmbeddingError) {
    self.init(try TokenizerDescription(folder, configuration))
  }

  private init(_ description: TokenizerDescription) {
    normalizer = TextNormalizer(description.options)
    maximumWordLength = description.maximumWordLength
    unknown = description.unknown
    prefix = description.prefix
    suffix = description.suffix
    addedTokens = description.addedTokens.sorted { $0.bytes.count > $1.bytes.count }
    var vocabulary = VocabularyTrie()
    let marker = Array(description.continuationPrefix.utf8)
    for entry in description.vocabulary {
      vocabulary.insert(entry.bytes, token: entry.token, root: .word)
      if entry.bytes.starts(with: marker) {
        vocabulary.insert(
          entry.bytes.dropFirst(marker.count), token: entry.token, root: .continuation)
      }
    }
    self.vocabulary = vocabulary
    leads = Lead.table(normalizer, addedTokens)
  }

  /// The tokens of a text between the special ones, such as `[CLS]` … `[SEP]`.
  ///
  /// - Parameters:
  ///   - text: any text; an empty one gives the special tokens alone.
  ///   - maximumTokens: the largest number of tokens to give, the special ones included; what goes
  ///     beyond is cut off. Nil for all.
  /// - Returns: ids, all of which have a row in the model's embeddings.
  /// - Complexity: O(text), or O(maximumTokens) where text is cut off.
  package func encode(_ text: String, maximumTokens: Int?) -> [Int32] {
    let limit = maximumTokens.map { max(0, $0 - specialTokens) } ?? .max
    var words = WordScanner(self, keepsTokens: true, limit: limit)
    words.scan(text.utf8.span)
    return prefix + words.tokens.prefix(limit) + suffix
  }

  /// The number of tokens of a text, without the special ones, not cut off.
  ///
  /// For two texts that are joined by a space, it is the sum of theirs.
  ///
  /// - Complexity: O(text); nothing is kept.
  package func count(_ text: Substring) -> Int {
    var words = WordScanner(self, keepsTokens: false, limit: .max)
    words.scan(text.utf8.span)
    return words.count
  }
}

extension WordPieceTokenizer {
  /// What a byte leads to that begins a scalar.
  enum Lead: Sendable {
    /// A byte of a word, in lower case where that is asked for.
    case letter(UInt8)
    /// The end of a word.
    case boundary
    /// A word of one byte.
    case isolated(UInt8)
    /// An ASCII scalar that vanishes.
    case removed
    /// More bytes have to be looked at.
    case other
    /// An added token may begin here.
    case addedToken

    fileprivate static func table(
      _ normalizer: TextNormalizer, _ addedTokens: [VocabularyReader.Entry]
    ) -> [Lead] {
      let starts = Set(addedTokens.compactMap(\.bytes.first))
      return (0...UInt8.max).map { byte in
        if starts.contains(byte) { return .addedToken }
        guard byte < 128 else { return .other }
        let entry = normalizer.entry(UInt32(byte))
        let target = entry.payload == 0 ? byte : UInt8(truncatingIfNeeded: entry.payload)
        guard entry.payload < 128 else { return .other }
        return switch entry.action {
        case .keep: .letter(target)
        case .boundary: .boundary
        case .isolate: .isolated(target)
        case .remove: .removed
        default: .other
        }
      }
    }
  }
}
