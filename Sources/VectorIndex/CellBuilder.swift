internal import Glibc
import Machine

/// Sorts vectors into cells, and codes them there with one bit a number.
///
/// The centres are found by k-means (``KMeans``). Each vector becomes a member of the nearest cell,
/// and of a second one, chosen as SOAR does (Sun et al., “SOAR: Improved Indexing for Approximate
/// Nearest Neighbor Search”, NeurIPS 2023): near too, and such that the vector's direction from the
/// second centre is not that from the first, so that a query for which the first cell looks far
/// finds the vector in the second. Members are coded relative to the centre of their cell
/// (RaBitQ; Gao & Long, SIGMOD 2024).
struct CellBuilder {
  let keys: [Int64]
  let codes: VectorCodes
  let order: RowOrder
  private(set) var shape = CellShape()
  private(set) var cells: [Cell] = []
  /// The centres in codes, with the factors that searches read.
  private(set) var hubs: [UInt8] = []
  private(set) var hubFactors: [Float] = []
  private(set) var hubBits: LargeBuffer<UInt8>
  private(set) var members: [UInt32] = []
  private(set) var bits: LargeBuffer<UInt8>

  /// How many cells so many vectors get: the more there are, the smaller is the share of all members
  /// that a search sweeps, and the longer it takes to choose cells.
  static func cellCount(_ count: Int) -> Int {
    let cells = Int(pow(Double(count), 2 / 3)) / BitCodes.blockRows * BitCodes.blockRows
    return min(count, max(1, cells), cellLimit)
  }

  /// So many cells are chosen from in the time in which some tens of them are swept.
  private static let cellLimit = 16_384

  /// Sorts and codes the vectors of a source.
  ///
  /// - Parameter progress: is told how many vectors are coded in their cells, in the end.
  /// - Throws: what the source throws.
  /// - Complexity: O(n · n^⅔ · dimension / 32) for the nearest cells, and O(n · dimension) for the codes.
  init(
    _ source: some VectorSource, options: IndexOptions, kernels: Kernels = .shared,
    progress: ((Int) -> Void)?
  ) throws(IndexError) {
    keys = source.keys
    let pool = WorkerPool(threads: options.threads)
    codes = try VectorCodes(source, kernels: kernels, pool: pool)
    let hashes = keys.map { GraphBuilder.hash($0, seed: options.seed) }
    let count = CellBuilder.cellCount(keys.count)
    let shuffled = (0..<UInt32(keys.count)).sorted { hashes[Int($0)] < hashes[Int($1)] }
    let means = KMeans(count: count, of: codes, order: shuffled, kernels: kernels, pool: pool)
    let assignment = CellAssignment(means, keys.count, pool: pool)
    order = RowOrder(sources: assignment.sources)
    shape.count = count
    hubs = means.codes
    let coder = CellCoder(source: source, means: means, kernels: kernels)
    for number in 0..<count {
      let size = assignment.members[number].count
      cells.append(Cell(block: UInt32(shape.blocks), count: UInt32(size), radius: 0, square: 0))
      shape.blocks += BitCodes.blocks(size)
    }
    members = Array(repeating: CellsView.none, count: shape.blocks * BitCodes.blockRows)
    for (cell, rows) in zip(cells, assignment.members) {
      for (place, row) in rows.enumerated() {
        members[Int(cell.block) * BitCodes.blockRows + place] = order.rows[Int(row)]
      }
    }
    bits = BitCodes.blanks(shape.blocks, width: coder.width)
    hubBits = BitCodes.blanks(BitCodes.blocks(count), width: coder.width)
    let (shape, blocks, started) = (shape, bits, cells)
    let outcomes = pool.map(count: count) { number in
      Result { () throws(IndexError) in
        try coder.code(assignment.members[number], of: number, at: started[number], into: blocks)
      }
    }
    for (number, outcome) in outcomes.enumerated() {
      cells[number] = try outcome.get()
      hubFactors += coder.factors(of: number)
    }
    coder.codeCenters(shape.count, into: hubBits)
    self.shape.reach = CellReach(
      means: means, assignment: assignment, cells: cells, codes: codes, metric: source.metric,
      kernels: kernels
    ).measure(shuffled, pool)
    progress?(keys.count)
  }
}

/// Which vectors are members of which cells.
struct CellAssignment: Sendable {
  /// The members of each cell: those for which it is the nearest, then those for which it is the
  /// second; ascending each.
  private(set) var members: [[UInt32]]
  /// The rows in the order of their nearest cells.
  private(set) var sources: [UInt32] = []

  /// So many of the nearest cells may be a vector's second one.
  private static let choice = 8

