import Machine

/// Vectors as a walk reads them: one byte a number, with two factors a vector.
///
/// A vector v is stored as the integers c = round((v − m) / s), with the mean m of all vectors
/// (very long ones shortened) and a scale s of its own, so that the greatest of them is ±127. With an
/// offset o for each vector, the score of two vectors follows from the product of their codes:
///
/// - inner product: ⟨v, w⟩ ≈ s·t·⟨c, d⟩ + o(v) + o(w) with o(v) = ⟨m, v⟩ − ½|m|²,
/// - Euclidean: −|v − w|² ≈ 2·s·t·⟨c, d⟩ + o(v) + o(w) with o(v) = −|v − m|².
///
/// Both offsets are exact; only the product is rounded. What is coded is therefore how a vector
/// differs from all others, whatever they have in common.
struct VectorCodes: Sendable {
  /// What all vectors have in common, padded as they are.
  let center: [Float]
  /// The distance of two rows of codes.
  let stride: Int
  /// The codes of one vector after another.
  private let codes: LargeBuffer<UInt8>
  /// The scale and the offset of one vector after another.
  private let factors: LargeBuffer<Float>

  /// Codes the vectors of a source.
  ///
  /// - Throws: what the source throws.
  /// - Complexity: O(n · dimension), two reads of each vector.
  init(_ source: some VectorSource, kernels: Kernels, pool: WorkerPool) throws(IndexError) {
    stride = Kernels.codeStride(dimension: source.dimension)
    center = try VectorCodes.mean(of: source)
    let count = source.keys.count
    codes = LargeBuffer(repeating: 0, count: count * stride)
    factors = LargeBuffer(repeating: 0, count: 2 * count)
    let whole = self
    let block = 256
    let outcomes = pool.map(count: (count + block - 1) / block) { number in
      Result { () throws(IndexError) in
        for row in number * block..<min((number + 1) * block, count) {
          try whole.code(row, of: source, kernels)
        }
      }
    }
    for outcome in outcomes { try outcome.get() }
  }

  /// Codes one vector. Rows may be coded at the same time, but none twice.
  private func code(
    _ number: Int, of source: some VectorSource, _ kernels: Kernels
  ) throws(IndexError) {
    let row = try source.row(number)
    var codes = [UInt8](repeating: 0, count: stride)
    let scale = kernels.encode(
      row.span.extracting(first: source.dimension), center: center.span, into: &codes)
    for i in 0..<stride { unsafe self.codes.elements[number * stride + i] = codes[i] }
    unsafe factors.elements[2 * number] = scale
    unsafe factors.elements[2 * number + 1] =
      source.metric.offset(of: row, center: center, kernels)
  }

  /// The mean of all vectors, of which each counts as if it were at most four times as long as most are:
  /// else a single one that is very long would move the mean so far away that the codes of all others
  /// became alike. Computed on one thread, so that its rounding is always the same.
  private static func mean(of source: some VectorSource) throws(IndexError) -> [Float] {
    var sums = [Double](repeating: 0, count: VectorSet.stride(dimension: source.dimension))
    let limit = 16 * (try medianSquare(of: source))
    for number in source.keys.indices {
      let row = try source.row(number)
      let square = VectorSet.squaredLength(of: row.span)
      let weight = square > limit && limit > 0 ? (limit / square).squareRoot() : 1
      for i in sums.indices { sums[i] += weight * Double(row[i]) }
    }
    let count = Double(max(1, source.keys.count))
    return sums.map { Float($0 / count) }
  }

  /// The median of the vectors' squared lengths, as some of them tell it.
  private static func medianSquare(of source: some VectorSource) throws(IndexError) -> Double {
    let count = source.keys.count
    var squares: [Double] = []
    for number in Swift.stride(from: 0, to: count, by: max(1, count / sample)) {
      let row = try source.row(number)
      squares.append(VectorSet.squaredLength(of: row.span))
    }
    squares.sort()
    return squares.isEmpty ? 0 : squares[squares.count / 2]
  }

