import FoundationEssentials
import Machine

/// A measurement of a vector index on vectors of one's own: built, published, mapped, searched.
///
/// Each search is the public call, one query after another on each thread; the share of the true
/// nearest that it finds is computed from the same answers that are timed.
public struct IndexBenchmark: Sendable {
  /// What is measured.
  public struct Settings: Sendable {
    /// The vectors of the index.
    public var base: String
    /// The vectors that are searched for.
    public var queries: String
    /// The numbers of the true nearest of each query; computed by an exact search if nil.
    public var truth: String?
    /// How near two vectors are.
    public var metric: Metric
    /// How the index is built.
    public var options: IndexOptions
    /// How many nearest are searched for.
    public var k: Int
    /// The shares of them to be found, each by the cheapest effort that reaches it.
    public var recalls: [Double]
    /// The efforts to measure, beside those that the recalls lead to.
    public var efforts: [Int]
    /// The share of the vectors that may be found, chosen at random; all if nil.
    public var filter: Double?
    /// Whether the index is dropped from the system's cache before each measurement.
    public var isCold: Bool
    /// How many threads search; one is always measured.
    public var searchThreads: Int
    /// Whether an exact search for all queries at once is measured, too.
    public var isExact: Bool

    /// Settings of a plain measurement.
    public init(
      base: String, queries: String, truth: String? = nil, metric: Metric,
      options: IndexOptions = IndexOptions(), k: Int = 10,
      recalls: [Double] = [0.90, 0.95, 0.99], efforts: [Int] = [], filter: Double? = nil,
      isCold: Bool = false, searchThreads: Int = 1, isExact: Bool = false
    ) {
      self.base = base
      self.queries = queries
      self.truth = truth
      self.metric = metric
      self.options = options
      self.k = k
      self.recalls = recalls
      self.efforts = efforts
      self.filter = filter
      self.isCold = isCold
      self.searchThreads = searchThreads
      self.isExact = isExact
    }
  }

  /// What was measured.
  public struct Result: Sendable, Encodable {
    /// The building of the index, the writing of its file included.
    public struct Build: Sendable, Encodable {
      /// How long it took.
      public let seconds: Double
      /// On how many threads.
      public let threads: Int
    }

    /// One effort.
    public struct Point: Sendable, Encodable {
      /// The recall that was asked for; null where an effort was.
      public let target: Double?
      /// How many near vectors the walk kept.
      public let effort: Int
      /// The share of the true `k` nearest that was found, over all queries.
      public let recall: Double
      /// Queries a second, over all threads.
      public let queriesPerSecond: Double
      /// The median time of a search, in microseconds.
      public let p50: Double
      /// The 99th percentile of the time of a search, in microseconds.
      public let p99: Double
      /// How many threads searched.
      public let threads: Int

      enum CodingKeys: String, CodingKey {
        case target, effort, recall, threads
        case queriesPerSecond = "qps"
        case p50 = "p50_us"
        case p99 = "p99_us"
      }
    }

    /// An exact search for all queries at once.
    public struct Exact: Sendable, Encodable {
      /// Queries a second, over all threads.
      public let queriesPerSecond: Double
      /// How many threads searched.
      public let threads: Int

      enum CodingKeys: String, CodingKey {
        case threads
        case queriesPerSecond = "qps"
      }
    }

    /// How many vectors there are.
    public let count: Int
    /// How many numbers a vector has.
    public let dimension: Int
    /// How near two vectors are.
    public let metric: String
    /// The shape of the index.
    public let kind: String
    /// What is kept of the vectors.
    public let profile: String
    /// The processor and the cores in use.
    public let machine: String
    /// The kernels in use.
    public let kernels: String
    /// The BLAS library in use.
    public let blas: String?
    /// The commit that the program was built from, where its folder tells.
    public let commit: String?
    /// How it was built.
    public let build: Build
    /// The size of the file over the number of vectors.
    public let bytesPerVector: Double
    /// The time that opening the file took, in milliseconds.
    public let openMilliseconds: Double
    /// What was measured, by target and effort.
    public let points: [Point]
    /// Exact searches, where they were asked for.
    public let exact: [Exact]?

    enum CodingKeys: String, CodingKey {
      case count, dimension, metric, kind, profile, machine, kernels, blas, commit, build, points
      case exact
      case bytesPerVector = "bytes_per_vector"
      case openMilliseconds = "open_ms"
    }
  }

