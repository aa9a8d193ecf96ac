import Machine

extension Segment {
  /// Builds a segment file of vectors.
  ///
  /// - Parameters:
  ///   - keys: a key for each vector, in any order, without duplicates.
  ///   - vectors: the vectors one after another: `keys.count` × `dimension` numbers.
  ///   - dimension: how many numbers a vector has.
  ///   - metric: how near two vectors are.
  ///   - options: how the graph is built.
  ///   - identity: to which store the segment belongs.
  ///   - path: where the file shall appear; see ``build(_:options:identity:to:progress:)``.
  ///   - progress: is told how many vectors are linked, on the calling thread.
  /// - Returns: what the file's header says.
  /// - Throws: as ``VectorSet/init(keys:vectors:dimension:metric:)`` and
  ///   ``build(_:options:identity:to:progress:)``.
  /// - Complexity: O(n log n · degree · dimension) expected.
  @discardableResult
  public static func build(
    keys: [Int64], vectors: [Float], dimension: Int, metric: Metric,
    options: IndexOptions = IndexOptions(), identity: SegmentIdentity, to path: String,
    progress: ((Int) -> Void)? = nil
  ) throws(IndexError) -> SegmentInfo {
    let set = try VectorSet(keys: keys, vectors: vectors, dimension: dimension, metric: metric)
    return try build(set, options: options, identity: identity, to: path, progress: progress)
  }

  /// Builds a segment file of a set of vectors, or of another source.
  ///
  /// The file is the same, byte for byte, for the same vectors, options and identity, whatever
  /// the number of threads. It appears whole under `path`, durable, or not at all: a crash leaves
  /// the old file or the new one.
  ///
  /// - Parameters:
  ///   - vectors: the vectors; none makes a segment that finds nothing.
  ///   - options: how the graph is built.
  ///   - identity: to which store the segment belongs.
  ///   - path: where the file shall appear; its folder must exist.
  ///   - progress: is told how many vectors are linked, on the calling thread.
  /// - Returns: what the file's header says.
  /// - Throws: `option-invalid`, `segment-write-failed` or `disk-full`, and what the source
  ///   throws.
  /// - Complexity: O(n log n · degree · dimension) expected. Beside the source it takes
  ///   dimension + 8 · degree + 50 bytes of memory a vector.
  @discardableResult
  public static func build(
    _ vectors: some VectorSource, options: IndexOptions = IndexOptions(), identity: SegmentIdentity,
    to path: String, progress: ((Int) -> Void)? = nil
  ) throws(IndexError) -> SegmentInfo {
    try options.check()
    let body = try Segment.body(of: vectors, options, progress)
    return try AtomicFile.publish(path, failure: { .unwritable($0, path: path) }) {
      (writer) throws(IndexError) in
      let segment = SegmentWriter(
        body: body, source: vectors, options: options, identity: identity, path: path)
      return try segment.write(to: &writer).info(path: path)
    }
  }

  /// The graph or the cells of some vectors.
  private static func body(
    of vectors: some VectorSource, _ options: IndexOptions, _ progress: ((Int) -> Void)?
  ) throws(IndexError) -> any SegmentBody {
    guard options.kind(of: vectors) == .graph else {
      return try CellBuilder(vectors, options: options, progress: progress)
    }
    let builder = try GraphBuilder(vectors, options: options)
    builder.build(progress: progress)
    return GraphBody(builder)
  }
}