  /// Assigns all vectors.
  init(_ means: KMeans, _ count: Int, pool: WorkerPool) {
    let wanted = min(CellAssignment.choice, means.count)
    let nearest = means.nearest(wanted, to: (0..<UInt32(count)).map { $0 })
    members = Array(repeating: [], count: means.count)
    for row in 0..<count { members[Int(nearest[row * wanted].id)].append(UInt32(row)) }
    sources = members.flatMap(\.self)
    guard wanted > 1 else { return }
    let block = 1_024
    let seconds = pool.map(count: (count + block - 1) / block) { number in
      (number * block..<min((number + 1) * block, count)).map { row in
        means.second(among: nearest[row * wanted..<(row + 1) * wanted], row: row)
      }
    }.flatMap(\.self)
    for (row, second) in seconds.enumerated() { members[Int(second)].append(UInt32(row)) }
  }
}

extension KMeans {
  /// The second cell of a vector, which need not be the second nearest: that with the least
  /// |r'|² + ⟨r, r'⟩² / |r|², with the vector's differences r and r' from both centres.
  ///
  /// - Parameter nearest: the nearest cells, the first of them the vector's own.
  fileprivate func second(among nearest: ArraySlice<Ranked>, row: Int) -> UInt32 {
    let cells = nearest.map(\.id)
    let distances = squaredDistances(of: difference(ofVector: UInt32(row)), from: cells)
    let apart = squaredDistances(of: difference(Int(cells[0])), from: cells)
    let own = distances[0]
    func loss(_ place: Int) -> Float {
      // ⟨r, r'⟩ follows from the three sides of the triangle.
      let along = (own + distances[place] - apart[place]) / 2
      return distances[place] + (own > 0 ? along * along / own : 0)
    }
    let best = (1..<cells.count).min { loss($0) < loss($1) }
    return cells[best ?? 0]
  }
}

/// Codes the members of cells.
private struct CellCoder<Source: VectorSource>: Sendable {
  let source: Source
  let means: KMeans
  let kernels: Kernels
  let rotation: BitRotation
  /// The mean of all vectors, rotated: how far all else lies from it is what is coded, so that
  /// nothing is lost where the vectors lie far from the origin.
  private var turnedMean: [Float] = []

  init(source: Source, means: KMeans, kernels: Kernels) {
    self.source = source
    self.means = means
    self.kernels = kernels
    rotation = BitRotation(width: BitCodes.width(dimension: source.dimension))
    let origin = [Float](repeating: 0, count: means.mean.count)
    var mean: [Float] = []
    turn(means.mean, minus: origin, into: &mean)
    turnedMean = mean
  }

  /// Rotates how a row differs from another; both are padded.
  private func turn(_ row: [Float], minus other: [Float], into numbers: inout [Float]) {
    rotation.turn(
      row.span.extracting(first: source.dimension), minus: other.span, into: &numbers, kernels)
  }

  /// The number of bits of a code.
  var width: Int { rotation.width }

  private var blockLength: Int { BitCodes.blockLength(width: rotation.width) }

  /// Codes the members of a cell.
  ///
  /// - Returns: the cell, with all that searches have to know of it.
  func code(
    _ rows: [UInt32], of number: Int, at cell: Cell, into blocks: LargeBuffer<UInt8>
  ) throws(IndexError) -> Cell {
    let center = means.center(number)
    var (turned, turnedCenter): ([Float], [Float]) = ([], [])
    turn(center, minus: means.mean, into: &turnedCenter)
    var sum = 0.0
    for (place, row) in rows.enumerated() {
      let vector = try source.row(Int(row))
      turn(vector, minus: means.mean, into: &turned)
      let block = Int(cell.block) + place / BitCodes.blockRows
      BitCodes.encode(
        turned, center: turnedCenter, mean: turnedMean, score: source.metric.score,
        place: place % BitCodes.blockRows, block: block * blockLength, in: blocks)
      for i in turned.indices {
        let difference = Double(turned[i] - turnedCenter[i])
        sum += difference * difference
      }
    }
    var cell = cell
    cell.radius = Float((sum / Double(max(1, rows.count))).squareRoot())
    cell.square =
      source.metric.score == .euclidean ? 0 : center.reduce(0) { $0 + $1 * $1 }
    return cell
  }

  /// The scale and the offset of a cell's centre, as ``VectorCodes`` has those of vectors.
  func factors(of number: Int) -> [Float] {
    let center = means.center(number)
    return [
      means.factors[2 * number], source.metric.offset(of: center, center: means.mean, kernels),
    ]
  }

  /// Codes the centres of cells, relative to the mean of all vectors.
  func codeCenters(_ count: Int, into blocks: LargeBuffer<UInt8>) {
    let origin = [Float](repeating: 0, count: rotation.width)
    var turned: [Float] = []
    for number in 0..<count {
      let center = means.center(number)
      turn(center, minus: means.mean, into: &turned)
      BitCodes.encode(
        turned, center: origin, mean: turnedMean, score: source.metric.score,
        place: number % BitCodes.blockRows,
        block: number / BitCodes.blockRows * blockLength, in: blocks)
    }
  }
}
