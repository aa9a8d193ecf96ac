/// Counts over a file that tell text from binary.
struct ByteCensus {
  private let count: Int
  private var zeros = (even: 0, odd: 0)
  private var controls = 0

  /// Counts.
  ///
  /// - Complexity: O(*n*).
  init(_ bytes: Span<UInt8>) {
    count = bytes.count
    for index in bytes.indices where bytes[index] < 0x20 || bytes[index] == 0x7F {
      switch bytes[index] {
      case 0:
        if index.isMultiple(of: 2) { zeros.even += 1 } else { zeros.odd += 1 }
      case 0x08...0x0D, 0x1B: break
      default: controls += 1
      }
    }
  }

  /// The byte order of UTF-16 without a mark, as a name for iconv, or nil. Spaces, line breaks
  /// and ASCII put zeros on one side alone; one byte in fifty is enough.
  var unmarkedUTF16: String? {
    guard count.isMultiple(of: 2), zeros.even + zeros.odd >= max(2, count / 50) else { return nil }
    if zeros.even * 20 < zeros.odd { return "UTF-16LE" }
    if zeros.odd * 20 < zeros.even { return "UTF-16BE" }
    return nil
  }

  /// Whether at most one byte in a hundred is a control character, and one in a thousand zero; a
  /// stray one is forgiven.
  var looksLikeText: Bool {
    controls <= max(2, count / 100) && zeros.even + zeros.odd <= max(1, count / 1000)
  }
}

extension Span<UInt8> {
  /// Whether this is UTF-8 with at most one damaged place in twenty characters that are not ASCII.
  ///
  /// - Complexity: O(*n*).
  var isDamagedUTF8: Bool {
    var sound = 0
    var broken = 0
    var index = 0
    while index < count {
      let length =
        switch self[index] {
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 1
        }
      var end = index + 1
      while end < Swift.min(index + length, count), self[end] & 0xC0 == 0x80 { end += 1 }
      if end - index < length || (length == 1 && self[index] >= 0x80) {
        broken += 1
      } else if length > 1 {
        sound += 1
      }
      index = end
    }
    return sound > 0 && broken * 20 <= sound
  }

  /// Whether this is Korean in EUC-KR or CP949: of all pairs of high bytes, three in four are
  /// common Hangul (KS X 1001, rows 16 to 40). Chinese in GB 2312 stays near one half, and in
  /// Western text accented letters stand alone.
  ///
  /// - Complexity: O(*n*).
  var isKorean: Bool {
    var pairs = 0
    var hangul = 0
    var broken = 0
    var index = 0
    while index < count {
      guard self[index] >= 0x80 else {
        index += 1
        continue
      }
      let trail = index + 1 < count ? self[index + 1] : 0
      if (0x81...0xFE).contains(self[index]), trail >= 0x41 {
        pairs += 1
        if (0xB0...0xC8).contains(self[index]), trail >= 0xA1 { hangul += 1 }
        index += 2
      } else {
        broken += 1
        index += 1
      }
    }
    return hangul > 0 && hangul * 4 >= pairs * 3 && broken * 20 <= pairs
  }
}
