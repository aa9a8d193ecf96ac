import Machine

/// The vectors of a file: a NumPy array (.npy) of float32 or float16, or .fvecs.
///
/// The file is mapped and read row by row, so that it may be larger than the memory. The key of a
/// vector is its row number.
public final class VectorFile: VectorSource {
  /// The numbers of the rows.
  public let keys: [Int64]
  /// How many numbers a vector has.
  public let dimension: Int
  /// How near two vectors are.
  public let metric: Metric
  private let rows: any FloatRows
  private let path: String

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - path: the file; its name's ending tells the format, .npy if nothing else.
  ///   - metric: how near two vectors are.
  ///   - limit: how many rows are taken from the front; all if nil.
  /// - Throws: `vectors-unreadable`.
  /// - Complexity: O(rows) for the keys.
  public init(_ path: String, metric: Metric, limit: Int? = nil) throws(IndexError) {
    do throws(MachineError) {
      rows = path.hasSuffix(".fvecs") ? try VecsRows(path) : try NumPyRows(path)
    } catch { throw .unreadable(error, path: path) }
    let count = rows.count
    dimension = rows.dimension
    guard 1...VectorSet.dimensionLimit ~= dimension, count <= VectorSet.countLimit else {
      throw IndexError(
        .vectorsUnreadable,
        "\(path) has \(count) vectors of \(dimension) numbers, more than an index can have.",
        path: path)
    }
    keys = Array(0..<Int64(min(count, limit ?? count)))
    self.metric = metric
    self.path = path
  }

  /// The numbers of a row as the file has them.
  ///
  /// - Throws: `vectors-unreadable`.
  public func vector(at row: Int) throws(IndexError) -> [Float] {
    do { return try rows.floats(row) } catch { throw .unreadable(error, path: path) }
  }

  /// A row, checked, scaled and padded.
  ///
  /// - Throws: `vectors-unreadable`, `vector-not-finite`, `vector-zero` or `vector-too-large`.
  public func row(_ number: Int) throws(IndexError) -> [Float] {
    let vector = try vector(at: number)
    var row: [Float] = []
    let stride = VectorSet.stride(dimension: dimension)
    row.reserveCapacity(stride)
    try VectorSet.append(
      vector.span, to: &row, stride: stride, metric: metric, key: keys[number])
    return row
  }

  /// Rows of integers, such as the numbers of the nearest vectors of each query: a NumPy array of
  /// int32 or int64, or .ivecs.
  ///
  /// - Parameter path: the file.
  /// - Throws: `vectors-unreadable`.
  public static func integers(_ path: String) throws(IndexError) -> [[Int64]] {
    do throws(MachineError) {
      return path.hasSuffix(".ivecs") ? try ivecs(path) : try numpyIntegers(path)
    } catch { throw .unreadable(error, path: path) }
  }

  private static func ivecs(_ path: String) throws(MachineError) -> [[Int64]] {
    let file = try VecsFile(path)
    var rows: [[Int64]] = []
    for row in 0..<file.rows {
      let words = try file.words(row: row)
      rows.append(words.map { Int64(Int32(bitPattern: $0)) })
    }
    return rows
  }

  private static func numpyIntegers(_ path: String) throws(MachineError) -> [[Int64]] {
    let file = try NumPyFile(path)
    let numbers = try file.integers()
    let columns = file.columns
    return stride(from: 0, to: numbers.count, by: max(1, columns)).map {
      Array(numbers[$0..<$0 + columns])
    }
  }
}

/// The rows of a file, whatever its format.
private protocol FloatRows: Sendable {
  var count: Int { get }
  var dimension: Int { get }
  func floats(_ row: Int) throws(MachineError) -> [Float]
}

private final class NumPyRows: FloatRows {
  private let file: NumPyFile

  init(_ path: String) throws(MachineError) { file = try NumPyFile(path) }

  var count: Int { file.rows }
  var dimension: Int { file.columns }

  func floats(_ row: Int) throws(MachineError) -> [Float] { try file.floats(rows: row..<row + 1) }
}

private final class VecsRows: FloatRows {
  private let file: VecsFile

  init(_ path: String) throws(MachineError) { file = try VecsFile(path) }

  var count: Int { file.rows }
  var dimension: Int { file.columns }

  func floats(_ row: Int) throws(MachineError) -> [Float] {
    try file.words(row: row).map(Float.init(bitPattern:))
  }
}

extension IndexError {
  /// A file of vectors that could not be read.
  static func unreadable(_ cause: MachineError, path: String) -> IndexError {
    IndexError(
      .vectorsUnreadable, "The vectors cannot be read. \(cause.message)", path: path,
      cause: cause)
  }
}
