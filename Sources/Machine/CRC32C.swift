import CKernels

/// The checksum CRC-32C (Castagnoli polynomial, RFC 3720 appendix B.4).
package struct CRC32C: Sendable {
  /// The checksum of the bytes so far; zero for none.
  package private(set) var value: UInt32 = 0

  /// Begins with no bytes.
  package init() {}

  /// The checksum of some bytes.
  ///
  /// - Complexity: O(bytes), about 8 bytes in three cycles where the processor has SSE4.2.
  package init(_ bytes: RawSpan) {
    update(bytes)
  }

  /// Takes in further bytes.
  package mutating func update(_ bytes: RawSpan) {
    value = unsafe bytes.withUnsafeBytes { unsafe hark_crc32c(value, $0.baseAddress, $0.count) }
  }
}
