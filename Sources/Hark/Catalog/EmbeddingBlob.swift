import Foundation

/// Vectors as the catalog stores them: little-endian float32.
enum EmbeddingBlob {
  /// The bytes of a vector.
  static func encode(_ vector: some Collection<Float>) -> Data {
    let words = vector.map { $0.bitPattern.littleEndian }
    return unsafe words.withUnsafeBytes { unsafe Data($0) }
  }

  /// Appends the floats of `data` to `vector`.
  ///
  /// - Returns: the number of floats, or nil where the bytes are no whole floats.
  static func append(_ data: Data, to vector: inout [Float]) -> Int? {
    guard data.count % 4 == 0 else { return nil }
    unsafe data.withUnsafeBytes { bytes in
      for offset in stride(from: 0, to: bytes.count, by: 4) {
        let bits = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        vector.append(Float(bitPattern: UInt32(littleEndian: bits)))
      }
    }
    return data.count / 4
  }
}