  private let settings: Settings
  private let queries: [[Float]]
  private let truth: [[Int64]]
  private let allowed: KeySet?
  private let path: String

  /// Builds an index and measures it.
  ///
  /// - Parameters:
  ///   - settings: what is measured.
  ///   - path: where the index file is made; it is left there.
  /// - Returns: the figures.
  /// - Throws: `vectors-unreadable`, `option-invalid`, and what building and searching throw.
  public static func run(_ settings: Settings, at path: String) throws(IndexError) -> Result {
    let base = try VectorFile(settings.base, metric: settings.metric)
    let clock = ContinuousClock()
    var info: SegmentInfo?
    var failure: IndexError?
    let duration = clock.measure {
      do throws(IndexError) {
        info = try Segment.build(
          base, options: settings.options, identity: SegmentIdentity(), to: path)
      } catch { failure = error }
    }
    guard let info else { throw failure ?? .dimension(0, expected: base.dimension) }
    let benchmark = try IndexBenchmark(settings, base, at: path)
    let opening = try benchmark.openingTime()
    return Result(
      count: info.count, dimension: info.dimension, metric: settings.metric.rawValue,
      kind: info.kind.rawValue, profile: info.profile.rawValue, machine: Host.processor,
      kernels: Kernels.shared.name, blas: (try? BLAS.shared.get())?.description,
      commit: Host.commit,
      build: .init(seconds: duration.seconds, threads: settings.options.threads),
      bytesPerVector: Double(info.byteCount) / Double(max(1, info.count)),
      openMilliseconds: opening.seconds * 1e3, points: try benchmark.points(),
      exact: settings.isExact ? try benchmark.exact() : nil)
  }

  private init(_ settings: Settings, _ base: VectorFile, at path: String) throws(IndexError) {
    self.settings = settings
    self.path = path
    let file = try VectorFile(settings.queries, metric: settings.metric)
    var queries: [[Float]] = []
    for row in file.keys.indices { queries.append(try file.vector(at: row)) }
    self.queries = queries
    guard file.dimension == base.dimension else {
      throw .dimension(file.dimension, expected: base.dimension)
    }
    guard settings.k > 0, !queries.isEmpty else {
      throw IndexError(.optionInvalid, "There is nothing to search for: k or the queries are none.")
    }
    if let share = settings.filter {
      guard share > 0, share <= 1 else {
        throw IndexError(.optionInvalid, "The filter is \(share); it has to be above 0, at most 1.")
      }
      // The last digit of a key's hash is as good as chance, and the same in every run.
      let bound = UInt64(share * Double(UInt32.max))
      allowed = KeySet(base.keys.filter { GraphBuilder.hash($0, seed: 7) >> 32 <= bound })
    } else {
      allowed = nil
    }
    if let path = settings.truth, allowed == nil {
      truth = try VectorFile.integers(path).map { Array($0.prefix(settings.k)) }
      guard truth.count >= queries.count, truth.allSatisfy({ $0.count == settings.k }) else {
        throw IndexError(
          .optionInvalid,
          "\(path) does not name the \(settings.k) nearest of each of \(queries.count) queries.",
          path: path)
      }
    } else {
      truth = try IndexBenchmark.truth(of: queries, in: base, k: settings.k, allowed: allowed)
    }
  }

  /// The true nearest, by exact search over all vectors.
  private static func truth(
    of queries: [[Float]], in base: VectorFile, k: Int, allowed: KeySet?
  ) throws(IndexError) -> [[Int64]] {
    var set = try VectorSet(dimension: base.dimension, metric: base.metric)
    for row in base.keys.indices where allowed?.contains(base.keys[row]) ?? true {
      try set.append(keys: [base.keys[row]], vectors: base.vector(at: row))
    }
    return try ExactSearch.search(batch: queries.flatMap(\.self), in: set, k: k)
      .map { $0.map(\.key) }
  }

  /// The median time to open the file, warm.
  private func openingTime() throws(IndexError) -> Duration {
    let clock = ContinuousClock()
    var times: [Duration] = []
    for _ in 0..<21 {
      let start = clock.now
      _ = try Segment(opening: path)
      times.append(clock.now - start)
    }
    return times.sorted()[times.count / 2]
  }

