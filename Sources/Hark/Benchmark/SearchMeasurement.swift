import Machine

/// How long searches took, and in what.
public struct SearchMeasurement: Sendable {
  /// Times of many searches, in milliseconds.
  public struct Times: Sendable, Hashable, Encodable {
    /// The mean.
    public let mean: Double
    /// The median.
    public let p50: Double
    /// The 95th percentile.
    public let p95: Double
    /// The 99th percentile.
    public let p99: Double

    enum CodingKeys: String, CodingKey {
      case mean = "mean_ms"
      case p50 = "p50_ms"
      case p95 = "p95_ms"
      case p99 = "p99_ms"
    }

    /// Takes the percentiles of times, of which there is at least one.
    init(_ times: [Duration]) {
      let sorted = times.map { $0 / .milliseconds(1) }.sorted()
      func percentile(_ share: Int) -> Double {
        sorted.isEmpty ? 0 : sorted[sorted.count * share / 100]
      }
      mean = sorted.reduce(0, +) / Double(max(1, sorted.count))
      p50 = percentile(50)
      p95 = percentile(95)
      p99 = percentile(99)
    }
  }

  /// The searches of one mode.
  public struct Mode: Sendable {
    /// How hits were ranked.
    public let mode: SearchMode
    /// How many searches were timed.
    public let searches: Int
    /// The mean number of hits.
    public let hits: Double
    /// From the call to its end.
    public let total: Times
    /// The stages that the mode has, in their order.
    public let stages: [(stage: SearchStage, times: Times)]

    /// Gathers the times of searches, which all have the same stages.
    init(_ mode: SearchMode, _ searches: [SearchTimes]) {
      self.mode = mode
      self.searches = searches.count
      hits = searches.reduce(0) { $0 + Double($1.hits) } / Double(max(1, searches.count))
      total = Times(searches.map(\.total))
      stages = (searches.first?.stages ?? []).enumerated().map { place, first in
        (first.stage, Times(searches.map { $0.stages[place].time }))
      }
    }
  }

  /// The number of chunks in the collection.
  public let chunks: Int
  /// The number of documents in the collection.
  public let documents: Int
  /// The segments of its vector index.
  public let segments: Int
  /// Chunks that are in no segment yet.
  public let tail: Int
  /// The embedding model's name.
  public let model: String
  /// The dimension of the vectors.
  public let dimension: Int
  /// Whether the vectors are spun from hashes, so that nothing is embedded.
  public let isStubbed: Bool
  /// Whether the store was made of generated text for this measurement.
  public let isSynthetic: Bool
  /// How many queries were asked.
  public let queries: Int
  /// Whether they are from the store itself.
  public let isSample: Bool
  /// The greatest number of hits.
  public let limit: Int
  /// How many times all queries were asked in each mode.
  public let rounds: Int
  /// How many rounds came before that and do not count.
  public let warmUpRounds: Int
  /// The processor and the cores in use.
  public let machine: String
  /// The kernels in use.
  public let kernels: String
  /// The BLAS library in use; nil where none could be loaded.
  public let blas: String?
  /// The commit that the program was built from, where its folder tells.
  public let commit: String?
  /// The times by mode.
  public let modes: [Mode]

  init(
    _ status: IndexStatus, documents: Int, isSynthetic: Bool, queries: Int,
    settings: SearchBenchmark, times: [[SearchTimes]]
  ) {
    chunks = status.chunks
    self.documents = documents
    segments = status.segments.count
    tail = status.tail
    model = status.model
    dimension = status.dimension
    isStubbed = status.model.hasSuffix(EmbeddingModel.stubSuffix)
    self.isSynthetic = isSynthetic
    self.queries = queries
    if case .sample = settings.queries { isSample = true } else { isSample = false }
    limit = settings.limit
    rounds = settings.rounds
    warmUpRounds = settings.warmUpRounds
    machine = Host.processor
    kernels = Kernels.shared.name
    blas = (try? BLAS.shared.get())?.description
    commit = Host.commit
    modes = zip(settings.modes, times).map { Mode($0, $1) }
  }
}

extension SearchMeasurement: Encodable {
  enum CodingKeys: String, CodingKey {
    case chunks, documents, segments, tail, model, dimension, queries, limit, rounds, machine
    case kernels, blas, commit, modes
    case isStubbed = "stub"
    case isSynthetic = "synthetic"
    case isSample = "sample"
    case warmUpRounds = "warm_up"
  }
}

extension SearchMeasurement.Mode: Encodable {
  enum CodingKeys: String, CodingKey { case mode, searches, hits, total, stages }

  /// Writes the stages as an object by their names.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(mode, forKey: .mode)
    try container.encode(searches, forKey: .searches)
    try container.encode(hits, forKey: .hits)
    try container.encode(total, forKey: .total)
    var nested = container.nestedContainer(keyedBy: SearchStage.self, forKey: .stages)
    for (stage, times) in stages { try nested.encode(times, forKey: stage) }
  }
}
