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
    let longest = sequences.reduce(0) { max($0, $1.count) }
    workspace.reserve(tokens: tokens, longest: longest, configuration)
    embed(sequences, &workspace)
    for layer in weights.layers {
      attend(layer, sequences, tokens, &workspace)
      feedForward(layer, tokens, &workspace)
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
                  RowOperations.normalize(
                    &hidden, start: start, scale: scale, shift: shift, epsilon: epsilon)
                  start += width
                }
              }
            }
          }
        }
      }
    }
  }

  /// Attention of every token to all tokens of its text (Vaswani et al. 2017), added to the state.
  private func attend(
    _ layer: EncoderWeights.Layer, _ sequences: [[Int32]], _ tokens: Int,
    _ workspace: inout EncoderWorkspace
  ) {
    project(workspace.hidden, rows: tokens, layer.attentionInput, into: &workspace.attentionInput)
    layer.attentionInputBias.withValues { bias in
      var values = workspace.attentionInput.mutableSpan
      RowOperations.addBias(bias, to: &values, rows: tokens)
    }
    var row = 0
    for sequence in sequences where !sequence.isEmpty {
      for head in 0..<configuration.heads {
        attend(
          head: head, row: row, length: sequence.count, workspace.attentionInput,
          scores: &workspace.scores, context: &workspace.context)
      }
      row += sequence.count
    }
    project(workspace.context, rows: tokens, layer.attentionOutput, into: &workspace.addend)
    add(
      workspace.addend, layer.attentionOutputBias, layer.attentionNorm, rows: tokens,
      to: &workspace.hidden)
  }

  /// One head over one text: softmax(Q · Kᵀ / √size) · V.
  ///
  /// - Parameters:
  ///   - row: the first row of the text in `input` and `context`.
  ///   - input: queries, keys and values side by side: tokens × 3 · hidden.
  ///   - context: the head's columns of the text's rows are written: tokens × hidden.
  private func attend(
    head: Int, row: Int, length: Int, _ input: [Float], scores: inout [Float],
    context: inout [Float]
  ) {
    let width = configuration.hiddenSize
    let size = configuration.headSize
    let queries = row * 3 * width + head * size
    let input = input.span
    var scores = scores.mutableSpan
    blas.sgemm(
      rows: length, columns: length, depth: size,
      a: input.extracting(queries...), aStride: 3 * width,
      b: input.extracting((queries + width)...), bStride: 3 * width, bOrientation: .transposed,
      c: &scores, cStride: length)
    RowOperations.softmax(
      &scores, rows: length, width: length, factor: 1 / Float(size).squareRoot())
    var context = context.mutableSpan
    blas.sgemm(
      rows: length, columns: size, depth: length,
      a: scores.span, aStride: length,
      b: input.extracting((queries + 2 * width)...), bStride: 3 * width,
      c: &context, cStride: width, cOffset: row * width + head * size)
  }

  /// Two products with the activation between them, added to the state.
  private func feedForward(
    _ layer: EncoderWeights.Layer, _ tokens: Int, _ workspace: inout EncoderWorkspace
  ) {
    project(workspace.hidden, rows: tokens, layer.intermediate, into: &workspace.intermediate)
    layer.intermediateBias.withValues { bias in
      var values = workspace.intermediate.mutableSpan
      RowOperations.addBias(
        bias, activation: configuration.activation, to: &values, rows: tokens)
    }
    project(workspace.intermediate, rows: tokens, layer.output, into: &workspace.addend)
    add(
      workspace.addend, layer.outputBias, layer.outputNorm, rows: tokens, to: &workspace.hidden)
  }

  /// Multiplies rows by a weight: `rows` × weight.columns numbers give `rows` × weight.rows.
  private func project(
    _ input: [Float], rows: Int, _ weight: Weight, into output: inout [Float]
  ) {
    weight.withValues { values in
      var result = output.mutableSpan
      blas.sgemm(
        rows: rows, columns: weight.rows, depth: weight.columns,
        a: input.span, aStride: weight.columns,
        b: values, bStride: weight.columns, bOrientation: .transposed,
        c: &result, cStride: weight.rows)
    }
  }

  /// Adds the rows of a part of a layer and their bias to the state, and normalises the state.
  private func add(
    _ addend: [Float], _ bias: Weight, _ norm: EncoderWeights.Norm, rows: Int,
    to hidden: inout [Float]
  ) {
    bias.withValues { bias in
      norm.scale.withValues { scale in
        norm.shift.withValues { shift in
          var hidden = hidden.mutableSpan
          RowOperations.addAndNormalize(
            addend.span, bias: bias, scale: scale, shift: shift, epsilon: configuration.epsilon,
            to: &hidden, rows: rows)
        }
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
