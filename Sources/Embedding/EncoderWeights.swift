/// The weights of a BERT encoder (Devlin et al. 2018), as its products read them.
struct EncoderWeights: Sendable {
  /// One layer: attention, then the feed-forward part, each with a sum and a normalisation.
  struct Layer: Sendable {
    /// Queries, keys and values in one: hidden gives 3 · hidden.
    let attentionInput: Projection
    /// hidden gives hidden.
    let attentionOutput: Projection
    let attentionNorm: Norm
    /// hidden gives intermediate.
    let intermediate: Projection
    /// intermediate gives hidden.
    let output: Projection
    let outputNorm: Norm
  }

  /// The scale and the shift after a normalisation.
  struct Norm: Sendable {
    let scale: Weight
    let shift: Weight

    fileprivate init(
      _ weights: Safetensors, _ prefix: String, _ size: Int
    ) throws(EmbeddingError) {
      // The second names are those of the first TensorFlow checkpoints.
      scale = try Weight(weights, [prefix + ".weight", prefix + ".gamma"], rows: size)
      shift = try Weight(weights, [prefix + ".bias", prefix + ".beta"], rows: size)
    }
  }

  /// One row a token of the vocabulary.
  let tokens: Weight
  /// One row a position.
  let positions: Weight
  /// One row a segment; a text is segment 0.
  let segments: Weight
  let embeddingNorm: Norm
  let layers: [Layer]

  /// Takes the tensors of a model, and checks their shapes.
  ///
  /// - Throws: ``EmbeddingError`` for a tensor that is missing, mis-shaped or of an unsupported
  ///   type.
  init(
    _ weights: Safetensors, _ configuration: ModelConfiguration, _ arithmetic: Arithmetic
  ) throws(EmbeddingError) {
    let hidden = configuration.hiddenSize
    let wide = configuration.intermediateSize
    tokens = try Weight(
      weights, ["embeddings.word_embeddings.weight"],
      rows: configuration.vocabularySize, columns: hidden)
    positions = try Weight(
      weights, ["embeddings.position_embeddings.weight"],
      rows: configuration.maximumPositions, columns: hidden)
    segments = try Weight(
      weights, ["embeddings.token_type_embeddings.weight"],
      rows: configuration.segments, columns: hidden)
    embeddingNorm = try Norm(weights, "embeddings.LayerNorm", hidden)

    var layers: [Layer] = []
    for index in 0..<configuration.layers {
      let prefix = "encoder.layer.\(index)."
      func matrix(_ name: String, _ rows: Int, _ columns: Int) throws(EmbeddingError) -> Weight {
        try Weight(weights, [prefix + name + ".weight"], rows: rows, columns: columns)
      }
      func bias(_ name: String, _ rows: Int) throws(EmbeddingError) -> Weight {
        try Weight(weights, [prefix + name + ".bias"], rows: rows)
      }
      func projection(
        _ name: String, _ rows: Int, _ columns: Int
      ) throws(EmbeddingError) -> Projection {
        Projection(
          try matrix(name, rows, columns), bias: try bias(name, rows), arithmetic)
      }
      var matrices: [Weight] = []
      var biases: [Weight] = []
      for name in ["query", "key", "value"] {
        matrices.append(try matrix("attention.self." + name, hidden, hidden))
        biases.append(try bias("attention.self." + name, hidden))
      }
      layers.append(
        Layer(
          attentionInput: Projection(
            Weight(stacking: matrices), bias: Weight(stacking: biases), arithmetic),
          attentionOutput: try projection("attention.output.dense", hidden, hidden),
          attentionNorm: try Norm(weights, prefix + "attention.output.LayerNorm", hidden),
          intermediate: try projection("intermediate.dense", wide, hidden),
          output: try projection("output.dense", hidden, wide),
          outputNorm: try Norm(weights, prefix + "output.LayerNorm", hidden)))
    }
    self.layers = layers
  }
}
