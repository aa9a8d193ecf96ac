import Embedding
import Machine

/// A measurement of the embedding model on texts of one's own: how long it takes to load, to cut
/// the texts into tokens, to compute their vectors, and to give one short query its vector.
public struct EmbeddingBenchmark: Sendable {
  /// What was measured.
  public struct Result: Sendable, Encodable {
    /// The name of the model's folder.
    public let model: String
    /// What the model computes with.
    public let precision: String
    /// The threads that worked on the texts.
    public let threads: Int
    /// The kernels in use.
    public let kernels: String
    /// The BLAS library in use.
    public let blas: String
    /// The processor and the cores in use.
    public let machine: String
    /// How many texts there are.
    public let chunks: Int
    /// Their tokens that the model reads, special ones included.
    public let tokens: Int
    /// The median time of cutting all texts into tokens, in seconds.
    public let tokenizeSeconds: Double
    /// The median time of computing all vectors from the tokens, in seconds.
    public let embedSeconds: Double
    /// Tokens whose vectors are computed in a second, the time of cutting not counted.
    public let tokensPerSecond: Double
    /// Texts whose vectors are computed in a second, the time of cutting not counted.
    public let chunksPerSecond: Double
    /// The median time from a short query to its vector, on one thread, in milliseconds.
    public let p50: Double
    /// The 99th percentile of that time, in milliseconds.
    public let p99: Double
    /// The time from opening the model's folder to the first vector, in milliseconds.
    public let loadMilliseconds: Double

    enum CodingKeys: String, CodingKey {
      case model, precision, threads, kernels, blas, machine, chunks, tokens
      case tokenizeSeconds = "tokenize_s"
      case embedSeconds = "embed_s"
      case tokensPerSecond = "tokens_per_s"
      case chunksPerSecond = "chunks_per_s"
      case p50 = "p50_ms"
      case p99 = "p99_ms"
      case loadMilliseconds = "load_ms"
    }
  }

  /// The precision of the model's matrix products.
  public enum Precision: String, Sendable, CaseIterable {
    /// IEEE 754 binary32.
    case float32
    /// Sixteen bits, on processors that multiply tiles of them (AMX).
    case bfloat16
    /// Eight bits with scales for short blocks, on processors that have products of bytes.
    case int8
  }

  /// The texts to embed.
  public var texts: [String]
  /// The folder of the embedding model; nil for the default.
  public var model: String?
  /// The threads that work on the texts; nil for one a core.
  public var threads: Int?
  /// The precision; nil for what the processor is best at.
  public var precision: Precision?
  /// How many times all texts are cut and embedded; the median counts.
  public var rounds: Int

  /// A query as people type it: ten tokens for a model of English.
  private static let query = "Who approves business trips to Korea?"
  /// How many queries are timed.
  private static let queries = 400

  /// A measurement that is still to be run.
  public init(
    texts: [String] = sampleTexts, model: String? = nil, threads: Int? = nil,
    precision: Precision? = nil, rounds: Int = 3
  ) {
    self.texts = texts
    self.model = model
    self.threads = threads
    self.precision = precision
    self.rounds = rounds
  }

  /// Loads the model and measures it.
  ///
  /// - Returns: the figures.
  /// - Throws: `invalid-argument` where there are no texts, threads or rounds, `model-missing`, and
  ///   the encoder's error for a model that is damaged or unsupported.
  /// - Complexity: that of embedding the texts, `rounds` times.
  public func run() async throws(HarkError) -> Result {
    guard !texts.isEmpty else {
      throw HarkError(.invalidArgument, "there are no texts to embed: give at least one")
    }
    guard threads ?? 1 > 0 else {
      throw HarkError(.invalidArgument, "threads are \(threads ?? 0): give at least 1")
    }
    guard rounds > 0 else {
      throw HarkError(.invalidArgument, "rounds are \(rounds): give at least 1")
    }
    let folder = try Locations.model(model)
    return try await HarkError.wrapping {
      try await WorkerPool.detached { try measure(modelFolder: folder) }
    }
  }

  private func measure(modelFolder: String) throws -> Result {
    let wanted = precision.flatMap { EncoderPrecision(rawValue: $0.rawValue) } ?? .automatic
    guard wanted.isAvailable else {
      throw HarkError(
        .invalidArgument, "this processor has no kernels for \(wanted.rawValue): use float32")
    }
    let start = ContinuousClock.now
    let encoder = try SentenceEncoder(
      modelFolder: modelFolder, threads: threads ?? WorkerPool.availableCores, precision: wanted)
    _ = try encoder.encode([Self.query])
    let loading = ContinuousClock.now - start

    let tokens = encoder.tokenize(texts)
    let tokenizing = Self.times(rounds) { _ = encoder.tokenize(texts) }
    let embedding = try Self.times(rounds) { _ = try encoder.encode(tokens: tokens) }
    let answering = try Self.times(Self.queries) { _ = try encoder.encode([Self.query]) }

    let blas = try BLAS.shared.get()
    let count = tokens.reduce(0) { $0 + $1.count }
    let seconds = embedding[rounds / 2]
    return Result(
      model: encoder.name, precision: encoder.precision.rawValue, threads: encoder.threads,
      kernels: Kernels.shared.name, blas: blas.description, machine: Host.processor,
      chunks: texts.count, tokens: count,
      tokenizeSeconds: tokenizing[rounds / 2], embedSeconds: seconds,
      tokensPerSecond: Double(count) / seconds, chunksPerSecond: Double(texts.count) / seconds,
      p50: answering[Self.queries / 2] * 1e3, p99: answering[Self.queries * 99 / 100] * 1e3,
      loadMilliseconds: loading / .milliseconds(1))
  }

  /// The times of calls one after another in seconds, the shortest first.
  private static func times(_ count: Int, of body: () throws -> Void) rethrows -> [Double] {
    try (0..<count).map { _ in try ContinuousClock().measure(body) / .seconds(1) }.sorted()
  }
}

extension EmbeddingBenchmark {
  /// Texts to measure with where there are none of one's own: from a sentence to a page, the same
  /// in every run.
  public static let sampleTexts = (0..<64).map { index in
    (0...(index * 5 % 16)).map { sentences[(index + $0) % sentences.count] }
      .joined(separator: " ")
  }

  /// What the sample texts are made of.
  private static let sentences = [
    "Business trips are approved by the head of the department, at least a week ahead.",
    "Receipts are due within thirty days.",
    "A laptop that is lost or stolen has to be reported to the help desk on the same day, so that "
      + "its certificates can be revoked before anybody else makes use of them.",
    "Error 1042 means that the coolant is below its minimum; refill it, then reset the controller.",
    "Whoever leaves last locks the door and sets the alarm.",
    "Backups run every night at half past two and are kept for ninety days, those of the first of "
      + "each month for seven years.",
    "New colleagues get their badge, their keys and a mentor on the first day.",
  ]
}
