import Documents
import Glibc

extension DecodedText {
  /// Converts bytes by iconv, or gives nil where the name is unknown or a byte does not fit.
  ///
  /// A character that the end of the file cuts off is left out.
  static func convert(_ bytes: Span<UInt8>, from encoding: String) -> String? {
    guard let converter = unsafe iconv_open("UTF-8", encoding),
      unsafe converter != iconv_t(bitPattern: -1)
    else { return nil }
    defer { unsafe iconv_close(converter) }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + bytes.count / 2)
    let isComplete = unsafe bytes.withUnsafeBufferPointer { source in
      // iconv takes a mutable pointer for historical reasons and does not write through it.
      var input = unsafe UnsafeMutableRawPointer(mutating: source.baseAddress)?
        .assumingMemoryBound(to: CChar.self)
      var inputLeft = source.count
      while inputLeft > 0 {
        let status = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1 << 16) {
          buffer in
          var output = buffer.baseAddress
          var outputLeft = buffer.count
          let status = unsafe iconv(converter, &input, &inputLeft, &output, &outputLeft)
          let failure = errno
          let written = buffer.count - outputLeft
          unsafe result.append(contentsOf: UnsafeRawBufferPointer(buffer)[..<written])
          return status == -1 ? failure : 0
        }
        if status == EINVAL { return true }
        if status != 0 && status != E2BIG { return false }
      }
      return true
    }
    guard isComplete else { return nil }
    return String(decoding: result, as: UTF8.self)
  }

  /// Decodes Windows-1252. The five bytes that it leaves undefined become C1 control characters,
  /// as in the WHATWG Encoding Standard.
  static func decodeWindows1252(_ bytes: Span<UInt8>) -> String {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + bytes.count / 8)
    for index in bytes.indices {
      let byte = bytes[index]
      if byte < 0x80 {
        result.append(byte)
      } else {
        let scalar = byte < 0xA0 ? windows1252[Int(byte - 0x80)] : UInt16(byte)
        if scalar < 0x800 {
          result.append(UInt8(0xC0 | scalar >> 6))
        } else {
          result.append(UInt8(0xE0 | scalar >> 12))
          result.append(UInt8(0x80 | (scalar >> 6) & 0x3F))
        }
        result.append(UInt8(0x80 | scalar & 0x3F))
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// The characters 0x80 to 0x9F of Windows-1252 (WHATWG Encoding Standard, index windows-1252).
  private static let windows1252: [UInt16] = [
    0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
    0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D, 0x017D, 0x8F,
    0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D, 0x017E, 0x0178,
  ]
}

extension Span<UInt8> {
  /// The bytes as UTF-8, with U+FFFD for each place that is none.
  func decodedLossily() -> String {
    unsafe withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
  }
}

extension String {
  /// The text without what cannot be seen: control characters but line feeds, tabs and form
  /// feeds, byte order marks, and soft hyphens. All line breaks become line feeds.
  ///
  /// - Complexity: O(*n*), and without a copy where there is nothing to do.
  var withoutControlCharacters: String {
    let bytes = utf8Span.span
    guard bytes.indices.contains(where: { Self.mayNeedCleaning(bytes[$0]) }) else { return self }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      let next = index + 1 < bytes.count ? bytes[index + 1] : 0
      let third = index + 2 < bytes.count ? bytes[index + 2] : 0
      switch (byte, next, third) {
      case (0x0D, _, _):
        if next != 0x0A { result.append(0x0A) }
        index += 1
      case (0x09, _, _), (0x0A, _, _), (0x0C, _, _):
        result.append(byte)
        index += 1
      case (0x00...0x1F, _, _), (0x7F, _, _):
        index += 1
      case (0xC2, 0x85, _):
        result.append(0x0A)
        index += 2
      case (0xC2, 0x80...0x9F, _), (0xC2, 0xAD, _):
        index += 2
      case (0xE2, 0x80, 0xA8), (0xE2, 0x80, 0xA9):
        result.append(0x0A)
        index += 3
      case (0xEF, 0xBB, 0xBF):
        index += 3
      default:
        let start = index
        repeat { index += 1 } while index < bytes.count && !Self.mayNeedCleaning(bytes[index])
        result.append(copying: bytes.extracting(start..<index))
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// Whether a character that begins with this byte may be one to drop.
  private static func mayNeedCleaning(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x09, 0x0A, 0x0C: false
    case 0x00...0x1F, 0x7F, 0xC2, 0xE2, 0xEF: true
    default: false
    }
  }
}
