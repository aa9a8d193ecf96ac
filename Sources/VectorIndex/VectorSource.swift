/// Vectors that a segment is built of, read row by row: a ``VectorSet``, or a file that is larger
/// than the memory.
public protocol VectorSource: Sendable {
  /// The keys, ascending; one for each row.
  var keys: [Int64] { get }
  /// How many numbers a vector has.
  var dimension: Int { get }
  /// How near two vectors are.
  var metric: Metric { get }

  /// A row as it is searched: for ``Metric/cosine`` scaled to length 1, and padded with zeros to a
  /// multiple of 16 numbers. The same row is always the same; several threads may ask.
  ///
  /// - Parameter number: the number of the row, from 0.
  /// - Throws: `vector-not-finite`, `vector-zero` or `vector-too-large`, naming the key.
  func row(_ number: Int) throws(IndexError) -> [Float]
}

extension VectorSet: VectorSource {
  /// A row, padded with zeros.
  public func row(_ number: Int) -> [Float] {
    Array(rows[number * stride..<(number + 1) * stride])
  }
}
