import Machine

/// The cells whose centres are nearest to a query, nearest first: for searches, and for building.
///
/// All centres are scored by their one-bit codes, and the nearest of them once more by their codes of a
/// byte a number. A heap then gives one after another, as a search seldom takes all of them.
///
/// No pointer leaves this file and that of ``CellSweep``.
@safe final class CellRouter {
  /// Words of ``Ranked`` of the cells, a heap with the nearest on top.
  @exclusivity(unchecked) private var heap = unsafe UncheckedBuffer<UInt64>()
  /// How many cells the heap holds.
  private var count = 0
  /// The centres that were scored, and their bounds and scores.
  @exclusivity(unchecked) private var kept = unsafe UncheckedBuffer<UInt32>()
  @exclusivity(unchecked) private var bounds = unsafe UncheckedBuffer<Float>()
  @exclusivity(unchecked) private var scores = unsafe UncheckedBuffer<Float>()
  /// The numbers of so many centres, in whole blocks.
  @exclusivity(unchecked) private var numbers = unsafe UncheckedBuffer<UInt32>()
  private var numbered = 0
  /// The step of each bound between the least and the greatest, and how many lie in each step.
  @exclusivity(unchecked) private var steps = unsafe UncheckedBuffer<UInt32>()
  @exclusivity(unchecked) private var tally = unsafe UncheckedBuffer<UInt32>()

  /// Into so many steps bounds are counted.
  private static let stepCount = 256

  /// Centres and a query, while their storage is borrowed.
  @unsafe struct Hubs {
    let codes: UnsafePointer<UInt8>
    let factors: UnsafePointer<Float>
    let bits: UnsafePointer<UInt8>
    let count: Int
    let stride: Int
    let query: UnsafeCodeQuery
    let bitQuery: UnsafeBitQuery
    let kernels: Kernels
  }

  /// Finds the `wanted` nearest of some centres, and a few more.
  ///
  /// - Parameters:
  ///   - hubs: the centres in codes.
  ///   - bits: the one-bit codes of the centres, in blocks.
  ///   - query: the query in codes.
  ///   - bitQuery: the query for one-bit codes.
  /// - Complexity: O(centres · dimension / 32).
  func route(
    _ hubs: borrowing CodesView, bits: Span<UInt8>, query: CodeQuery, bitQuery: BitQuery,
    wanted: Int, _ kernels: Kernels
  ) {
    let (all, stride) = (hubs.count, hubs.stride)
    precondition(
      query.codes.count == stride && bitQuery.width == stride
        && bits.count >= BitCodes.blocks(all) * BitCodes.blockLength(width: stride),
      "The query or the centres do not fit.")
    count = 0
    _ = unsafe query.withUnsafeQuery { query in
      unsafe bitQuery.withUnsafeQuery { bitQuery in
        unsafe hubs.codes.withUnsafeBufferPointer { codes in
          unsafe hubs.factors.withUnsafeBufferPointer { factors in
            unsafe bits.withUnsafeBufferPointer { bits in
              guard let codes = codes.baseAddress, let factors = factors.baseAddress,
                let bits = bits.baseAddress
              else { return }
              unsafe route(
                Hubs(
                  codes: codes, factors: factors, bits: bits, count: all, stride: stride,
                  query: query, bitQuery: bitQuery, kernels: kernels),
                wanted: wanted)
            }
          }
        }
      }
    }
  }

  /// Finds the `wanted` nearest of some centres, and a few more.
  func route(_ hubs: Hubs, wanted: Int) {
    unsafe reserve(hubs.count)
    let kept = unsafe self.kept.base
    count = unsafe likely(hubs, wanted: wanted)
    for i in 0..<count { unsafe prefetch(hubs.codes + Int(kept[i]) * hubs.stride, hubs.stride) }
    unsafe hubs.kernels.gather(
      hubs.query, base: hubs.codes, factors: hubs.factors, stride: hubs.stride, rows: kept,
      count: count, into: scores.base)
    for i in 0..<count { unsafe heap[i] = Ranked(score: scores[i], id: kept[i]).word }
    for i in (0..<count / 2).reversed() { unsafe sink(heap[i], from: i) }
  }

  /// Keeps the centres that are most likely the nearest, as their one-bit codes tell it.
  ///
  /// - Returns: how many there are: `wanted` and a few more, or all.
  private func likely(_ hubs: Hubs, wanted: Int) -> Int {
    let (all, blocks) = unsafe (hubs.count, BitCodes.blocks(hubs.count))
    if wanted < all {
      let floor = unsafe sampledFloor(hubs, wanted: wanted)
      var found = unsafe sift(hubs, blocks: blocks, floor: floor)
      if found < wanted { unsafe found = sift(hubs, blocks: blocks, floor: -.infinity) }
      if found >= wanted { return keep(wanted, of: found) }
      // Some bounds are no numbers: they tell nothing.
    }
    for i in 0..<all { unsafe kept[i] = UInt32(i) }
    return all
  }

