import Machine

extension Segment {
  /// Finds near vectors for many queries, on several threads.
  ///
  /// - Parameters:
  ///   - queries: the queries one after another, each `info.dimension` numbers.
  ///   - k: how many to find for each query; zero or less finds none.
  ///   - effort: as ``search(_:k:effort:allowing:excluding:)``.
  ///   - threads: how many threads search, the caller's included; all cores by default.
  ///   - allowing: the keys that may be found; every key if nil.
  ///   - excluding: keys that may not be found, allowed or not; none if nil.
  /// - Returns: the results of each query, as one search gives them, whatever the number of
  ///   threads.
  /// - Throws: as ``search(_:k:effort:allowing:excluding:)``, for the first query that fails.
  /// - Complexity: that of the searches, divided by the threads.
  public func search(
    batch queries: [Float], k: Int, effort: Int? = nil, threads: Int? = nil,
    allowing: KeySet? = nil, excluding: KeySet? = nil
  ) throws(IndexError) -> [[Neighbor]] {
    let dimension = info.dimension
    guard queries.count.isMultiple(of: dimension) else {
      throw .dimension(queries.count % dimension, expected: dimension)
    }
    let count = queries.count / dimension
    // Few enough for the threads to end together, enough to be worth handing out.
    let block = 8
    let parts = WorkerPool(threads: threads ?? WorkerPool.availableCores)
      .map(count: (count + block - 1) / block) { part in
        Result { () throws(IndexError) in
          var answers: [[Neighbor]] = []
          for number in part * block..<min((part + 1) * block, count) {
            let query = Array(queries[number * dimension..<(number + 1) * dimension])
            let found = try search(
              query, k: k, effort: effort, allowing: allowing, excluding: excluding)
            answers.append(found)
          }
          return answers
        }
      }
    var answers: [[Neighbor]] = []
    answers.reserveCapacity(count)
    for part in parts {
      let found = try part.get()
      answers += found
    }
    return answers
  }
}
