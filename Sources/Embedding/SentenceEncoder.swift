internal import Machine
internal import Synchronization

/// Turns texts into vectors with a sentence-transformers model of the BERT type, in this process.
///
/// The configuration is read from the model's own files, and the weights are mapped, not copied,
/// where they are float32. Texts are cut into tokens, texts of similar length are packed into one
/// matrix without padding, and each such group runs through the layers on one thread.
///
/// Calls of ``encode(_:)``, and of its steps ``tokenize(_:)`` and ``encode(tokens:)``, block, and
/// keep the cores busy: from asynchronous code, make them within `WorkerPool.detached`. Several
/// threads may call at the same time.
package final class SentenceEncoder: Sendable {
  /// The name of the model: that of its folder.
  package let name: String
  /// The number of components of a vector.
  package let dimension: Int
  /// The longest sequence of a text in tokens, the special ones included; what goes beyond is cut
  /// off.
  package let maximumTokens: Int
  /// Identifies tokenizer, weights and pooling: vectors of encoders with the same fingerprint can
  /// be compared. 32 hexadecimal digits.
  package let fingerprint: String
  /// The precision of the matrix products.
  package let precision: EncoderPrecision
  /// The model's tokenizer.
  package let tokenizer: WordPieceTokenizer
  /// The number of threads that work on one call, the caller's included. A single text is computed
  /// on the caller's alone.
  package var threads: Int { pool.threads }

  let configuration: ModelConfiguration
  let weights: EncoderWeights
  private let pool: WorkerPool
  /// Workspaces that no call uses at the moment.
  private let workspaces = Mutex<[EncoderWorkspace]>([])

  /// The tokens of one group of texts: enough for products at full speed, and few enough for the
  /// rows to stay in the second-level cache.
  private static let groupSize = 512

  /// The rows that are taken through the products of a layer at a time: rounded rows are multiplied
  /// best from the second-level cache, and the BLAS library has its own ways with many rows.
  var rowsAtOnce: Int {
    switch precision {
    case .float32: .max
    case .bfloat16: 128
    case .int8: 96
    }
  }

  /// Opens a model.
  ///
  /// - Parameters:
  ///   - modelFolder: the path of a sentence-transformers folder, with `modules.json`,
  ///     `config.json`, the pooling's `config.json`, `tokenizer.json` or `vocab.txt`, and
  ///     `model.safetensors`.
  ///   - threads: the number of threads that work on one call, the caller's included.
  ///   - precision: that of the matrix products; one that this processor has no kernels for is
  ///     float32.
  /// - Throws: ``EmbeddingError`` that names the file and the field that is missing, damaged or
  ///   not supported.
  package init(
    modelFolder: String, threads: Int = WorkerPool.availableCores,
    precision: EncoderPrecision = .automatic
  ) throws(EmbeddingError) {
    let folder = try ModelFolder(modelFolder)
    let configuration = try ModelConfiguration(folder)
    tokenizer = try WordPieceTokenizer(folder, configuration)
    let file = try Safetensors(folder, configuration.transformerFolder + "model.safetensors")
    self.precision = precision.isAvailable ? precision : .float32
    weights = try EncoderWeights(file, configuration, try self.precision.arithmetic())
    fingerprint = try Fingerprint.of(folder, configuration, file)
    name = folder.name
    dimension = configuration.hiddenSize
    maximumTokens = configuration.maximumTokens
    self.configuration = configuration
    pool = WorkerPool(threads: threads)
  }

  /// Computes the vectors of texts.
  ///
  /// A text's vector does not depend on the other texts beyond rounding (10⁻⁶). Texts longer than
  /// ``maximumTokens`` are cut off; an empty text has a vector too, that of its special tokens.
  ///
  /// - Parameter texts: any number of texts of any length.
  /// - Returns: a vector of length one for each text, in the order of the texts.
  /// - Throws: ``EmbeddingError`` with the code `vector-invalid` where the model gives a text a
  ///   vector that is not finite or has no direction.
  /// - Complexity: O(*n*) in the tokens of all texts; attention is O(*n*²) in those of each text.
  package func encode(_ texts: [String]) throws(EmbeddingError) -> Embeddings {
    try encode(tokens: tokenize(texts))
  }

  /// Cuts texts into the tokens that the model reads: the first step of ``encode(_:)``.
  ///
  /// - Parameter texts: any number of texts of any length.
  /// - Returns: the tokens of each text, the special ones included, cut off at ``maximumTokens``.
  /// - Complexity: O(*n*) in the bytes of the texts.
  package func tokenize(_ texts: [String]) -> [[Int32]] {
    pool.map(count: texts.count) { index in
      self.tokenizer.encode(texts[index], maximumTokens: self.maximumTokens)
    }
  }

  /// Computes the vectors of texts from their tokens: the second step of ``encode(_:)``.
  ///
  /// - Parameter sequences: the tokens of each text, as ``tokenize(_:)`` gives them.
  /// - Returns: a vector of length one for each text, in the order of the texts.
  /// - Throws: what ``encode(_:)`` throws.
  /// - Complexity: that of ``encode(_:)``.
  package func encode(tokens sequences: [[Int32]]) throws(EmbeddingError) -> Embeddings {
    let groups = groups(of: sequences)
    let results = pool.map(count: groups.count) { group in
      var workspace = self.workspaces.withLock { $0.popLast() } ?? EncoderWorkspace()
      let vectors = self.vectors(of: groups[group].map { sequences[$0] }, &workspace)
      self.workspaces.withLock { [workspace] in $0.append(workspace) }
      return vectors
    }

    var values = [Float](repeating: 0, count: sequences.count * dimension)
    for (group, vectors) in zip(groups, results) {
      for (row, text) in group.enumerated() {
        guard let vector = vectors[row] else {
          throw EmbeddingError(
            code: .vectorInvalid,
            message: """
              The model \(name) gives the text at position \(text) a vector that is not finite or \
              has no direction: its weights may be damaged. \(EmbeddingError.fetchAgain)
              """)
        }
        values.replaceSubrange((text * dimension)..<((text + 1) * dimension), with: vector)
      }
    }
    return Embeddings(count: sequences.count, dimension: dimension, values: values)
  }

  /// Packs the sequences, longest first, into groups of at most about ``groupSize`` tokens, as many
  /// for each thread.
  private func groups(of sequences: [[Int32]]) -> [[Int]] {
    let total = sequences.reduce(0) { $0 + $1.count }
    let threads = pool.threads
    let rounds = max(1, (total + Self.groupSize * threads - 1) / (Self.groupSize * threads))
    let size = (total + rounds * threads - 1) / (rounds * threads)
    let order = sequences.indices.sorted {
      (sequences[$1].count, $0) < (sequences[$0].count, $1)
    }
    var groups: [[Int]] = []
    var room = 0
    for index in order {
      let count = sequences[index].count
      if groups.isEmpty || count > room {
        groups.append([])
        room = size
      }
      groups[groups.count - 1].append(index)
      room -= count
    }
    return groups
  }
}
