/// What a model's own files say about it: sizes, pooling, limits.
struct ModelConfiguration: Sendable {
  /// How the vectors of the tokens become one.
  enum Pooling: String, Sendable {
    case cls
    case mean
    case max
  }

  /// The function between the two products of the feed-forward part.
  enum Activation: String, Sendable {
    /// x · Φ(x), with the exact normal distribution (Hendrycks & Gimpel 2016).
    case gelu
    /// The same by the approximation with tanh.
    case geluTanh
    /// max(x, 0).
    case relu
  }

  /// The components of a token's vector.
  let hiddenSize: Int
  /// The number of layers.
  let layers: Int
  /// The number of attention heads of a layer.
  let heads: Int
  /// The components between the two products of the feed-forward part.
  let intermediateSize: Int
  /// What is added to a variance before its root is taken.
  let epsilon: Float
  let activation: Activation
  /// The number of rows of the token embeddings.
  let vocabularySize: Int
  /// The number of positions that have an embedding.
  let maximumPositions: Int
  /// The number of rows of the segment embeddings, of which the first is used.
  let segments: Int
  let pooling: Pooling
  /// The longest sequence of a text, special tokens included.
  let maximumTokens: Int
  /// Whether texts are put into lower case whatever the tokenizer says.
  let lowercases: Bool
  /// The folder of the transformer within the model's folder, with its slash; mostly empty.
  let transformerFolder: String
  /// The files that were read, relative to the model's folder.
  let files: [String]

  /// The components of one head.
  var headSize: Int { hiddenSize / heads }
}

extension ModelConfiguration {
  private struct Module: Decodable {
    var path: String
    var type: String
  }

  private struct Transformer: Decodable {
    var model_type: String?
    var hidden_size: Int
    var num_hidden_layers: Int
    var num_attention_heads: Int
    var intermediate_size: Int
    var layer_norm_eps: Double?
    var hidden_act: String?
    var vocab_size: Int
    var max_position_embeddings: Int
    var type_vocab_size: Int?
    var position_embedding_type: String?
  }

  private struct PoolingModes: Decodable {
    var word_embedding_dimension: Int?
    var pooling_mode: String?
    var pooling_mode_cls_token: Bool?
    var pooling_mode_mean_tokens: Bool?
    var pooling_mode_max_tokens: Bool?
    var pooling_mode_mean_sqrt_len_tokens: Bool?
    var pooling_mode_weightedmean_tokens: Bool?
    var pooling_mode_lasttoken: Bool?
  }

  private struct Sentences: Decodable {
    var max_seq_length: Int?
    var do_lower_case: Bool?
  }

  /// Reads and checks the configuration files of a model.
  ///
  /// - Throws: ``EmbeddingError`` for a file or field that is missing, out of range, or asks for
  ///   something that is not implemented.
  init(_ folder: ModelFolder) throws(EmbeddingError) {
    let modules = try folder.json("modules.json", as: [Module].self)
    let (transformerFolder, poolingFolder) = try Self.folders(modules, folder.file("modules.json"))
    let configFile = transformerFolder + "config.json"
    let poolingFile = poolingFolder + "config.json"
    let sentenceFile = transformerFolder + "sentence_bert_config.json"

    let config = try folder.json(configFile, as: Transformer.self)
    let modes = try folder.json(poolingFile, as: PoolingModes.self)
    let hasSentenceFile = folder.has(sentenceFile)
    let sentences =
      hasSentenceFile ? try folder.json(sentenceFile, as: Sentences.self) : Sentences()

    let path = folder.file(configFile)
    try Self.check(config, path)
    activation = try Self.activation(config.hidden_act ?? "gelu", path)
    hiddenSize = config.hidden_size
    layers = config.num_hidden_layers
    heads = config.num_attention_heads
    intermediateSize = config.intermediate_size
    epsilon = Float(config.layer_norm_eps ?? 1e-12)
    vocabularySize = config.vocab_size
    maximumPositions = config.max_position_embeddings
    segments = config.type_vocab_size ?? 2

    pooling = try Self.pooling(modes, folder.file(poolingFile))
    if let dimension = modes.word_embedding_dimension, dimension != config.hidden_size {
      throw .field(
        "word_embedding_dimension", of: folder.file(poolingFile),
        "is \(dimension), and hidden_size in \(configFile) is \(config.hidden_size)")
    }
    maximumTokens = min(sentences.max_seq_length ?? .max, config.max_position_embeddings)
    guard maximumTokens >= 8 else {
      throw .field("max_seq_length", of: folder.file(sentenceFile), "has to be 8 or more")
    }
    lowercases = sentences.do_lower_case ?? false
    self.transformerFolder = transformerFolder
    files =
      ["modules.json", configFile, poolingFile] + (hasSentenceFile ? [sentenceFile] : [])
  }

