import Machine

/// Centres of cells, found by k-means (Lloyd, “Least squares quantization in PCM”, 1982).
///
/// The centres nearest to a vector are found as a search finds them: by one-bit codes first, of which
/// the best are ranked by integer products of codes of a byte a number. That is faster than products
/// of float32 with all centres by a BLAS library, and the same everywhere: so the centres are the same
/// for any number of threads and with any kernels. A centre is kept as codes, too.
struct KMeans {
  /// How many centres there are.
  let count: Int
  /// The codes of the centres, as ``VectorCodes`` has those of the vectors.
  private(set) var codes: [UInt8]
  /// The scale of each centre, and minus half its squared distance from the mean of all vectors:
  /// with these, a score is minus half the squared distance of a vector and a centre, but for a
  /// part that is the same for all centres.
  private(set) var factors: [Float]
  /// How each centre, as its codes tell it, differs from the mean of all vectors.
  private(set) var differences: [Float]
  /// The one-bit codes of the centres: what they tell is minus a squared distance, but for a part
  /// that is the same for all centres.
  private var bits: LargeBuffer<UInt8>
  private let rotation: BitRotation

  private let vectors: VectorCodes
  private let kernels: Kernels
  private let pool: WorkerPool

  /// So many times the centres are moved to the mean of the vectors that are nearest to them.
  private static let rounds = 6
  /// So many vectors a centre are looked at, if there are as many.
  private static let share = 40
  /// So many centres, the nearest by their one-bit codes, are ranked.
  private static let ranked = 16

  /// Finds centres.
  ///
  /// - Parameters:
  ///   - count: how many, at most as many as there are vectors.
  ///   - vectors: the vectors.
  ///   - order: the rows of the vectors in an order at random.
  /// - Complexity: O(count² · dimension), some eight times: 240 queries a centre for one-bit codes.
  init(count: Int, of vectors: VectorCodes, order: [UInt32], kernels: Kernels, pool: WorkerPool) {
    self.count = count
    self.vectors = vectors
    self.kernels = kernels
    self.pool = pool
    codes = Array(repeating: 128, count: count * vectors.stride)
    factors = Array(repeating: 0, count: 2 * count)
    differences = Array(repeating: 0, count: count * vectors.stride)
    rotation = BitRotation(width: vectors.stride)
    bits = BitCodes.blanks(BitCodes.blocks(count), width: vectors.stride)
    let sample = order.prefix(count * KMeans.share).sorted()
    for (center, row) in order.prefix(count).enumerated() { place(mean(of: [row]), as: center) }
    codeBits()
    for _ in 0..<KMeans.rounds {
      let nearest = nearest(1, to: sample)
      move(to: sample, nearest)
    }
  }

  /// Moves each centre to the mean of the vectors that are nearest to it.
  private mutating func move(to sample: [UInt32], _ nearest: [Ranked]) {
    var members = [[UInt32]](repeating: [], count: count)
    for (place, row) in sample.enumerated() { members[Int(nearest[place].id)].append(row) }
    // A centre without vectors moves to the one that is worst off, far from its own.
    var worst = sample.indices.sorted { nearest[$0].word < nearest[$1].word }.makeIterator()
    for center in 0..<count where members[center].isEmpty {
      guard let place = worst.next() else { break }
      members[center] = [sample[place]]
    }
    let (groups, before) = (members, self)
    let means = pool.map(count: count) { before.mean(of: groups[$0]) }
    for (center, mean) in means.enumerated() { place(mean, as: center) }
    codeBits()
  }

  /// How the mean of some vectors differs from the mean of all, as their codes tell it.
  private func mean(of rows: [UInt32]) -> [Float] {
    var sums = [Float](repeating: 0, count: vectors.stride)
    for row in rows { vectors.view.add(row, to: &sums) }
    let share = 1 / Float(max(1, rows.count))
    for i in sums.indices { sums[i] *= share }
    return sums
  }

  /// Codes a difference from the mean as a centre.
  private mutating func place(_ difference: [Float], as center: Int) {
    let zero = [Float](repeating: 0, count: difference.count)
    let start = center * vectors.stride
    let scale = kernels.encode(difference.span, center: zero.span, into: &codes, at: start)
    var square: Float = 0
    for i in difference.indices {
      differences[start + i] = scale * Float(Int(codes[start + i]) - 128)
      square += differences[start + i] * differences[start + i]
    }
    factors[2 * center] = scale
    factors[2 * center + 1] = -square / 2
  }

