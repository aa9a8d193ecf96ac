import Foundation

/// A file of a judged set, by its lines.
struct JudgedSetFile {
  /// The file's path, as messages name it.
  let path: String
  /// The lines that are not blank, with their numbers from 1.
  ///
  /// Lines end at line feeds alone: JSON strings may hold the other separators of Unicode. A byte
  /// order mark and carriage returns belong to no line.
  let lines: [(number: Int, bytes: Data)]

  /// Reads a file whole.
  ///
  /// - Throws: `evaluation-invalid`.
  init(_ path: String) throws(HarkError) {
    guard var data = FileManager.default.contents(atPath: path) else {
      throw HarkError(
        .evaluationInvalid,
        "\(path) cannot be read: an evaluation folder holds queries.jsonl, qrels/SPLIT.tsv and "
          + "corpus.jsonl (or name the documents' folder with --documents)")
    }
    if data.starts(with: [0xEF, 0xBB, 0xBF]) { data = data.dropFirst(3) }
    self.path = path
    let blanks = Set(" \t\r".utf8)
    lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .enumerated().map { ($0.offset + 1, $0.element) }
      .filter { !$0.1.allSatisfy(blanks.contains) }
  }

  /// The objects of a file with one a line, each with an id of its own.
  ///
  /// - Throws: `evaluation-invalid`, naming the line.
  func objects<T: JudgedSetLine>(_ type: T.Type) throws(HarkError) -> [T] {
    let decoder = JSONDecoder()
    var objects: [T] = []
    var numbers: [String: Int] = [:]
    for line in lines {
      let object: T
      do {
        object = try decoder.decode(type, from: line.bytes)
      } catch {
        throw HarkError(
          .evaluationInvalid,
          "\(path), line \(line.number) is not an object with the fields _id (1 to 1,024 bytes) and "
            + "text: correct the line", cause: error)
      }
      if let first = numbers.updateValue(line.number, forKey: object.id) {
        throw HarkError(
          .evaluationInvalid,
          "\(path), lines \(first) and \(line.number) have the same _id \(object.id): keep one of "
            + "them")
      }
      objects.append(object)
    }
    return objects
  }
}

/// The judgements of a split.
struct Judgements {
  /// The gain of each document that was judged for a query, by the query's and its own id.
  private(set) var gains: [String: [String: Double]] = [:]
  /// How many judgements are told more than once.
  private(set) var repeated = 0

  /// A gain beyond this is a mistake, and sums of such would lose the others.
  private static let greatest = 1e6

  /// Reads judgements: a query's id, a document's id and a gain, parted by tabs (BEIR), or with a
  /// second column that is passed over (TREC). Where there are no tabs, white space parts them. The
  /// first line may be a header.
  ///
  /// - Throws: `evaluation-invalid`, naming the line.
  init(_ file: JudgedSetFile) throws(HarkError) {
    var numbers: [String: [String: Int]] = [:]
    for (index, line) in file.lines.enumerated() {
      guard let fields = Self.fields(of: line.bytes), let last = fields.last else {
        throw Self.malformed(file, line.number)
      }
      guard let gain = Double(last) else {
        if index == 0 { continue }
        throw Self.malformed(file, line.number)
      }
      guard abs(gain) <= Self.greatest else { throw Self.malformed(file, line.number) }
      let (query, document) = (fields[0], fields[fields.count - 2])
      if let known = gains[query]?[document] {
        guard known == gain else {
          throw HarkError(
            .evaluationInvalid,
            "\(file.path), lines \(numbers[query]?[document] ?? 0) and \(line.number) judge "
              + "\(document) differently for \(query): keep one of them")
        }
        repeated += 1
        continue
      }
      gains[query, default: [:]][document] = gain
      numbers[query, default: [:]][document] = line.number
    }
  }

  /// The three or four fields of a line; nil where there are not so many.
  private static func fields(of line: Data) -> [String]? {
    guard let text = String(validating: line, as: UTF8.self) else { return nil }
    let parts =
      text.utf8.contains(UInt8(ascii: "\t"))
      ? text.split(separator: "\t") : text.split(whereSeparator: \.isWhitespace)
    let fields = parts.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
    guard (3...4).contains(fields.count), !fields.contains("") else { return nil }
    return fields
  }

  private static func malformed(_ file: JudgedSetFile, _ line: Int) -> HarkError {
    HarkError(
      .evaluationInvalid,
      "\(file.path), line \(line) is not a query-id, a corpus-id and a score of at most a million, "
        + "parted by tabs: correct the line")
  }
}