  /// Finds the folders of the transformer and of the pooling, and refuses other modules.
  ///
  /// A module that normalises changes nothing, as all vectors are normalised here.
  private static func folders(
    _ modules: [Module], _ file: String
  ) throws(EmbeddingError) -> (transformer: String, pooling: String) {
    var transformer: String?
    var pooling: String?
    for module in modules {
      guard !module.path.hasPrefix("/"), !module.path.split(separator: "/").contains("..") else {
        throw .field("path", of: file, "leads out of the model's folder: \(module.path)")
      }
      let folder = module.path.isEmpty ? "" : module.path + "/"
      switch module.type.split(separator: ".").last {
      case "Transformer": transformer = folder
      case "Pooling": pooling = folder
      case "Normalize": break
      default: throw .unsupported(file, "modules of the type \(module.type) are not implemented")
      }
    }
    guard let transformer else { throw .field("type", of: file, "names no Transformer module") }
    guard let pooling else { throw .field("type", of: file, "names no Pooling module") }
    return (transformer, pooling)
  }

  /// Checks the sizes, so that no product of two of them can overflow later.
  private static func check(_ config: Transformer, _ file: String) throws(EmbeddingError) {
    let type = config.model_type ?? "bert"
    guard type == "bert" else {
      throw .unsupported(file, "models of the type \(type) are not implemented")
    }
    let positions = config.position_embedding_type ?? "absolute"
    guard positions == "absolute" else {
      throw .unsupported(file, "position embeddings of the type \(positions) are not implemented")
    }
    let sizes = [
      ("hidden_size", config.hidden_size, 1 << 14),
      ("num_hidden_layers", config.num_hidden_layers, 1 << 10),
      ("num_attention_heads", config.num_attention_heads, 1 << 10),
      ("intermediate_size", config.intermediate_size, 1 << 16),
      ("vocab_size", config.vocab_size, 1 << 24),
      ("max_position_embeddings", config.max_position_embeddings, 1 << 16),
      ("type_vocab_size", config.type_vocab_size ?? 2, 1 << 10),
    ]
    for (name, value, limit) in sizes where value < 1 || value > limit {
      throw .field(name, of: file, "is \(value), and has to lie between 1 and \(limit)")
    }
    guard config.hidden_size.isMultiple(of: config.num_attention_heads) else {
      throw .field(
        "num_attention_heads", of: file, "does not divide hidden_size (\(config.hidden_size))")
    }
    guard let epsilon = config.layer_norm_eps else { return }
    guard epsilon > 0, epsilon < 1 else {
      throw .field("layer_norm_eps", of: file, "is \(epsilon), and has to lie between 0 and 1")
    }
  }

  private static func activation(
    _ name: String, _ file: String
  ) throws(EmbeddingError) -> Activation {
    switch name {
    case "gelu": .gelu
    case "gelu_new", "gelu_pytorch_tanh", "gelu_fast": .geluTanh
    case "relu": .relu
    default: throw .unsupported(file, "the hidden_act \(name) is not implemented")
    }
  }

  private static func pooling(
    _ modes: PoolingModes, _ file: String
  ) throws(EmbeddingError) -> Pooling {
    var names = modes.pooling_mode.map { [$0] } ?? []
    let switches = [
      ("cls", modes.pooling_mode_cls_token),
      ("mean", modes.pooling_mode_mean_tokens),
      ("max", modes.pooling_mode_max_tokens),
      // The same direction as the mean, and all vectors get the length one.
      ("mean", modes.pooling_mode_mean_sqrt_len_tokens),
      ("weightedmean", modes.pooling_mode_weightedmean_tokens),
      ("lasttoken", modes.pooling_mode_lasttoken),
    ]
    for (name, isOn) in switches where isOn == true && !names.contains(name) { names.append(name) }
    guard names.count == 1, let pooling = Pooling(rawValue: names[0]) else {
      let asked = names.isEmpty ? "no mode" : names.joined(separator: " with ")
      throw .unsupported(file, "pooling by \(asked) is not implemented (cls, mean or max is)")
    }
    return pooling
  }
}
