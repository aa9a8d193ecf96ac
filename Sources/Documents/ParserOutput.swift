import FoundationEssentials
import Glibc

/// What becomes of the standard output of a run of the parser.
protocol ParserOutput: Sendable {
  /// Takes the next bytes.
  ///
  /// - Returns: Whether more is wanted; where not, the run is ended.
  mutating func take(_ bytes: ArraySlice<UInt8>) -> Bool
}

/// The beginning of an output, as text.
struct TextOutput: ParserOutput {
  private var kept: [UInt8] = []
  private let limit: Int

  init(limit: Int) {
    self.limit = limit
  }

  mutating func take(_ bytes: ArraySlice<UInt8>) -> Bool {
    kept.append(contentsOf: bytes.prefix(limit - kept.count))
    return true
  }

  /// What was kept.
  var text: String { String(decoding: kept, as: UTF8.self) }
}

/// Records, as the document that they make.
struct DocumentOutput: ParserOutput {
  private var assembler = DocumentAssembler()
  /// A line whose end has not come yet.
  private var line: [UInt8] = []
  private var total = 0
  private let limit: Int
  private var refusal: DocumentError?

  /// Makes an output of at most so many bytes.
  init(limit: Int) {
    self.limit = limit
  }

  mutating func take(_ bytes: ArraySlice<UInt8>) -> Bool {
    do {
      try append(bytes)
    } catch let error as DocumentError {
      refusal = error
    } catch {
      refusal = DocumentError(
        .parserProtocol, "A line of the parser is not JSON.", cause: error)
    }
    return refusal == nil
  }

  private mutating func append(_ bytes: ArraySlice<UInt8>) throws {
    total += bytes.count
    guard total <= limit else {
      throw DocumentError(
        .textTooLarge, "The text is larger than the limit of \(limit) bytes. Split the file.")
    }
    var rest = bytes
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      if line.isEmpty {
        try assembler.append(ParserRecord(decoding: rest[..<end]))
      } else {
        line.append(contentsOf: rest[..<end])
        try assembler.append(ParserRecord(decoding: line[...]))
        line.removeAll(keepingCapacity: true)
      }
      rest = rest[(end + 1)...]
    }
    line.append(contentsOf: rest)
    guard line.count <= ParserRecord.lineLimit else {
      throw DocumentError(.parserProtocol, "The parser wrote a line that is too long.")
    }
  }

  /// What the output came to.
  enum Result {
    /// A whole document.
    case document(Document)
    /// The parser's own error, or something that is no record, or too much.
    case refused(DocumentError)
    /// Records that stop before the last one; the status of the process tells why.
    case brokenOff(String)
  }

  /// Ends the output.
  consuming func finish() -> Result {
    if let refusal { return .refused(refusal) }
    if !line.isEmpty { return .brokenOff("The last line of the parser is cut off") }
    guard assembler.isComplete else {
      return .brokenOff("The last record of the parser is missing")
    }
    do throws(DocumentError) {
      return .document(try assembler.finish())
    } catch {
      return .refused(error)
    }
  }
}
