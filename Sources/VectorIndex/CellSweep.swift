import Machine

/// A search through cells: the cells nearest to the query are swept, nearest first.
///
/// A ``CellRouter`` chooses the cells. Each cell's members are scored by one-bit codes, 32 at a
/// time (FastScan), which gives a bound that a member's score hardly ever passes (RaBitQ). Members
/// whose bound is above the score of the k-th best so far are scored by their codes of a byte a
/// number; those that come nearest this way are kept. A cell is passed over if no member of it can be
/// expected to lie so far towards the query as the k-th best does.
///
/// No pointer of the search leaves this file and the router's: a cell takes less than a microsecond, in
/// which reference counts and checks of bounds would show. Storage is kept from search to search.
@safe final class CellSweep {
  /// Words of ``Ranked``, descending: the nearest rows so far.
  @exclusivity(unchecked) private var pool = unsafe UncheckedBuffer<UInt64>()
  /// How many rows the pool holds.
  private(set) var count = 0
  /// The cells that are left.
  private let router = CellRouter()
  /// The rows that a sweep has kept, their bounds and scores.
  @exclusivity(unchecked) private var kept = unsafe UncheckedBuffer<UInt32>()
  @exclusivity(unchecked) private var bounds = unsafe UncheckedBuffer<Float>()
  @exclusivity(unchecked) private var scores = unsafe UncheckedBuffer<Float>()
  /// The members that wait to be scored by their codes, and their bounds.
  @exclusivity(unchecked) private var waiting = unsafe UncheckedBuffer<UInt32>()
  @exclusivity(unchecked) private var waitingBounds = unsafe UncheckedBuffer<Float>()
  private var waitingCount = 0
  /// How many of the rows met with a bound above the floor were allowed, and how many were not.
  private var (accepted, refused) = (0, 0)
  /// The number of the search that has met each row last.
  @exclusivity(unchecked) private var stamps = unsafe UncheckedBuffer<UInt8>()
  private var stamp: UInt8 = 0

  /// What a search asks for.
  struct Request {
    /// How many nearest rows decide what is looked at.
    var k: Int
    /// How many rows are kept, at least `k`.
    var limit: Int
    /// How many cells are swept at most, while `k` rows are found.
    var probes: Int
    /// The share of all rows that are allowed.
    var share: Float
    /// How many cells are swept at most before `k` rows are found, where not all are allowed.
    var patience: Int
    /// How far towards the query members are expected, as ``CellShape/reach`` has it.
    var reach: Float
    /// By how much a product of a query at distance 1 may exceed what a member's one-bit code tells, in
    /// units of the code's factor.
    var slack: Float
  }

  /// How a search went.
  struct Outcome {
    var damage: SegmentFormat.Tag?
    var isComplete = true
  }

  /// A row of the pool with its score, nearest first.
  ///
  /// - Precondition: `place` is less than ``count``.
  subscript(place: Int) -> Ranked {
    precondition(0..<count ~= place, "There is no such place.")
    return unsafe Ranked(word: pool[place])
  }

