internal import Glibc
import Machine

extension Segment {
  /// Finds near rows in the cells nearest to the query, and ranks the nearest of what it found by the
  /// vectors themselves.
  func sweepCells(
    k: Int, effort: Int, _ allowed: RowSet?, _ rotation: BitRotation,
    _ scratch: inout SearchScratch
  ) -> [Neighbor] {
    let candidates = allowed?.count ?? count
    let wanted = max(k, effort)
    if candidates <= Segment.sweepLimit || wanted >= count {
      return ExactSearch.scan(view, k: k, kernels: kernels, allowed: allowed, &scratch)
    }
    let request = request(k: k, effort: wanted, candidates: candidates)
    let cost =
      Segment.rowsPerProbe * request.probes + header.cells.count / 2 + Segment.rowsPerNearest * k
    if candidates <= cost {
      return sweep(k: k, allowed ?? RowSet(count: count), &scratch)
    }
    let isComplete = search(request, allowed, rotation, &scratch)
    if let allowed, !isComplete { return sweep(k: k, allowed, &scratch) }
    return last(k: k, codes, &scratch)
  }

  /// Searches through cells for the scratch's query; the scratch's sweep receives the nearest rows.
  ///
  /// - Returns: whether the search was brought to its end.
  func search(
    _ request: CellSweep.Request, _ allowed: RowSet?, _ rotation: BitRotation,
    _ scratch: inout SearchScratch
  ) -> Bool {
    let codes = codes
    codes.prepare(
      &scratch, dimension: header.dimension, metric: header.metric, kernels: kernels)
    let query = scratch.query
    rotation.turn(
      query.span.extracting(first: header.dimension), minus: codes.center,
      into: &scratch.rotated, kernels)
    scratch.bits.take(scratch.rotated, kernels)
    let outcome = scratch.sweep.search(
      request, cells, codes, query: scratch.codes, bits: scratch.bits,
      square: codes.squaredDistance(of: query, kernels), metric: header.metric,
      allowed: allowed, kernels)
    if let damage = outcome.damage { scratch.note(damage) }
    return outcome.isComplete
  }

  /// What a search through cells asks for.
  private func request(k: Int, effort: Int, candidates: Int) -> CellSweep.Request {
    let share = Float(candidates) / Float(count)
    let cells = Float(header.cells.count)
    let perEffort = max(Segment.probesPerEffort, cells.squareRoot() / 25)
    let probes = perEffort * Float(effort) / pow(share, Segment.sparseness)
    // Among so many cells at random there would be k that are allowed.
    let patience = Float(k) * cells / (2 * Float(candidates))
    return CellSweep.Request(
      k: min(k, candidates), limit: min(candidates, Segment.lastLook(k: k, effort: effort)),
      probes: max(4, Int(min(probes, cells))),
      share: share, patience: 8 + Int(min(8 * patience, cells)),
      reach: header.cells.reach * Segment.reach(effort: effort), slack: Segment.slack)
  }

  /// Ranks by the vectors themselves what a search through cells has kept, as far as the rounding of
  /// the codes leaves it a chance to be among the `k` nearest.
  private func last(
    k: Int, _ codes: borrowing CodesView, _ scratch: inout SearchScratch
  ) -> [Neighbor] {
    let found = scratch.sweep.count
    scratch.reserve(width: found)
    let doubt = self.doubt(codes, scratch)
    let floor = found > k ? scratch.sweep[k - 1].score : -.infinity
    var last = 0
    for place in 0..<found {
      let near = scratch.sweep[place]
      if place >= k, near.score + doubt * codes.factors[2 * Int(near.id)] < floor { continue }
      scratch.rows[last] = near.id
      last += 1
    }
    return rank(last, k: k, &scratch)
  }

  /// How many cells are swept at most for each unit of effort, unless there are very many cells.
  private static let probesPerEffort: Float = 1.25

  /// How the number of cells to be swept grows where few rows are allowed: by the share to this
  /// power.
  private static let sparseness: Float = 0.4

  /// How many allowed rows a sweep scores by their codes in the time in which a cell is swept.
  private static let rowsPerProbe = 12

  /// How many it scores in the time that each of the nearest takes to be kept and ranked; measured with a
  /// hundred to three thousand of them (docs/index.md).
  private static let rowsPerNearest = 24

  /// By how much a product of a query at distance 1 may exceed what a one-bit code tells, in units
  /// of the code's factor: the deviation is about 0.6 (RaBitQ's ω is 0.8).
  private static let slack: Float = 0.7

  /// How far towards the query members of a cell are expected, as a share of what was measured when
  /// the segment was built.
  private static func reach(effort: Int) -> Float { 1.3 + 0.1 * log2(Float(effort) / 64) }
}
