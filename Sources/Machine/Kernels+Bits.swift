internal import CKernels

/// Codes of one bit a number: the signs of a row's difference from the centre of its cell, after a
/// rotation (RaBitQ; Gao & Long, SIGMOD 2024). `hark_kernels.h` tells how a block of 32 rows lies
/// in memory.
package enum BitCodes {
  /// How many rows a block has.
  package static let blockRows = 32
  /// The greatest width of a code.
  package static let widthLimit = Int(HARK_BIT_WIDTH)

  /// The number of bits of a code: the next multiple of 64.
  package static func width(dimension: Int) -> Int { (dimension + 63) / 64 * 64 }

  /// The length of a block in bytes.
  package static func blockLength(width: Int) -> Int { width * 4 + 256 }

  /// How many blocks so many rows take.
  package static func blocks(_ rows: Int) -> Int { (rows + blockRows - 1) / blockRows }

  /// Blocks in which no place is taken: what is there has a bound of minus infinity.
  package static func blanks(_ count: Int, width: Int) -> LargeBuffer<UInt8> {
    let length = blockLength(width: width)
    let buffer = LargeBuffer<UInt8>(repeating: 0, count: count * length)
    let blank = [Float](repeating: -.infinity, count: blockRows)
    unsafe blank.withUnsafeBytes { blank in
      for block in 0..<count {
        let end = (block + 1) * length
        unsafe UnsafeMutableRawBufferPointer(
          rebasing: UnsafeMutableRawBufferPointer(buffer.elements)[end - blank.count..<end]
        ).copyMemory(from: blank)
      }
    }
    return buffer
  }

  /// Writes a row into a place of a block that was zero there.
  ///
  /// - Parameters:
  ///   - row: how the row differs from `mean`, rotated.
  ///   - center: how the centre of its cell does, rotated.
  ///   - mean: what queries are relative to, too; rotated.
  ///   - score: what scores are.
  ///   - place: the place in the block, less than ``blockRows``.
  ///   - block: where the block begins in `blocks`.
  ///   - blocks: the blocks.
  /// - Complexity: O(width).
  package static func encode(
    _ row: [Float], center: [Float], mean: [Float], score: Kernels.Score, place: Int,
    block: Int, in blocks: LargeBuffer<UInt8>
  ) {
    let free = unsafe blocks.elements.count - blockLength(width: row.count)
    precondition(
      row.count == center.count && row.count == mean.count && 0..<blockRows ~= place
        && 0...max(0, free) ~= block && free >= 0, "The row has no place.")
    unsafe row.withUnsafeBufferPointer { row in
      unsafe center.withUnsafeBufferPointer { center in
        unsafe mean.withUnsafeBufferPointer { mean in
          guard let r = row.baseAddress, let c = center.baseAddress, let m = mean.baseAddress,
            let b = unsafe blocks.elements.baseAddress
          else { return }
          unsafe hark_bit_encode(
            r, c, m, row.count, score == .euclidean ? 1 : 0, place, b + block)
        }
      }
    }
  }
}

/// A rotation at random, the same in every process: signs are flipped and parts transformed by
/// Walsh and Hadamard's matrix, in turns, so that it takes O(width · log width).
package struct BitRotation: Sendable {
  /// How many numbers it turns.
  package let width: Int
  private let signs: [Float]

  /// The rotation of so many numbers.
  ///
  /// - Parameter width: a multiple of 64, at most ``BitCodes/widthLimit``.
  package init(width: Int) {
    precondition(
      width.isMultiple(of: 64) && 64...BitCodes.widthLimit ~= width, "There is no such width.")
    self.width = width
    var window = 64
    while 2 * window <= width { window *= 2 }
    let scale = 1 / Float(window).squareRoot()
    signs = (0..<Int(HARK_BIT_ROUNDS) * width).map { i in
      // The finaliser of SplitMix64 (Steele, Lea & Flood 2014).
      var z = UInt64(i) &* 0x9E37_79B9_7F4A_7C15 &+ 0x4861_726B
      z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
      let (round, place) = i.quotientAndRemainder(dividingBy: width)
      let isInside = round.isMultiple(of: 2) ? place < window : place >= width - window
      return (z >> 63 == 1 ? -1 : 1) * (isInside ? scale : 1)
    }
  }

  /// Turns a row.
  ///
  /// - Parameters:
  ///   - row: at most `width` numbers.
  ///   - center: what is subtracted from them before; at least as many.
  ///   - numbers: receives `width` numbers.
  package func turn(
    _ row: Span<Float>, minus center: Span<Float>, into numbers: inout [Float],
    _ kernels: Kernels
  ) {
    precondition(row.count <= width && center.count >= row.count, "The row is too long.")
    if numbers.count != width { numbers = Array(repeating: 0, count: width) }
    for i in row.indices { numbers[i] = row[i] - center[i] }
    for i in row.count..<width { numbers[i] = 0 }
    unsafe signs.withUnsafeBufferPointer { signs in
      unsafe numbers.withUnsafeMutableBufferPointer { numbers in
        guard let s = signs.baseAddress, let n = numbers.baseAddress else { return }
        unsafe kernels.table.rotate_bits(s, width, n)
      }
    }
  }
}

