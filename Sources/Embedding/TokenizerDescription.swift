internal import Foundation

/// What a model's files say about its tokenizer.
struct TokenizerDescription {
  var options = TextNormalizer.Options()
  /// What the tokens of a word after the first one begin with.
  var continuationPrefix = "##"
  /// Words of more scalars are unknown.
  var maximumWordLength = 100
  var vocabulary: [VocabularyReader.Entry] = []
  /// The token of words that cannot be put together.
  var unknown: Int32 = 0
  /// Tokens before and after those of a text.
  var prefix: [Int32] = []
  var suffix: [Int32] = []
  /// Strings that are tokens wherever they stand in a text, such as `[SEP]`.
  var addedTokens: [VocabularyReader.Entry] = []

  /// Reads `tokenizer.json`, or `vocab.txt` where the model has none.
  init(_ folder: ModelFolder, _ configuration: ModelConfiguration) throws(EmbeddingError) {
    let json = configuration.transformerFolder + "tokenizer.json"
    let list = configuration.transformerFolder + "vocab.txt"
    if folder.has(json) || !folder.has(list) {
      try self.init(json: [UInt8](folder.contents(json)), file: folder.file(json))
      try check(configuration, field: "model.vocab", of: folder.file(json))
    } else {
      let settings = configuration.transformerFolder + "tokenizer_config.json"
      try self.init(list: [UInt8](folder.contents(list)), file: folder.file(list))
      if folder.has(settings) { try apply(folder.json(settings, as: Settings.self)) }
      try check(configuration, field: "[lines]", of: folder.file(list))
    }
    if configuration.lowercases { options.lowercases = true }
  }

  /// Checks that every token has an embedding, and that the trie can number its nodes.
  private func check(
    _ configuration: ModelConfiguration, field: String, of file: String
  ) throws(EmbeddingError) {
    let size = Int32(configuration.vocabularySize)
    let tokens = (vocabulary + addedTokens).map(\.token) + prefix + suffix
    if let token = tokens.first(where: { $0 < 0 || $0 >= size }) {
      throw .field(
        field, of: file,
        "has the token \(token), and the model has embeddings for \(size) tokens")
    }
    guard vocabulary.reduce(0, { $0 + $1.bytes.count }) < 1 << 22 else {
      throw .field(field, of: file, "is longer than 4 MiB")
    }
    guard prefix.count + suffix.count < configuration.maximumTokens else {
      throw .field("post_processor", of: file, "adds more tokens than a text may have")
    }
  }

  /// The number of a token, or an error that names the field which asks for it.
  private func token(
    _ text: String, field: String, file: String
  ) throws(EmbeddingError) -> Int32 {
    let bytes = Array(text.utf8)
    guard let entry = (addedTokens + vocabulary).first(where: { $0.bytes == bytes }) else {
      throw .field(field, of: file, "names \(text), which is not in the vocabulary")
    }
    return entry.token
  }
}

// MARK: - vocab.txt

extension TokenizerDescription {
  /// The part of `tokenizer_config.json` that matters where there is no `tokenizer.json`.
  private struct Settings: Decodable {
    var do_lower_case: Bool?
    var strip_accents: Bool?
    var tokenize_chinese_chars: Bool?
  }

  private mutating func apply(_ settings: Settings) {
    options.lowercases = settings.do_lower_case ?? true
    options.stripsAccents = settings.strip_accents ?? options.lowercases
    options.separatesIdeographs = settings.tokenize_chinese_chars ?? true
  }

  /// Reads a list of tokens, one a line, the first with the number 0; the rest is as in BERT.
  private init(list: [UInt8], file: String) throws(EmbeddingError) {
    var lines = list.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    for (number, line) in lines.enumerated() {
      let bytes = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      vocabulary.append(.init(bytes: Array(bytes), token: Int32(number)))
    }
    for name in ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] {
      let token = try token(name, field: "[special tokens]", file: file)
      addedTokens.append(.init(bytes: Array(name.utf8), token: token))
    }
    unknown = try token("[UNK]", field: "[special tokens]", file: file)
    prefix = [try token("[CLS]", field: "[special tokens]", file: file)]
    suffix = [try token("[SEP]", field: "[special tokens]", file: file)]
  }
}

// MARK: - tokenizer.json

extension TokenizerDescription {
  private struct File: Decodable {
    var normalizer: Normalizer?
    var pre_tokenizer: Kind?
    var model: Model
    var post_processor: PostProcessor?
    var added_tokens: [AddedToken]?
  }

