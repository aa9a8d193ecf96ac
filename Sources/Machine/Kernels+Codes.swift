public import CKernels

/// A query in codes: integers of −127 to 127, with the scale that they were divided by.
package struct CodeQuery: Sendable {
  /// The codes, padded with zeros.
  package private(set) var codes: [Int8] = []
  /// What a product of codes is multiplied by, beside the row's scale.
  package var scale: Float = 0
  /// What is added to a score, beside the row's offset.
  package var offset: Float = 0
  /// 128 times the sum of the codes: what the products hold too much, as rows are stored plus 128.
  fileprivate var bias: Int32 = 0

  /// A query that scores every row zero.
  package init() {}

  /// Takes the codes of a row as they are stored.
  ///
  /// - Complexity: O(codes).
  package mutating func take(_ row: Span<UInt8>) {
    if codes.count != row.count { codes = Array(repeating: 0, count: row.count) }
    bias = unsafe row.withUnsafeBufferPointer { row in
      unsafe codes.withUnsafeMutableBufferPointer { codes in
        guard let from = row.baseAddress, let to = codes.baseAddress else { return 0 }
        return unsafe hark_code_signed(from, row.count, to)
      }
    }
  }
}

/// A query in codes while its storage is borrowed.
@unsafe package struct UnsafeCodeQuery {
  fileprivate let codes: UnsafePointer<Int8>
  fileprivate let bias: Int32
  fileprivate let scale: Float
  fileprivate let offset: Float
}

extension CodeQuery {
  /// Lends the codes to `body`; nil where there are none.
  package func withUnsafeQuery<Result>(_ body: (UnsafeCodeQuery) -> Result) -> Result? {
    unsafe codes.withUnsafeBufferPointer { codes in
      guard let base = codes.baseAddress else { return nil }
      return unsafe body(
        UnsafeCodeQuery(codes: base, bias: bias, scale: scale, offset: offset))
    }
  }
}

extension Kernels {
  /// The distance of two rows of codes: the next multiple of 64.
  package static func codeStride(dimension: Int) -> Int { (dimension + 63) / 64 * 64 }

  /// Scores chosen rows of codes: the product of the codes times both scales, and both offsets
  /// added. The bits of a score do not depend on the table.
  ///
  /// - Parameters:
  ///   - query: a query of `stride` codes.
  ///   - base: the codes; row i begins at `i * stride`.
  ///   - factors: the scale and the offset of each row.
  ///   - stride: the distance of two rows, a multiple of 64.
  ///   - rows: the numbers of the rows to score.
  ///   - start: the place of the first of them.
  ///   - count: how many of `rows` to score.
  ///   - scores: receives the score of each chosen row, in the order of `rows`.
  /// - Precondition: every row lies inside `base` and `factors`, and `scores` has room for them.
  /// - Complexity: O(rows · stride).
  @inline(__always)
  package func gather(
    _ query: CodeQuery, base: Span<UInt8>, factors: Span<Float>, stride: Int,
    rows: [UInt32], from start: Int = 0, count: Int, into scores: inout [Float]
  ) {
    precondition(
      0...scores.count ~= count && 0...rows.count - count ~= start
        && query.codes.count == stride,
      "There is no room for the scores, or the query has another length.")
    unsafe query.codes.withUnsafeBufferPointer { codes in
      unsafe base.withUnsafeBufferPointer { base in
        unsafe factors.withUnsafeBufferPointer { factors in
          unsafe rows.withUnsafeBufferPointer { rows in
            unsafe scores.withUnsafeMutableBufferPointer { scores in
              guard count > 0, let q = codes.baseAddress, let b = base.baseAddress,
                let f = factors.baseAddress, let r = rows.baseAddress,
                let s = scores.baseAddress
              else { return }
              var last: UInt32 = 0
              for i in start..<start + count { last = unsafe max(last, r[i]) }
              precondition(
                (Int(last) + 1) * stride <= base.count && 2 * Int(last) + 1 < factors.count,
                "A row lies outside of the codes.")
              unsafe table.gather_codes(
                hark_code_query(
                  codes: q, bias: query.bias, scale: query.scale, offset: query.offset),
                b, f, stride, r + start, count, s)
            }
          }
        }
      }
    }
  }

