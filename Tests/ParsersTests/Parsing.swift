import Documents
import Parsers

/// Parses bytes in this process and assembles the document.
func parse(_ bytes: [UInt8], as type: FileType) throws -> Document {
  var records: [ParserRecord] = []
  FileParser.parse(bytes.span, as: type) { records.append($0) }
  var assembler = DocumentAssembler()
  for record in records { try assembler.append(record) }
  return try assembler.finish()
}

/// Parses a text in this process and assembles the document.
func parse(_ text: String, as type: FileType) throws -> Document {
  try parse(Array(text.utf8), as: type)
}

/// The code of the error that parsing ends with, or nil.
func failure(of bytes: [UInt8], as type: FileType) -> DocumentError.Code? {
  do {
    _ = try parse(bytes, as: type)
    return nil
  } catch {
    return (error as? DocumentError)?.code
  }
}

extension Document {
  /// The headings with as many `#` as their levels.
  var outline: [String] {
    headings.map { String(repeating: "#", count: $0.level) + " " + $0.title }
  }

  /// The part of the text in a range.
  func text(in range: Range<Int>) -> String {
    String(decoding: Array(text.utf8)[range], as: UTF8.self)
  }
}
