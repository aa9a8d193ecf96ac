/// English words that are written with a full stop and go on.
enum Abbreviations {
  /// Words that never end a sentence.
  private static let always = words([
    "mr", "mrs", "ms", "dr", "prof", "st", "gen", "gov", "sen", "rep", "rev", "hon", "e.g", "i.e",
    "vs", "cf", "viz", "approx",
  ])

  /// Words that do not end one before a number.
  private static let beforeNumbers = words([
    "al", "fig", "figs", "eq", "eqs", "sec", "secs", "ch", "chap", "no", "nos", "vol", "vols", "p",
    "pp", "ed", "eds", "ext", "tel", "ver", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep",
    "sept", "oct", "nov", "dec",
  ])

  private static func words(_ words: [String]) -> Set<[UInt8]> { Set(words.map { Array($0.utf8) }) }

  /// Whether the bytes of a range are such a word, in whatever case.
  static func contains(_ bytes: Span<UInt8>, _ range: Range<Int>, beforeNumber: Bool) -> Bool {
    guard range.count <= 6 else { return false }
    var word: [UInt8] = []
    for index in range {
      let byte = bytes[index]
      guard byte < 0x80 else { return false }
      word.append((0x41...0x5A).contains(byte) ? byte | 0x20 : byte)
    }
    return always.contains(word) || (beforeNumber && beforeNumbers.contains(word))
  }
}