  /// Finds near rows.
  ///
  /// - Parameters:
  ///   - request: what is asked for.
  ///   - view: the cells.
  ///   - codes: the codes of all rows.
  ///   - query: the query in codes.
  ///   - bits: the query for one-bit codes.
  ///   - square: the squared distance of the query from the mean of all vectors.
  ///   - allowed: the rows that may be found; all if nil.
  /// - Returns: the section in which something impossible was met, if any was; and whether the search
  ///   was brought to its end, or given up because what is allowed lies in other cells.
  /// - Complexity: O(cells · dimension / 32) to choose the cells, and as much for each 32 members of
  ///   those that are swept.
  func search(
    _ request: Request, _ view: borrowing CellsView, _ codes: borrowing CodesView,
    query: CodeQuery, bits: BitQuery, square: Float, metric: Metric, allowed: RowSet?,
    _ kernels: Kernels
  ) -> Outcome {
    let (cellCount, blocks) = (view.shape.count, view.shape.blocks)
    precondition(
      view.cells.count >= cellCount && view.hubs.count >= cellCount
        && view.members.count >= blocks * BitCodes.blockRows
        && view.bits.count >= blocks * BitCodes.blockLength(width: view.width)
        && view.hubBits.count
          >= BitCodes.blocks(cellCount) * BitCodes.blockLength(width: view.width)
        && query.codes.count == codes.stride && view.hubs.stride == codes.stride
        && bits.width == view.width,
      "The query or the cells do not fit.")
    reset(request, rows: codes.count)
    let outcome = unsafe query.withUnsafeQuery { query in
      unsafe bits.withUnsafeQuery { bits in
        unsafe view.cells.withUnsafeBufferPointer { cells in
          unsafe view.hubs.codes.withUnsafeBufferPointer { hubCodes in
            unsafe view.hubs.factors.withUnsafeBufferPointer { hubFactors in
              unsafe view.hubBits.withUnsafeBufferPointer { hubBits in
                unsafe view.members.withUnsafeBufferPointer { members in
                  unsafe view.bits.withUnsafeBufferPointer { memberBits in
                    unsafe codes.codes.withUnsafeBufferPointer { base in
                      unsafe codes.factors.withUnsafeBufferPointer { factors in
                        guard let cells = cells.baseAddress, let hubCodes = hubCodes.baseAddress,
                          let hubFactors = hubFactors.baseAddress,
                          let hubBits = hubBits.baseAddress, let members = members.baseAddress,
                          let memberBits = memberBits.baseAddress, let base = base.baseAddress,
                          let factors = factors.baseAddress
                        else { return Outcome() }
                        let hubs = unsafe CellRouter.Hubs(
                          codes: hubCodes, factors: hubFactors, bits: hubBits, count: cellCount,
                          stride: codes.stride, query: query, bitQuery: bits, kernels: kernels)
                        let index = unsafe Index(
                          cells: cells, hubs: hubs, members: members, bits: memberBits,
                          codes: base, factors: factors, blocks: blocks, rows: codes.count,
                          blockLength: BitCodes.blockLength(width: view.width),
                          weight: metric.codeWeight, square: square)
                        return unsafe run(index, request, allowed)
                      }
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
    return outcome.flatMap(\.self) ?? Outcome()
  }

  /// The cells and the query, while their storage is borrowed.
  @unsafe struct Index {
    let cells: UnsafePointer<Cell>
    let hubs: CellRouter.Hubs
    let members: UnsafePointer<UInt32>
    let bits: UnsafePointer<UInt8>
    let codes: UnsafePointer<UInt8>
    let factors: UnsafePointer<Float>
    let blocks: Int
    let rows: Int
    let blockLength: Int
    /// What the product of two vectors counts in a score.
    let weight: Float
    let square: Float
  }

  private func reset(_ request: Request, rows: Int) {
    unsafe pool.reserve(request.limit)
    let room = CellSweep.part * BitCodes.blockRows
    unsafe kept.reserve(room)
    unsafe bounds.reserve(room)
    unsafe waiting.reserve(room + CellSweep.group)
    unsafe waitingBounds.reserve(room + CellSweep.group)
    waitingCount = 0
    (accepted, refused) = (0, 0)
    unsafe scores.reserve(max(CellSweep.group, request.k + CellSweep.lead))
    if unsafe stamps.count < rows || stamp == .max {
      unsafe stamps.reserve(rows)
      unsafe stamps.clear()
      stamp = 0
    }
    stamp += 1
    count = 0
  }

  /// So many blocks are swept before their members are looked at.
  private static let part = 64
  /// So many rows are scored between two looks at the k-th best.
  private static let group = 16
  /// So many have to be refused before it tells something.
  private static let sample = 64
  /// Of near rows, less than this part of the share of all that is allowed is few.
  private static let fewer: Float = 0.8
  /// So many more than k are scored before all others.
  private static let lead = 8

  private func run(_ index: Index, _ request: Request, _ allowed: RowSet?) -> Outcome {
    let all = unsafe index.hubs.count
    let wanted = min(all, request.probes * 5 / 4 + 16)
    var outcome = unsafe sweep(wanted, index, request, allowed)
    guard count < request.k, wanted < all else { return outcome }
    if allowed != nil {
      outcome.isComplete = false
      return outcome
    }
    // So few lie in the nearest cells only where these are all but empty.
    let damage = outcome.damage
    outcome = unsafe sweep(all, index, request, allowed)
    outcome.damage = damage ?? outcome.damage
    return outcome
  }

  /// Sweeps the nearest of the `wanted` nearest cells.
  private func sweep(
    _ wanted: Int, _ index: Index, _ request: Request, _ allowed: RowSet?
  ) -> Outcome {
    var outcome = Outcome()
    unsafe router.route(index.hubs, wanted: wanted)
    var floor = -Float.infinity
    var probes = 0
    // No two cells share a block: so the time is bounded in a damaged file, too.
    var left = unsafe index.blocks
    while let near = router.popNearest() {
      let cell = unsafe index.cells[Int(near.id)]
      let blocks = BitCodes.blocks(Int(cell.count))
      guard blocks <= left, unsafe Int(cell.block) <= index.blocks - blocks else {
        outcome.damage = .cells
        continue
      }
      let score = near.score
      let distance = unsafe index.distance(of: cell, score: score)
      if count >= request.k {
        if probes >= request.probes { break }
        let reach = request.reach * distance * cell.radius
        if unsafe index.best(of: cell, score: score, reach: reach) < floor { continue }
      } else if allowed != nil, probes >= request.patience {
        outcome.isComplete = false
        return outcome
      }
      left -= blocks
      let next = unsafe router.nearest.flatMap { unsafe index.bits(of: $0.id) }
      var start = Int(cell.block)
      let end = start + blocks
      while start < end {
        let part = min(CellSweep.part, end - start)
        let found = unsafe index.hubs.kernels.sift(
          index.hubs.bitQuery, blocks: index.bits + start * index.blockLength, count: part,
          next: start + part == end ? next : nil,
          rows: index.members + start * BitCodes.blockRows, score: score,
          slack: request.slack * distance, floor: floor, into: kept.base, bounds: bounds.base)
        var most = Float.infinity
        if count < request.k {
          // With the scores of the likeliest known, most of the others are ruled out.
          most = greatestBound(request.k + CellSweep.lead, of: found)
          if unsafe !note(found, index, allowed, where: { $0 >= most }) {
            outcome.damage = .members
          }
          floor = unsafe take(index, request, floor: floor)
        }
        if unsafe !note(found, index, allowed, where: { $0 > floor && $0 < most }) {
          outcome.damage = .members
        }
        start += part
        // They wait until their codes have come, unless nothing is known yet.
        if waitingCount >= (count < request.k ? 1 : CellSweep.group / 2) {
          floor = unsafe take(index, request, floor: floor)
        }
      }
      probes += 1
    }
    _ = unsafe take(index, request, floor: floor)
    if isFarther(request.share) { outcome.isComplete = false }
    return outcome
  }

  /// Whether fewer of the near rows are allowed than of all, and not by chance: then those that are lie
  /// in many cells farther away.
  private func isFarther(_ share: Float) -> Bool {
    let met = Float(accepted + refused)
    let deviation = (share * (1 - share) * met).squareRoot()
    return refused >= CellSweep.sample
      && Float(accepted) < CellSweep.fewer * share * met - 2 * deviation
  }

  /// The least of the greatest bounds that a sweep has kept; minus infinity where there are fewer.
  private func greatestBound(_ wanted: Int, of found: Int) -> Float {
    guard wanted < found else { return -.infinity }
    let (bounds, greatest) = unsafe (self.bounds.base, scores.base)
    var held = 0
    for i in 0..<found {
      let bound = unsafe bounds[i]
      if held == wanted, unsafe bound <= greatest[held - 1] { continue }
      if held < wanted { held += 1 }
      var place = held - 1
      while place > 0, unsafe greatest[place - 1] < bound {
        unsafe greatest[place] = greatest[place - 1]
        place -= 1
      }
      unsafe greatest[place] = bound
    }
    return unsafe greatest[wanted - 1]
  }

  /// Notes the members that a sweep has kept, and asks for their codes.
  ///
  /// - Returns: whether all were in range.
  @inline(__always)
  private func note(
    _ found: Int, _ index: Index, _ allowed: RowSet?, where isWanted: (Float) -> Bool
  ) -> Bool {
    let (kept, bounds, stamps) = unsafe (self.kept.base, self.bounds.base, self.stamps.base)
    var isSound = true
    for place in 0..<found where unsafe isWanted(bounds[place]) {
      let row = unsafe kept[place]
      guard unsafe Int(row) < index.rows else {
        isSound = false
        continue
      }
      guard unsafe stamps[Int(row)] != stamp else { continue }
      unsafe stamps[Int(row)] = stamp
      if let allowed, !allowed.contains(row) {
        refused += 1
        continue
      }
      accepted += 1
      unsafe prefetch(index.codes + Int(row) * index.hubs.stride, index.hubs.stride)
      unsafe waiting[waitingCount] = row
      unsafe waitingBounds[waitingCount] = bounds[place]
      waitingCount += 1
    }
    return isSound
  }

  /// Scores the members that are waiting by their codes, and keeps the nearest.
  ///
  /// - Returns: the score of the k-th best, minus infinity where there are fewer.
  private func take(_ index: Index, _ request: Request, floor: Float) -> Float {
    let (rows, bounds) = unsafe (waiting.base, waitingBounds.base)
    var floor = floor
    var place = 0
    while place < waitingCount {
      // Those that the rows before them have ruled out are passed over.
      let group = unsafe rows + place
      var size = 0
      while place < waitingCount, size < CellSweep.group {
        unsafe group[size] = rows[place]
        size += unsafe bounds[place] > floor ? 1 : 0
        place += 1
      }
      unsafe index.hubs.kernels.gather(
        index.hubs.query, base: index.codes, factors: index.factors, stride: index.hubs.stride,
        rows: group, count: size, into: scores.base)
      for i in 0..<size {
        unsafe insert(Ranked(score: scores[i], id: group[i]).word, limit: request.limit)
      }
      if count >= request.k { floor = unsafe Ranked(word: pool[request.k - 1]).score }
    }
    waitingCount = 0
    return floor
  }

  /// Puts a row into the pool, unless it is full of nearer ones.
  private func insert(_ word: UInt64, limit: Int) {
    if count == limit {
      if unsafe word <= pool[count - 1] { return }
    } else {
      count += 1
    }
    var place = count - 1
    while place > 0, unsafe pool[place - 1] < word {
      unsafe pool[place] = pool[place - 1]
      place -= 1
    }
    unsafe pool[place] = word
  }
}

// It belongs to one scratch, which one search uses at a time.
extension CellSweep: @unchecked Sendable {}

extension CellSweep.Index {
  /// Where the one-bit codes of a cell begin; nil where a damaged file says what cannot be.
  @inline(__always)
  fileprivate func bits(of cell: UInt32) -> UnsafePointer<UInt8>? {
    let block = unsafe Int(cells[Int(cell)].block)
    return unsafe block < blocks ? bits + block * blockLength : nil
  }

  /// The distance of the query from the centre of a cell, whose score tells it.
  @inline(__always)
  fileprivate func distance(of cell: Cell, score: Float) -> Float {
    unsafe max(0, square + cell.square - 2 / weight * score).squareRoot()
  }

  /// The best score to be expected in a cell.
  ///
  /// - Parameter reach: the product of the query's and a member's difference from the centre.
  @inline(__always)
  fileprivate func best(of cell: Cell, score: Float, reach: Float) -> Float {
    // A squared distance has the member's own from the centre in it.
    unsafe score + weight * reach - (weight - 1) * cell.radius * cell.radius
  }
}