/// A query for one-bit codes: for each four numbers, the sums that their signs can make (FastScan;
/// André, Kermarrec & Le Scouarnec, VLDB 2015).
package struct BitQuery: Sendable {
  fileprivate var tables: [UInt8] = []
  /// How many numbers the query has; zero until one is taken.
  package private(set) var width = 0
  fileprivate var step: Float = 0
  fileprivate var base: Float = 0

  /// No query yet.
  package init() {}

  /// Takes a rotated query.
  ///
  /// - Complexity: O(width).
  package mutating func take(_ query: [Float], _ kernels: Kernels) {
    precondition(query.count.isMultiple(of: 64), "The query has another width.")
    width = query.count
    if tables.count != 8 * width { tables = Array(repeating: 0, count: 8 * width) }
    var (step, base): (Float, Float) = (0, 0)
    unsafe query.withUnsafeBufferPointer { query in
      unsafe tables.withUnsafeMutableBufferPointer { tables in
        guard let q = query.baseAddress, let t = tables.baseAddress else { return }
        unsafe kernels.table.make_bit_tables(q, query.count, t, &step, &base)
      }
    }
    (self.step, self.base) = (step, base)
  }

  /// Lends the tables to `body`; nil where there are none.
  package func withUnsafeQuery<Result>(_ body: (UnsafeBitQuery) -> Result) -> Result? {
    guard width > 0 else { return nil }
    return unsafe tables.withUnsafeBufferPointer { tables in
      guard let base = tables.baseAddress else { return nil }
      return unsafe body(
        UnsafeBitQuery(
          query: hark_bit_query(tables: base, width: width, step: step, base: self.base)))
    }
  }
}

/// A query for one-bit codes while its storage is borrowed.
@unsafe package struct UnsafeBitQuery {
  fileprivate let query: hark_bit_query
}

extension Kernels {
  /// Scores the rows of blocks of one-bit codes, and hands on those whose bound is above the floor.
  ///
  /// The score of a row is known as well as its bits tell it; `slack` times the row's factor is
  /// added, so that it is a bound which the true score hardly ever passes.
  ///
  /// - Parameters:
  ///   - query: the query.
  ///   - blocks: where the first block begins.
  ///   - count: how many blocks there are.
  ///   - next: blocks that will be scored next, to be asked for ahead.
  ///   - rows: the numbers of the rows, ``BitCodes/blockRows`` a block.
  ///   - score: the score of the cell's centre.
  ///   - slack: by how much products may be off.
  ///   - floor: what bounds have to be above.
  ///   - kept: receives the numbers of the rows; has room for all.
  ///   - bounds: receives their bounds.
  /// - Returns: how many rows are kept.
  /// - Complexity: O(blocks · width).
  @unsafe package func sift(
    _ query: UnsafeBitQuery, blocks: UnsafePointer<UInt8>, count: Int,
    next: UnsafePointer<UInt8>?, rows: UnsafePointer<UInt32>, score: Float, slack: Float,
    floor: Float, into kept: UnsafeMutablePointer<UInt32>, bounds: UnsafeMutablePointer<Float>
  ) -> Int {
    unsafe withUnsafePointer(to: query.query) { query in
      unsafe table.sift_bits(
        query, blocks, count, next, rows, score, slack, floor, kept, bounds)
    }
  }
}