  /// So many vectors tell how long most are.
  private static let sample = 1_024

  /// The codes as searches read them.
  var view: CodesView {
    @_lifetime(borrow self)
    borrowing get {
      CodesView(codes: codes.span, factors: factors.span, center: center.span, stride: stride)
    }
  }
}

extension Metric {
  /// What is added to a score for each of the two vectors.
  func offset(of row: [Float], center: [Float], _ kernels: Kernels) -> Float {
    let withCenter = kernels.score(score, row, center.span)
    guard score == .innerProduct else { return withCenter }
    return withCenter - kernels.score(score, center, center.span) / 2
  }

  /// What the product of two vectors' scales is multiplied by.
  var codeWeight: Float { score == .euclidean ? 2 : 1 }
}

/// Codes as searches read them, wherever they lie.
struct CodesView: ~Escapable {
  let codes: Span<UInt8>
  let factors: Span<Float>
  let center: Span<Float>
  let stride: Int
  /// How many rows there are.
  let count: Int

  @_lifetime(copy codes, copy factors, copy center)
  init(codes: Span<UInt8>, factors: Span<Float>, center: Span<Float>, stride: Int) {
    self.codes = codes
    self.factors = factors
    self.center = center
    self.stride = stride
    self.count = min(codes.count / stride, factors.count / 2)
  }

  /// The codes of a row.
  @_lifetime(copy self)
  func row(_ number: Int) -> Span<UInt8> {
    codes.extracting(number * stride..<(number + 1) * stride)
  }

  /// Makes the scratch's query ready for a walk. Its offset is the same for all rows, and left out.
  ///
  /// - Parameter dimension: how many numbers of the query are not padding.
  func prepare(
    _ scratch: inout SearchScratch, dimension: Int, metric: Metric, kernels: Kernels
  ) {
    if scratch.encoded.count != stride { scratch.encoded = Array(repeating: 128, count: stride) }
    let query = scratch.query
    let scale = kernels.encode(
      query.span.extracting(first: dimension), center: center, into: &scratch.encoded)
    let encoded = scratch.encoded
    scratch.codes.take(encoded.span)
    scratch.codes.scale = scale * metric.codeWeight
    scratch.codes.offset = 0
  }

  /// By how much the score of a row's codes may seem to exceed that of another row whose score is
  /// really greater, for each unit of the row's scale.
  ///
  /// A rounded number is off by a part of its scale that is spread evenly, with a variance of one
  /// twelfth: so a product of codes is off by a twelfth of both lengths times the other's scale,
  /// squared. Over its scale a row is taken to be as long as the query is, and at least as normal numbers
  /// are whose greatest is four deviations: a query of few great numbers would make it too short. Four
  /// and a quarter of the deviations of the difference of two such scores are hardly ever passed.
  ///
  /// - Parameters:
  ///   - query: the query, padded.
  ///   - codes: its codes.
  ///   - dimension: how many of its numbers are not padding.
  func doubt(
    of query: [Float], _ codes: CodeQuery, dimension: Int, metric: Metric, kernels: Kernels
  ) -> Float {
    let weight = metric.codeWeight
    let square = weight * weight * squaredDistance(of: query, kernels)
    let greatest = 127 * codes.scale
    let normal = greatest * greatest * Float(dimension) / 16
    return 4.25 * ((square + max(square, normal)) / 12).squareRoot()
  }

  /// The squared distance of a query from the mean of all vectors.
  ///
  /// - Parameter query: the query, padded.
  func squaredDistance(of query: [Float], _ kernels: Kernels) -> Float {
    -kernels.score(.euclidean, query, center)
  }

  /// Makes a row the query of a walk.
  func prepare(_ query: inout CodeQuery, row: UInt32, metric: Metric) {
    query.take(self.row(Int(row)))
    query.scale = factors[2 * Int(row)] * metric.codeWeight
    query.offset = factors[2 * Int(row) + 1]
  }
}
