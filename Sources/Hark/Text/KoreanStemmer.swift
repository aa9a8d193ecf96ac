/// Takes particles and common endings off Korean words.
///
/// The longest ending that matches goes, as long as at least two syllables remain; words that lose
/// nothing stay whole. What this misses, the pairs of syllables find.
enum KoreanStemmer {
  /// The stem of a word of Hangul syllables.
  static func stem(_ word: String) -> String {
    let ends = TextAnalysis.characterEnds(of: word)
    return String(
      decoding: word.utf8.prefix(stemLength(Array(word.utf8)[...], ends)), as: UTF8.self)
  }

  /// The bytes of the stem of a word in UTF-8.
  ///
  /// - Parameter ends: where each character of the word ends.
  static func stemLength(_ word: ArraySlice<UInt8>, _ ends: [Int]) -> Int {
    guard ends.count > 2 else { return word.count }
    for length in stride(from: min(longest, ends.count - 2), through: 1, by: -1) {
      let stem = ends[ends.count - length - 1]
      if endings.contains(word.dropFirst(stem)) { return stem }
    }
    return word.count
  }

  /// Whether a word is an ending, which stands alone only after a word of another script.
  static func isEnding(_ word: ArraySlice<UInt8>) -> Bool { endings.contains(word) }

  private static let longest = (endings.map(\.count).max() ?? 0) / 3

  /// Case particles, auxiliary particles and their common compounds; the copula; and the endings
  /// of 하다 and 되다 verbs, whose nouns are what people search for.
  private static let endings: Set<ArraySlice<UInt8>> = Set(
    [
      "은", "는", "이", "가", "을", "를", "의", "에", "와", "과", "도", "만", "로", "으로",
      "에서", "에게", "에게서", "한테", "한테서", "께", "께서", "까지", "부터", "마다", "조차", "마저", "밖에",
      "처럼", "보다", "같이", "라도", "이라도", "나", "이나", "든지", "이든지", "란", "이란", "랑", "이랑",
      "하고", "에는", "에도", "에만", "에서는", "에서도", "에서만", "에서의", "에게는", "에게도", "으로는", "으로도",
      "로는", "로도", "으로서", "로서", "으로써", "로써", "으로부터", "로부터", "까지는", "까지도", "까지의",
      "부터는", "부터의", "와의", "과의", "와는", "과는", "만의", "만이", "만을", "만은", "들", "들이", "들은",
      "들을", "들의", "들에게", "들과", "들도", "이다", "입니다", "이며", "이고", "이라고", "라고", "이라는",
      "라는", "인", "인지", "이었다", "였다", "이란", "인가", "인가요", "인데", "이면", "이라면",
      "하다", "합니다", "하는", "하여", "해야", "하면", "하고", "하며", "하지", "하기", "한", "할", "했다",
      "했습니다", "하였다", "한다", "하려면", "하나요", "해요", "하세요", "하십시오",
      "되다", "됩니다", "되는", "되어", "되면", "되고", "되며", "되지", "된", "될", "됐다", "되었다", "된다",
      "되나요", "돼요",
      "해", "해서", "해도", "했을", "했던", "했더니", "한다면", "하려고", "할까", "할까요", "합니까", "하였습니다", "하게", "하던",
      "하자", "되었습니다", "되려면", "돼", "될까", "되어서", "됐습니다", "시키는", "시켜", "시킬", "하시오", "하실", "한다는",
      "했으며", "하였으며", "되었으며", "이었으며", "였으며", "이었던", "였던", "일까", "이라", "이었습니다", "였습니다", "려면",
      "으려면", "고", "면", "으면", "며", "으며", "지", "게", "던", "더니", "았더니", "었더니", "아서", "어서", "는지",
      "을까", "습니다", "었습니다", "았습니다", "었다", "았다", "는다", "기", "려고", "으려고", "을지", "도록", "지만", "는데",
      "은데",
    ].map { Array($0.utf8)[...] })
}