  /// Makes room for so many centres.
  private func reserve(_ centers: Int) {
    guard numbered != centers else { return }
    let places = BitCodes.blocks(centers) * BitCodes.blockRows
    unsafe heap.reserve(places)
    unsafe kept.reserve(places)
    unsafe bounds.reserve(places)
    unsafe scores.reserve(places)
    unsafe steps.reserve(places)
    unsafe tally.reserve(CellRouter.stepCount)
    unsafe numbers.reserve(places)
    // A damaged file may have codes in the places without a centre: they stand for the last one.
    for i in 0..<places { unsafe numbers[i] = UInt32(min(i, centers - 1)) }
    numbered = centers
  }

  /// Scores the centres of some blocks by their one-bit codes.
  ///
  /// - Returns: how many have a bound above the floor.
  private func sift(_ hubs: Hubs, blocks: Int, floor: Float) -> Int {
    unsafe hubs.kernels.sift(
      hubs.bitQuery, blocks: hubs.bits, count: blocks, next: nil, rows: numbers.base, score: 0,
      slack: 0, floor: floor, into: kept.base, bounds: bounds.base)
  }

  /// A floor that most likely leaves some more than are wanted, as the first of the centres tell it, which
  /// stand in no order; minus infinity where there are few.
  private func sampledFloor(_ hubs: Hubs, wanted: Int) -> Float {
    let count = unsafe hubs.count
    guard count >= 2 * CellRouter.sample * BitCodes.blockRows else { return -.infinity }
    let found = unsafe sift(hubs, blocks: CellRouter.sample, floor: -.infinity)
    return cut(keeping: 2 * wanted * found / count + 8, of: found)?.floor ?? -.infinity
  }

  /// So many blocks of centres tell what the others are like.
  private static let sample = 8

  /// The nearest cell that is left.
  var nearest: Ranked? {
    unsafe count > 0 ? Ranked(word: heap[0]) : nil
  }

  /// Takes the nearest cell that is left.
  func popNearest() -> Ranked? {
    guard let top = nearest else { return nil }
    count -= 1
    if count > 0 { unsafe sink(heap[count], from: 0) }
    return top
  }

  private func sink(_ word: UInt64, from start: Int) {
    let heap = unsafe self.heap.base
    var parent = start
    while true {
      var child = 2 * parent + 1
      guard child < count else { break }
      if child + 1 < count, unsafe heap[child + 1] > heap[child] { child += 1 }
      guard unsafe heap[child] > word else { break }
      unsafe heap[parent] = heap[child]
      parent = child
    }
    unsafe heap[parent] = word
  }

  /// What parts the greatest bounds from the others.
  private struct Cut {
    /// The least step of those that stay, as `steps` has it.
    var step: UInt32
    /// About the bound at which it begins.
    var floor: Float
  }

  /// Parts the `wanted` greatest bounds, and a few more, from the others, as bounds are counted in steps.
  ///
  /// - Returns: nil where all stay.
  private func cut(keeping wanted: Int, of found: Int) -> Cut? {
    guard wanted < found else { return nil }
    let (bounds, tally) = unsafe (self.bounds.base, self.tally.base)
    // The places beyond the last, up to a whole group, count as the last.
    let groups = (found + 15) / 16
    for i in found..<16 * groups { unsafe bounds[i] = bounds[found - 1] }
    var (low, high) = (group(0), group(0))
    for i in 1..<groups {
      let group = group(i)
      low.replace(with: group, where: group .< low)
      high.replace(with: group, where: group .> high)
    }
    let (least, most) = (low.min(), high.max())
    let scale = most > least ? Float(CellRouter.stepCount - 1) / (most - least) : 0
    guard scale > 0, scale < .infinity else { return nil }
    unsafe self.tally.clear()
    // Adding 2²³ rounds to an integer, which the low bits then hold.
    let steps = unsafe self.steps.base
    for i in 0..<groups {
      let rounded = (group(i) - least) * scale + 0x1p23
      unsafe UnsafeMutableRawPointer(steps).storeBytes(
        of: rounded, toByteOffset: 64 * i, as: SIMD16<Float>.self)
    }
    for i in 0..<found {
      unsafe tally[Int(steps[i] & UInt32(CellRouter.stepCount - 1))] &+= 1
    }
    var (step, reached) = (CellRouter.stepCount, 0)
    while reached < wanted, step > 0 {
      step -= 1
      unsafe reached += Int(tally[step])
    }
    let first = Float(0x1p23).bitPattern
    return Cut(step: first + UInt32(step), floor: least + (Float(step) - 0.5) / scale)
  }

  /// Keeps the `wanted` centres with the greatest bounds, and a few more.
  ///
  /// - Returns: how many there are.
  private func keep(_ wanted: Int, of found: Int) -> Int {
    guard let cut = cut(keeping: wanted, of: found) else { return found }
    let (kept, steps) = unsafe (self.kept.base, self.steps.base)
    var place = 0
    for i in 0..<found {
      unsafe kept[place] = kept[i]
      place &+= unsafe steps[i] >= cut.step ? 1 : 0
    }
    return place
  }

  /// Sixteen of the bounds.
  @inline(__always)
  private func group(_ number: Int) -> SIMD16<Float> {
    unsafe UnsafeRawPointer(bounds.base).loadUnaligned(
      fromByteOffset: 64 * number, as: SIMD16<Float>.self)
  }
}
