import CKernels
import Glibc

/// The distance kernels of this processor: rows of float32, or of one byte a number, scored
/// against a query.
///
/// Every table computes a score in the same canonical order (32 lanes of fused multiply-adds and
/// a fixed tree, see `hark_kernels.h`), so results have the same bits whichever table runs.
@safe package struct Kernels: Sendable {
  /// What a score is. Greater is nearer in either case.
  package enum Score: Sendable {
    /// The inner product of query and row.
    case innerProduct
    /// Minus the squared Euclidean distance of query and row.
    case euclidean
  }

  /// The table's name: `scalar`, `avx2`, `avx512`, `avx512vnni`, `amx` or `neon`.
  package let name: String
  /// What an encoder uses on the same processor.
  package let encoder: EncoderKernels
  let table: hark_kernels

  /// The table that this process uses: the one that the environment variable `HARK_KERNELS`
  /// names, if the processor runs it, else the widest.
  package static let shared: Kernels =
    requested.flatMap(Kernels.init(named:)) ?? .widest

  private static var widest: Kernels { unsafe Kernels(hark_kernels_best().pointee) }

  /// The value of the environment variable `HARK_KERNELS`, whether or not it could be followed.
  package static let requested: String? =
    unsafe getenv("HARK_KERNELS").map { unsafe String(cString: $0) }

  /// The names of all tables that this processor runs.
  package static var available: [String] {
    ["scalar", "avx2", "avx512", "avx512vnni", "amx", "neon"].filter {
      unsafe hark_kernels_named($0) != nil
    }
  }

  /// The table of that name, or nil where this processor cannot run it.
  package init?(named name: String) {
    guard let table = unsafe hark_kernels_named(name) else { return nil }
    unsafe self.init(table.pointee)
  }

  private init(_ table: hark_kernels) {
    unsafe self.name = String(cString: table.name)
    encoder = unsafe EncoderKernels(table.encoder.pointee)
    unsafe self.table = table
  }

  /// Scores chosen rows of a matrix.
  ///
  /// - Parameters:
  ///   - score: what to compute.
  ///   - query: as many numbers as a row has.
  ///   - base: the matrix; row i begins at `i * stride`.
  ///   - stride: the distance of two rows, in numbers.
  ///   - rows: the numbers of the rows to score.
  ///   - count: how many of `rows` to score, from its front.
  ///   - scores: receives the score of each chosen row, in the order of `rows`.
  /// - Precondition: every row lies inside `base`, and `scores` has room for them.
  /// - Complexity: O(rows · dimension).
  package func gather(
    _ score: Score, query: [Float], base: Span<Float>, stride: Int,
    rows: [UInt32], count: Int, into scores: inout [Float]
  ) {
    precondition(0...min(rows.count, scores.count) ~= count, "There is no room for the scores.")
    var last: UInt32 = 0
    for i in 0..<count { last = max(last, rows[i]) }
    precondition(
      count == 0 || Int(last) * stride + query.count <= base.count,
      "A row lies outside of the matrix.")
    unsafe query.withUnsafeBufferPointer { query in
      unsafe base.withUnsafeBufferPointer { base in
        unsafe rows.withUnsafeBufferPointer { rows in
          unsafe scores.withUnsafeMutableBufferPointer { scores in
            guard let q = query.baseAddress, let b = base.baseAddress,
              let r = rows.baseAddress, let s = scores.baseAddress
            else { return }
            switch score {
            case .innerProduct:
              unsafe table.gather_inner_product(q, b, stride, query.count, r, count, s)
            case .euclidean:
              unsafe table.gather_euclidean(q, b, stride, query.count, r, count, s)
            }
          }
        }
      }
    }
  }

  /// Scores the first rows of a matrix.
  ///
  /// - Parameters:
  ///   - score: what to compute.
  ///   - query: as many numbers as a row has.
  ///   - base: the matrix; row i begins at `i * stride`.
  ///   - stride: the distance of two rows, in numbers.
  ///   - count: how many rows to score.
  ///   - scores: receives the score of each row.
  /// - Precondition: every row lies inside `base`, and `scores` has room for them.
  /// - Complexity: O(rows · dimension).
  package func scan(
    _ score: Score, query: [Float], base: Span<Float>, stride: Int, count: Int,
    into scores: inout [Float]
  ) {
    precondition(0...scores.count ~= count, "There is no room for the scores.")
    precondition(
      count == 0 || (count - 1) * stride + query.count <= base.count,
      "A row lies outside of the matrix.")
    unsafe query.withUnsafeBufferPointer { query in
      unsafe base.withUnsafeBufferPointer { base in
        unsafe scores.withUnsafeMutableBufferPointer { scores in
          guard let q = query.baseAddress, let b = base.baseAddress,
            let s = scores.baseAddress
          else { return }
          switch score {
          case .innerProduct:
            unsafe table.scan_inner_product(q, b, stride, query.count, count, s)
          case .euclidean:
            unsafe table.scan_euclidean(q, b, stride, query.count, count, s)
          }
        }
      }
    }
  }

  /// The score of one row.
  ///
  /// - Precondition: the row has as many numbers as the query, or more.
  /// - Complexity: O(dimension).
  package func score(_ score: Score, _ query: [Float], _ row: Span<Float>) -> Float {
    var scores: [Float] = [0]
    scan(score, query: query, base: row, stride: query.count, count: 1, into: &scores)
    return scores[0]
  }
}
