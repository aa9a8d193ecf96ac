import Foundation
import Machine
import Synchronization

/// What a store's user says of words: which are kept whole, and which mean the same.
///
/// Two files in the store's folder, both in UTF-8, with `#` before comments:
///
/// - `dictionary.txt`: a word a line. It is not stemmed, and where it stands within a longer word of
///   Hangul it is a term of its own, so that `출장비` is found in `해외출장비`. Postings are made with
///   it, so a change asks for `hark index rebuild`, or is followed by the next ingest.
/// - `synonyms.txt`, in the form of Solr's: `PTO, leave, 휴가` mean each other, and
///   `laptop => notebook, computer` adds to the former the latter. They work in queries alone, at
///   once.
struct Vocabulary: Sendable, Equatable {
  /// The words of the dictionary, folded.
  private(set) var words: Set<[UInt8]> = []
  /// What may stand for a text, by its terms.
  private(set) var synonyms: [[[UInt8]]: [[[UInt8]]]] = [:]
  /// The longest word of the dictionary, in bytes.
  private(set) var longestWord = 0

  /// The file of words that are kept whole.
  static let dictionaryName = "dictionary.txt"
  /// The file of words that mean the same.
  static let synonymsName = "synonyms.txt"
  /// The most bytes of each file.
  private static let mostBytes = 16 << 20

  /// No words.
  init() {}

  /// Reads the files of a store; a file that is not there is empty.
  ///
  /// - Throws: `vocabulary-invalid`, naming the file and line.
  init(store: String) throws(HarkError) {
    for line in try Self.lines(of: "\(store)/\(Self.dictionaryName)") {
      guard !line.text.contains(where: \.isWhitespace) else {
        throw line.error("is more than one word: write a word a line")
      }
      let word = Array(TextAnalysis.fold(line.text).utf8)
      words.insert(word)
      longestWord = max(longestWord, word.count)
    }
    for line in try Self.lines(of: "\(store)/\(Self.synonymsName)") {
      let sides = line.text.components(separatedBy: "=>").map { side in
        side.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
      }
      guard sides.count <= 2, sides.allSatisfy({ !$0.isEmpty }),
        sides.count == 2 || sides[0].count > 1
      else { throw line.error("is no rule: write `a, b, c` or `a => b, c`") }
      let phrases = try sides.map { (side) throws(HarkError) in
        try side.map { (text) throws(HarkError) in
          let phrase = TextQuery.phrase(text, self).map(\.bytes)
          guard !phrase.isEmpty else { throw line.error("names “\(text)”, which has no word") }
          return phrase
        }
      }
      for from in phrases[0] {
        for to in phrases.last ?? [] where to != from {
          synonyms[from, default: []].append(to)
        }
      }
    }
  }

  /// What postings must have been made by to be searched with this dictionary.
  var fingerprint: UInt64 {
    guard !words.isEmpty else { return TextAnalysis.version }
    var checksum = CRC32C()
    for word in words.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      unsafe checksum.update((word + [0]).span.bytes)
    }
    return TextAnalysis.version | UInt64(checksum.value) << 32
  }

  // MARK: Words of Hangul

  /// The most characters of a word in which others are sought.
  private static let mostCharacters = 64

  /// The bytes of the longest word of the dictionary with which a word begins and after which
  /// nothing but an ending comes; nil where there is none.
  ///
  /// - Parameter ends: where each character of the word ends.
  func stemLength(_ word: [UInt8], _ ends: [Int]) -> Int? {
    guard !words.isEmpty, ends.count <= Self.mostCharacters else { return nil }
    return ends.last { end in
      words.contains(Array(word[..<end]))
        && (end == word.count || KoreanStemmer.isEnding(word[end...]))
    }
  }

  /// Calls `body` with each word of the dictionary that stands in a longer one.
  ///
  /// - Parameter stem: the bytes of the word's stem, which is a term already.
  func forEachWord(
    within word: [UInt8], _ ends: [Int], besides stem: Int, _ body: (ArraySlice<UInt8>) -> Void
  ) {
    guard !words.isEmpty, ends.count <= Self.mostCharacters else { return }
    for start in [0] + ends.dropLast() {
      for end in ends where end > start && end - start <= longestWord {
        if start == 0, end == stem { continue }
        if words.contains(Array(word[start..<end])) { body(word[start..<end]) }
      }
    }
  }

  // MARK: Files

  private struct Line {
    let path: String
    let number: Int
    let text: String

    func error(_ reason: String) -> HarkError {
      HarkError(
        .vocabularyInvalid, "\(path), line \(number) (“\(text.prefix(60))”) \(reason)")
    }
  }

  /// The lines of a file without comments and blank ones.
  private static func lines(of path: String) throws(HarkError) -> [Line] {
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    guard let data = FileManager.default.contents(atPath: path), data.count <= mostBytes,
      let text = String(validating: data, as: UTF8.self)
    else {
      throw HarkError(
        .vocabularyInvalid,
        "\(path) cannot be read as UTF-8, or has more than 16 MiB: correct it or remove it")
    }
    return text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .enumerated().compactMap { number, line in
        let text = line.prefix { $0 != "#" }.trimmingCharacters(in: .whitespacesAndNewlines)
        return text.isEmpty ? nil : Line(path: path, number: number + 1, text: text)
      }
  }
}

/// Reads a store's vocabulary, again whenever its files change.
final class VocabularyReader: Sendable {
  /// What tells that a file has changed.
  private struct Stamp: Equatable {
    let stamp: FileStamp
    let identity: FileStatus.Identity
  }

  private let store: String
  private let known = Mutex<(stamps: [Stamp?], vocabulary: Vocabulary)?>(nil)

  /// - Parameter store: the store's folder.
  init(store: String) { self.store = store }

  /// The vocabulary as it is now.
  ///
  /// - Throws: `vocabulary-invalid`.
  /// - Complexity: O(1) while the files stay as they are.
  func current() throws(HarkError) -> Vocabulary {
    let stamps = [Vocabulary.dictionaryName, Vocabulary.synonymsName].map {
      FileStatus(of: Array("\(store)/\($0)".utf8), followLinks: true).map {
        Stamp(stamp: $0.stamp, identity: $0.identity)
      }
    }
    if let known = known.withLock({ $0 }), known.stamps == stamps { return known.vocabulary }
    let vocabulary = try Vocabulary(store: store)
    known.withLock { $0 = (stamps, vocabulary) }
    return vocabulary
  }
}