  /// Exact searches for all queries at once, on one thread and on as many as search.
  private func exact() throws(IndexError) -> [Result.Exact] {
    let segment = try Segment(opening: path)
    let batch = queries.flatMap(\.self)
    let clock = ContinuousClock()
    var points: [Result.Exact] = []
    for threads in settings.searchThreads > 1 ? [1, settings.searchThreads] : [1] {
      var least = Duration.seconds(3_600)
      // The first is warming up.
      for _ in 0..<4 {
        let start = clock.now
        _ = try ExactSearch.search(batch: batch, in: segment, k: settings.k, threads: threads)
        least = min(least, clock.now - start)
      }
      points.append(
        .init(queriesPerSecond: Double(queries.count) / least.seconds, threads: threads))
    }
    return points
  }

  // MARK: Points

  private func points() throws(IndexError) -> [Result.Point] {
    var points: [Result.Point] = []
    for target in settings.recalls {
      // The segment that finds the effort is closed again: pages that are mapped are not dropped.
      guard let effort = try effort(reaching: target, Segment(opening: path)) else { continue }
      points += try measure(effort, target: target)
    }
    for effort in settings.efforts { points += try measure(effort, target: nil) }
    return points
  }

  /// The least effort that finds so many of the nearest; nil where none does.
  private func effort(reaching target: Double, _ segment: Segment) throws(IndexError) -> Int? {
    func reaches(_ effort: Int) throws(IndexError) -> Bool {
      var found = 0
      for place in queries.indices { found += try search(place, effort, segment) }
      return Double(found) >= target * Double(truth.prefix(queries.count).map(\.count).reduce(0, +))
    }
    var high = max(settings.k, 16)
    var low = 0
    while try !reaches(high) {
      guard high < segment.count else { return nil }
      low = high
      high = min(2 * high, segment.count)
    }
    while high - low > max(1, high / 64) {
      let middle = (low + high) / 2
      if try reaches(middle) { high = middle } else { low = middle }
    }
    return high
  }

  /// Searches for one query; returns how many of its true nearest were found.
  private func search(
    _ place: Int, _ effort: Int, _ segment: Segment
  ) throws(IndexError) -> Int {
    let found = try answer(queries[place], effort, segment)
    return found.count { truth[place].contains($0.key) }
  }

  private func answer(
    _ query: [Float], _ effort: Int, _ segment: Segment
  ) throws(IndexError) -> [Neighbor] {
    try segment.search(query, k: settings.k, effort: effort, allowing: allowed)
  }

  private func measure(
    _ effort: Int, target: Double?
  ) throws(IndexError) -> [Result.Point] {
    var points = [try measure(effort, target: target, threads: 1)]
    if settings.searchThreads > 1 {
      points.append(try measure(effort, target: target, threads: settings.searchThreads))
    }
    return points
  }

  /// Searches for all queries on each thread, at least for a while; cold just once, and else once
  /// before that does not count.
  private func measure(
    _ effort: Int, target: Double?, threads: Int
  ) throws(IndexError) -> Result.Point {
    if settings.isCold { Host.dropFromCache(path) }
    let segment = try Segment(opening: path)
    if !settings.isCold {
      for place in queries.indices { _ = try search(place, effort, segment) }
    }
    let clock = ContinuousClock()
    let start = clock.now
    let least: Duration = settings.isCold ? .zero : .milliseconds(400)
    let outcomes = WorkerPool(threads: threads).map(count: threads) { thread in
      Swift.Result { () throws(IndexError) in
        var times: [Duration] = []
        var found = 0
        repeat {
          for place in queries.indices {
            let turn = (place + thread * queries.count / threads) % queries.count
            let begin = clock.now
            let neighbors = try answer(queries[turn], effort, segment)
            times.append(clock.now - begin)
            found += neighbors.count { truth[turn].contains($0.key) }
          }
        } while clock.now - start < least
        return (times: times, found: found)
      }
    }
    let seconds = (clock.now - start).seconds
    var times: [Duration] = []
    var found = 0
    for outcome in outcomes {
      let (threadTimes, threadFound) = try outcome.get()
      times += threadTimes
      found += threadFound
    }
    times.sort()
    let wanted = truth.prefix(queries.count).map(\.count).reduce(0, +)
    return Result.Point(
      target: target, effort: effort,
      recall: Double(found) / Double(max(1, wanted * (times.count / queries.count))),
      queriesPerSecond: Double(times.count) / seconds,
      p50: times[times.count / 2].seconds * 1e6,
      p99: times[times.count * 99 / 100].seconds * 1e6, threads: threads)
  }
}

extension Duration {
  fileprivate var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
