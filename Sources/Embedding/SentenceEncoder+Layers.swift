internal import Machine

extension SentenceEncoder {
  /// Runs a group of texts through the encoder.
  ///
  /// All texts' tokens are the rows of one matrix, text after text, with no padding between them:
  /// projections run over all rows, attention over each text's own.
  ///
  /// - Returns: a vector of length one for each text, or nil where it would not be finite or has
  ///   no direction, or where a text has no tokens.
  func vectors(of sequences: [[Int32]], _ workspace: inout EncoderWorkspace) -> [[Float]?] {
    let tokens = sequences.reduce(0) { $0 + $1.count }
    workspace.reserve(tokens: tokens, rows: min(rowsAtOnce, tokens), configuration)
    embed(sequences, &workspace)
    for layer in weights.layers {
      attend(layer, sequences, tokens, &workspace)
      finish(layer, tokens, &workspace)
    }
    var start = 0
    return sequences.map { sequence in
      guard !sequence.isEmpty else { return nil }
      defer { start += sequence.count }
      var vector = pooled(workspace.hidden.span, start: start, count: sequence.count)
      var span = vector.mutableSpan
      return RowOperations.normalizeLength(&span) ? vector : nil
    }
  }

  /// The state before the first layer: the embeddings of token, position and segment, summed and
  /// normalised.
  private func embed(_ sequences: [[Int32]], _ workspace: inout EncoderWorkspace) {
    let width = configuration.hiddenSize
    let epsilon = configuration.epsilon
    var hidden = workspace.hidden.mutableSpan
    weights.tokens.withValues { tokens in
      weights.positions.withValues { positions in
        weights.segments.withValues { segments in
          weights.embeddingNorm.scale.withValues { scale in
            weights.embeddingNorm.shift.withValues { shift in
              var start = 0
              for sequence in sequences {
                for (position, token) in sequence.enumerated() {
                  for index in 0..<width {
                    hidden[start &+ index] =
                      tokens[Int(token) &* width &+ index] + segments[index]
                      + positions[position &* width &+ index]
                  }
                  start += width
                }
              }
              EncoderKernels.shared.normalize(
                &hidden, rows: start / width, scale: scale, shift: shift, epsilon: epsilon)
            }
          }
        }
      }
    }
  }

  /// Attention of every token to all tokens of its text (Vaswani et al. 2017).
  private func attend(
    _ layer: EncoderWeights.Layer, _ sequences: [[Int32]], _ tokens: Int,
    _ workspace: inout EncoderWorkspace
  ) {
    layer.attentionInput.apply(
      to: workspace.hidden, count: tokens, into: &workspace.attentionInput,
      &workspace.rounded)
    attend(
      sequences, workspace.attentionInput, into: &workspace.context, &workspace.scratch)
  }

  /// - Parameters:
  ///   - input: queries, keys and values of each token.
  ///   - context: receives what attention gathers for each token.
  private func attend(
    _ sequences: [[Int32]], _ input: [Float], into context: inout [Float],
    _ scratch: inout [Float]
  ) {
    var context = context.mutableSpan
    var row = 0
    for sequence in sequences {
      EncoderKernels.shared.attend(
        input.span, from: row, length: sequence.count, width: configuration.hiddenSize,
        size: configuration.headSize, in: precision.rounded, into: &context, &scratch)
      row += sequence.count
    }
  }

  /// The rest of a layer, row by row: what attention gathered is multiplied and added to the state,
  /// then the state by two products with the activation between them.
  ///
  /// It is done for some rows at a time, so that what lies between two products stays in the
  /// second-level cache.
  private func finish(
    _ layer: EncoderWeights.Layer, _ tokens: Int, _ workspace: inout EncoderWorkspace
  ) {
    var start = 0
    while start < tokens {
      let rows = min(rowsAtOnce, tokens - start)
      layer.attentionOutput.apply(
        to: workspace.context, from: start, count: rows, into: &workspace.addend,
        &workspace.rounded)
      add(workspace.addend, layer.attentionNorm, from: start, rows, to: &workspace.hidden)
      layer.intermediate.apply(
        to: workspace.hidden, from: start, count: rows, activation: configuration.activation,
        into: &workspace.intermediate, &workspace.rounded)
      layer.output.apply(
        to: workspace.intermediate, count: rows, into: &workspace.addend,
        &workspace.rounded)
      add(workspace.addend, layer.outputNorm, from: start, rows, to: &workspace.hidden)
      start += rows
    }
  }

  /// Adds what a part of a layer gave to rows of the state, and normalises them.
  private func add(
    _ addend: [Float], _ norm: EncoderWeights.Norm, from start: Int, _ rows: Int,
    to hidden: inout [Float]
  ) {
    norm.scale.withValues { scale in
      norm.shift.withValues { shift in
        var state = hidden.mutableSpan
        EncoderKernels.shared.normalize(
          &state, adding: addend.span, from: start, rows: rows, scale: scale, shift: shift,
          epsilon: configuration.epsilon)
      }
    }
  }

  /// One vector of a text from those of its tokens.
  private func pooled(_ hidden: Span<Float>, start: Int, count: Int) -> [Float] {
    let width = configuration.hiddenSize
    var vector = (0..<width).map { hidden[start * width + $0] }
    guard configuration.pooling != .cls else { return vector }
    for row in (start + 1)..<(start + count) {
      for index in 0..<width {
        let value = hidden[row &* width &+ index]
        vector[index] =
          configuration.pooling == .max ? max(vector[index], value) : vector[index] + value
      }
    }
    // The mean and the sum have the same direction, and the length becomes one.
    return vector
  }
}
