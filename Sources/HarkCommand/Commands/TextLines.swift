import Foundation
import Hark

/// The texts of a file with one text a line.
struct TextLines: Sendable {
  /// How a line holds its text.
  enum Format: String, Sendable {
    /// The line is the text.
    case txt
    /// The line is a JSON string, or an object with a string `text`.
    case jsonl

    /// The format that a file's name tells.
    init?(path: String) {
      self.init(rawValue: (path as NSString).pathExtension.lowercased())
    }
  }

  /// The texts in the order of their lines; the empty text for an empty line of a .txt file.
  let texts: [String]

  /// How many bad lines an error names.
  static let namedLines = 10

  /// Reads a file whole.
  ///
  /// - Throws: `input-unreadable` when the file cannot be read, `input-invalid` with the numbers
  ///   of the lines, from 1, that hold no text.
  init(path: String) throws(HarkError) {
    guard let format = Format(path: path) else {
      throw HarkError(
        .inputInvalid, "\(path) is neither a .txt nor a .jsonl file: rename or convert it")
    }
    let data: Data
    do {
      data = try Data(contentsOf: URL(filePath: path))
    } catch {
      throw HarkError(
        .inputUnreadable,
        "\(path) cannot be read: \(error.localizedDescription) Check the path and its permissions.",
        cause: error)
    }
    try self.init(data, format: format, path: path)
  }

  /// Splits a file's bytes. A byte order mark, a carriage return before a line feed and a line
  /// feed at the end belong to no text.
  init(_ data: Data, format: Format, path: String) throws(HarkError) {
    var bytes = data[...]
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
    if bytes.last == 0x0A {
      bytes = bytes.dropLast()
    } else if bytes.isEmpty {
      texts = []
      return
    }
    var texts: [String] = []
    var problems: [String] = []
    for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
    {
      do throws(LineProblem) {
        texts.append(try TextLines.text(of: line, format))
      } catch {
        problems.append("line \(index + 1) \(error.description)")
      }
    }
    guard problems.isEmpty else {
      let rest = problems.count - TextLines.namedLines
      let more = rest > 0 ? "; and \(Quantity.grouped(rest)) more" : ""
      throw HarkError(
        .inputInvalid,
        "\(path) has \(Quantity.count(problems.count, "line")) without a text that can be read: "
          + problems.prefix(TextLines.namedLines).joined(separator: "; ") + more
          + ". Correct or remove them.")
    }
    self.texts = texts
  }

  /// Why a line holds no text.
  private enum LineProblem: String, Error {
    case encoding = "is not UTF-8"
    case empty = "is empty"
    case syntax = "is not JSON"
    case shape = "is neither a string nor an object with a string 'text'"
    var description: String { rawValue }
  }

  private static func text(of line: Data, _ format: Format) throws(LineProblem) -> String {
    let line = line.last == 0x0D ? line.dropLast() : line
    guard let text = String(validating: line, as: UTF8.self) else { throw .encoding }
    guard format == .jsonl else { return text }
    if text.allSatisfy(\.isWhitespace) { throw .empty }
    let value: Any
    do {
      value = try JSONSerialization.jsonObject(with: Data(line), options: .fragmentsAllowed)
    } catch {
      throw .syntax
    }
    if let string = value as? String { return string }
    if let object = value as? [String: Any], let string = object["text"] as? String {
      return string
    }
    throw .shape
  }
}

extension HarkError.Code {
  /// The texts of `hark embed`, `hark bench embed` or `hark bench search` cannot be read.
  static let inputUnreadable = Self(rawValue: "input-unreadable")
  /// Lines of the texts of `hark embed`, `hark bench embed` or `hark bench search` hold no text.
  static let inputInvalid = Self(rawValue: "input-invalid")
}
