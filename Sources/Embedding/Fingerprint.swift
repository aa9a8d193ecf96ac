internal import Foundation
internal import Machine

/// Identifies a model by its files, cheaply.
///
/// The configuration files, the tokenizer and the header of the weights count whole. Of the
/// numbers, 64 bytes at 4096 places spread evenly over the file count: training or converting a
/// model changes nearly all of them.
struct Fingerprint {
  private static let samples = 4096
  private static let sampleSize = 64

  /// FNV-1a with 128 bits (Fowler, Noll & Vo; IETF draft-eastlake-fnv).
  private var state: UInt128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d

  /// The fingerprint of a model: 32 hexadecimal digits.
  static func of(
    _ folder: ModelFolder, _ configuration: ModelConfiguration, _ weights: Safetensors
  ) throws(EmbeddingError) -> String {
    var fingerprint = Fingerprint()
    let tokenizerFiles = ["tokenizer.json", "vocab.txt"]
      .map { configuration.transformerFolder + $0 }.filter { folder.has($0) }.prefix(1)
    for name in configuration.files + tokenizerFiles {
      let contents = try folder.contents(name)
      fingerprint.add(contents.count)
      fingerprint.add(contents.bytes)
    }
    weights.withFile { fingerprint.add($0, numbersFrom: weights.dataOffset) }
    let digits = String(fingerprint.state, radix: 16)
    return String(repeating: "0", count: 32 - digits.count) + digits
  }

  /// Adds the header of the weights, the number of bytes after it, and samples of them.
  private mutating func add(_ file: borrowing MappedFile, numbersFrom start: Int) {
    let bytes = file.bytes
    let numbers = bytes.byteCount - start
    add(numbers)
    add(bytes.extracting(0..<start))
    guard numbers > Self.samples * Self.sampleSize else {
      add(bytes.extracting(start...))
      return
    }
    let last = numbers - Self.sampleSize
    for sample in 0..<(Self.samples - 1) {
      let begin = start + last / (Self.samples - 1) * sample
      add(bytes.extracting(begin..<(begin + Self.sampleSize)))
    }
    add(bytes.extracting((start + last)...))
  }

  private mutating func add(_ bytes: RawSpan) {
    for offset in bytes.byteOffsets {
      state ^= UInt128(unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
      state &*= 0x0000_0000_0100_0000_0000_0000_0000_013b
    }
  }

  private mutating func add(_ number: Int) {
    for shift in stride(from: 0, to: 64, by: 8) {
      state ^= UInt128(truncatingIfNeeded: (number >> shift) & 0xff)
      state &*= 0x0000_0000_0100_0000_0000_0000_0000_013b
    }
  }
}