  /// The same for rows that the caller has found to be inside of the codes, without a check.
  @unsafe package func gather(
    _ query: UnsafeCodeQuery, base: UnsafePointer<UInt8>, factors: UnsafePointer<Float>,
    stride: Int, rows: UnsafePointer<UInt32>, count: Int, into scores: UnsafeMutablePointer<Float>
  ) {
    unsafe table.gather_codes(
      hark_code_query(
        codes: query.codes, bias: query.bias, scale: query.scale, offset: query.offset),
      base, factors, stride, rows, count, scores)
  }

  /// Rounds a row to codes.
  ///
  /// - Parameters:
  ///   - row: the numbers.
  ///   - center: what is subtracted from them; as many.
  ///   - codes: receives a code for each number, plus 128, and 128 in the places beyond them.
  ///   - start: the place of the first code.
  /// - Returns: the scale: what a code has to be multiplied by.
  /// - Precondition: `codes` has room for a row of codes, and `center` as many numbers as `row`.
  package func encode(
    _ row: Span<Float>, center: Span<Float>, into codes: inout [UInt8], at start: Int = 0
  ) -> Float {
    let stride = Kernels.codeStride(dimension: row.count)
    precondition(
      0...codes.count - stride ~= start && center.count >= row.count, "There is no room.")
    return unsafe row.withUnsafeBufferPointer { row in
      unsafe center.withUnsafeBufferPointer { center in
        unsafe codes.withUnsafeMutableBufferPointer { codes in
          guard let r = row.baseAddress, let m = center.baseAddress, let c = codes.baseAddress
          else { return 0 }
          return unsafe table.encode(r, m, row.count, stride, c + start)
        }
      }
    }
  }
}

/// What rounding to codes left of a row: two bits a number, so that codes and residuals together
/// have the precision of ten bits.
package enum CodeResiduals {
  /// The bytes of a row's residuals.
  package static func stride(codeStride: Int) -> Int { codeStride / 4 }

  /// The residuals of a row.
  ///
  /// - Precondition: `center` has at least as many numbers as `row`, and `codes` is a row of codes.
  package static func encode(
    _ row: [Float], center: [Float], scale: Float, codes: Span<UInt8>
  ) -> [UInt8] {
    precondition(codes.count >= row.count && center.count >= row.count, "There is no room.")
    var residuals = [UInt8](repeating: 0, count: stride(codeStride: codes.count))
    unsafe row.withUnsafeBufferPointer { row in
      unsafe center.withUnsafeBufferPointer { center in
        unsafe codes.withUnsafeBufferPointer { codes in
          unsafe residuals.withUnsafeMutableBufferPointer { residuals in
            guard let r = row.baseAddress, let m = center.baseAddress, let c = codes.baseAddress,
              let out = residuals.baseAddress
            else { return }
            unsafe hark_code_residuals(r, m, scale, c, row.count, codes.count, out)
          }
        }
      }
    }
    return residuals
  }

  /// The row that codes and residuals stand for.
  ///
  /// - Parameters:
  ///   - row: receives `dimension` numbers from `start` on.
  ///   - start: the place of the first number.
  /// - Precondition: `codes` and `residuals` are rows of vectors of that dimension, and `center`
  ///   and `row` have the room.
  package static func decode(
    codes: Span<UInt8>, residuals: Span<UInt8>, scale: Float, center: Span<Float>,
    dimension: Int, into row: inout [Float], at start: Int
  ) {
    precondition(
      residuals.count == stride(codeStride: codes.count) && codes.count >= dimension
        && center.count >= dimension && 0...row.count - dimension ~= start, "There is no room.")
    unsafe row.withUnsafeMutableBufferPointer { row in
      unsafe center.withUnsafeBufferPointer { center in
        unsafe codes.withUnsafeBufferPointer { codes in
          unsafe residuals.withUnsafeBufferPointer { residuals in
            guard let out = row.baseAddress, let m = center.baseAddress,
              let c = codes.baseAddress, let r = residuals.baseAddress
            else { return }
            unsafe hark_code_decode(c, r, scale, m, dimension, codes.count, out + start)
          }
        }
      }
    }
  }
}

/// Asks the caches for the 128 bytes at an address, which need not be there.
@unsafe @inlinable @inline(__always)
package func prefetch(_ address: UnsafeRawPointer) { unsafe hark_prefetch(address) }