  private struct Kind: Decodable {
    var type: String
  }

  private struct Normalizer: Decodable {
    var type: String
    var clean_text: Bool?
    var handle_chinese_chars: Bool?
    var strip_accents: Bool?
    var lowercase: Bool?
  }

  private struct Model: Decodable {
    var type: String?
    var unk_token: String?
    var continuing_subword_prefix: String?
    var max_input_chars_per_word: Int?
  }

  private struct AddedToken: Decodable {
    var id: Int32
    var content: String
    var single_word: Bool?
    var normalized: Bool?
  }

  /// A `TemplateProcessing`, with pieces, or a `BertProcessing`, with two tokens.
  private struct PostProcessor: Decodable {
    struct Piece: Decodable {
      struct Name: Decodable { var id: String }
      var SpecialToken: Name?
      var Sequence: Name?
    }
    struct Special: Decodable { var ids: [Int32] }

    var type: String
    var single: [Piece]?
    var special_tokens: [String: Special]?
  }

  private init(json: [UInt8], file: String) throws(EmbeddingError) {
    guard let (entries, rest) = VocabularyReader.read(json), !entries.isEmpty else {
      throw .field("model.vocab", of: file, "is missing, or is not a list of tokens with numbers")
    }
    vocabulary = entries
    let description = try ModelFolder.json(Data(rest), of: file, as: File.self)
    let model = description.model
    try check(description, file)
    if let normalizer = description.normalizer {
      options.cleansText = normalizer.clean_text ?? true
      options.separatesIdeographs = normalizer.handle_chinese_chars ?? true
      options.lowercases = normalizer.lowercase ?? true
      // The reference strips accents where it lowers, unless it is told otherwise.
      options.stripsAccents = normalizer.strip_accents ?? options.lowercases
    }
    continuationPrefix = model.continuing_subword_prefix ?? "##"
    maximumWordLength = model.max_input_chars_per_word ?? 100
    guard (1...100_000).contains(maximumWordLength) else {
      throw .field("model.max_input_chars_per_word", of: file, "is out of range")
    }
    addedTokens = (description.added_tokens ?? []).map {
      .init(bytes: Array($0.content.utf8), token: $0.id)
    }
    unknown = try token(model.unk_token ?? "[UNK]", field: "model.unk_token", file: file)
    try frame(description.post_processor, file)
  }

  private func check(_ description: File, _ file: String) throws(EmbeddingError) {
    let kinds = [
      ("model.type", description.model.type ?? "WordPiece", "WordPiece"),
      ("normalizer.type", description.normalizer?.type, "BertNormalizer"),
      ("pre_tokenizer.type", description.pre_tokenizer?.type, "BertPreTokenizer"),
    ]
    for (field, kind, known) in kinds where kind != known {
      throw .unsupported(file, "\(field) is \(kind ?? "missing"), and only \(known) is implemented")
    }
    for token in description.added_tokens ?? []
    where token.single_word == true || token.normalized == true || token.content.isEmpty {
      throw .unsupported(
        file,
        "the added token \"\(token.content)\" is matched in normalised text or as a single word, "
          + "which is not implemented")
    }
  }

  /// Finds the tokens before and after a text, of which there has to be one: a text may have none
  /// of its own.
  private mutating func frame(
    _ processor: PostProcessor?, _ file: String
  ) throws(EmbeddingError) {
    switch processor?.type {
    case nil: break
    case "BertProcessing":
      prefix = [try token("[CLS]", field: "post_processor", file: file)]
      suffix = [try token("[SEP]", field: "post_processor", file: file)]
    case "TemplateProcessing":
      var isBefore = true
      for piece in processor?.single ?? [] {
        if piece.Sequence != nil {
          isBefore = false
        } else if let name = piece.SpecialToken?.id {
          guard let ids = processor?.special_tokens?[name]?.ids else {
            throw .field("post_processor.special_tokens", of: file, "does not name \(name)")
          }
          if isBefore { prefix += ids } else { suffix += ids }
        }
      }
    case let type?:
      throw .unsupported(file, "post_processor.type is \(type), which is not implemented")
    }
    guard !prefix.isEmpty || !suffix.isEmpty else {
      throw .unsupported(
        file,
        "post_processor puts no special token around a text, so that some texts would have no "
          + "tokens at all")
    }
  }
}