  /// Makes the one-bit codes of all centres.
  private mutating func codeBits() {
    let length = BitCodes.blockLength(width: rotation.width)
    let origin = [Float](repeating: 0, count: rotation.width)
    let blocks = BitCodes.blanks(BitCodes.blocks(count), width: rotation.width)
    var turned: [Float] = []
    for center in 0..<count {
      rotation.turn(difference(center).span, minus: origin.span, into: &turned, kernels)
      BitCodes.encode(
        turned, center: origin, mean: origin, score: .euclidean,
        place: center % BitCodes.blockRows, block: center / BitCodes.blockRows * length,
        in: blocks)
    }
    bits = blocks
  }

  /// The centres nearest to some vectors.
  ///
  /// - Parameters:
  ///   - wanted: how many for each vector, at most ``count``.
  ///   - rows: the rows of the vectors.
  /// - Returns: `wanted` for each vector, nearest first; their scores are minus half the squared
  ///   distance, but for half the squared distance of the vector from the mean of all.
  /// - Complexity: O(vectors · count · dimension / 32).
  func nearest(_ wanted: Int, to rows: [UInt32]) -> [Ranked] {
    let block = 512
    return pool.map(count: (rows.count + block - 1) / block) { number in
      let origin = [Float](repeating: 0, count: rotation.width)
      let router = CellRouter()
      var (query, bitQuery) = (CodeQuery(), BitQuery())
      var turned: [Float] = []
      var found: [Ranked] = []
      for row in rows[number * block..<min((number + 1) * block, rows.count)] {
        vectors.view.prepare(&query, row: row)
        rotation.turn(
          difference(ofVector: row).span, minus: origin.span, into: &turned, kernels)
        bitQuery.take(turned, kernels)
        router.route(
          hubs, bits: bits.span, query: query, bitQuery: bitQuery,
          wanted: max(wanted, KMeans.ranked), kernels)
        for _ in 0..<wanted { if let near = router.popNearest() { found.append(near) } }
      }
      return found
    }.flatMap(\.self)
  }

  /// The centres in codes.
  private var hubs: CodesView {
    @_lifetime(borrow self)
    borrowing get {
      CodesView(
        codes: codes.span, factors: factors.span, center: vectors.center.span,
        stride: vectors.stride)
    }
  }

  /// The mean of all vectors, padded.
  var mean: [Float] { vectors.center }

  /// A centre in numbers, padded.
  func center(_ number: Int) -> [Float] {
    vectors.center.indices.map { vectors.center[$0] + differences[number * vectors.stride + $0] }
  }

  /// The squared distances of a vector, told by its difference from the mean of all, from some
  /// centres.
  func squaredDistances(of difference: [Float], from centers: [UInt32]) -> [Float] {
    var scores = [Float](repeating: 0, count: centers.count)
    kernels.gather(
      .euclidean, query: difference, base: differences.span, stride: vectors.stride,
      rows: centers, count: centers.count, into: &scores)
    return scores.map { -$0 }
  }

  /// How a centre differs from the mean of all vectors.
  func difference(_ number: Int) -> [Float] {
    Array(differences[number * vectors.stride..<(number + 1) * vectors.stride])
  }

  /// How a vector, as its codes tell it, differs from the mean of all.
  func difference(ofVector row: UInt32) -> [Float] { mean(of: [row]) }
}

extension CodesView {
  /// Makes a row a query for the centres of cells.
  fileprivate func prepare(_ query: inout CodeQuery, row: UInt32) {
    query.take(self.row(Int(row)))
    query.scale = factors[2 * Int(row)]
    query.offset = 0
  }

  /// Adds what a row's codes stand for, its difference from the mean of all.
  fileprivate func add(_ row: UInt32, to sums: inout [Float]) {
    let codes = self.row(Int(row))
    let scale = factors[2 * Int(row)]
    for i in codes.indices { sums[i] += scale * Float(Int(codes[i]) - 128) }
  }
}
