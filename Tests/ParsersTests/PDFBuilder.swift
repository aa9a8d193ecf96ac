/// Writes small PDF files by hand (ISO 32000-1): text in Helvetica at given places.
struct PDFBuilder {
  /// A line of text, in points from the lower left corner of the page.
  struct Line {
    var text: String
    var x: Double
    var y: Double
    var size: Double

    init(_ text: String, x: Double = 72, y: Double, size: Double = 12) {
      (self.text, self.x, self.y, self.size) = (text, x, y, size)
    }
  }

  /// The lines of each page.
  var pages: [[Line]] = []
  /// The entries of the outline: title and index of the page.
  var outline: [(title: String, page: Int)] = []
  /// More of the catalogue, such as page labels.
  var catalog = ""
  /// The entries of the information dictionary.
  var info = ""
  /// Whether the file claims to be encrypted, with a password that nobody knows.
  var isEncrypted = false

  /// A page of paragraphs, 14 points from line to line and 28 between paragraphs.
  mutating func addPage(_ paragraphs: [[String]]) {
    var lines: [Line] = []
    var y = 720.0
    for paragraph in paragraphs {
      for text in paragraph {
        lines.append(Line(text, y: y))
        y -= 14
      }
      y -= 14
    }
    pages.append(lines)
  }

  /// The bytes of the file.
  func build() -> [UInt8] {
    var objects = [
      "", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>", "<< \(info) >>",
    ]
    var kids = ""
    for lines in pages {
      let content = lines.map {
        "BT /F1 \($0.size) Tf \($0.x) \($0.y) Td (\(Self.escaped($0.text))) Tj ET"
      }.joined(separator: "\n")
      objects.append("<< /Length \(content.utf8.count) >>\nstream\n\(content)\nendstream")
      objects.append(
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents \(objects.count) 0 R "
          + "/Resources << /Font << /F1 3 0 R >> >> >>")
      kids += "\(objects.count) 0 R "
    }
    objects[1] = "<< /Type /Pages /Kids [\(kids)] /Count \(pages.count) >>"
    var root = "/Type /Catalog /Pages 2 0 R \(catalog)"
    if !outline.isEmpty {
      let first = objects.count + 2
      root += " /Outlines \(objects.count + 1) 0 R"
      objects.append(
        "<< /First \(first) 0 R /Last \(first + outline.count - 1) 0 R /Count \(outline.count) >>")
      for (index, entry) in outline.enumerated() {
        let next = index + 1 < outline.count ? "/Next \(first + index + 1) 0 R" : ""
        objects.append(
          "<< /Title (\(Self.escaped(entry.title))) /Parent \(first - 1) 0 R \(next) "
            + "/Dest [\(6 + 2 * entry.page) 0 R /Fit] >>")
      }
    }
    objects[0] = "<< \(root) >>"
    return assemble(objects)
  }

  private func assemble(_ objects: [String]) -> [UInt8] {
    var bytes = Array("%PDF-1.4\n".utf8)
    var offsets: [Int] = []
    for (index, object) in objects.enumerated() {
      offsets.append(bytes.count)
      bytes += Array("\(index + 1) 0 obj\n\(object)\nendobj\n".utf8)
    }
    let start = bytes.count
    bytes += Array("xref\n0 \(objects.count + 1)\n0000000000 65535 f \n".utf8)
    for offset in offsets {
      let digits = String(offset)
      bytes += Array(
        (String(repeating: "0", count: 10 - digits.count) + digits + " 00000 n \n").utf8)
    }
    let secret = String(repeating: "00", count: 32)
    let encryption =
      isEncrypted
      ? "/Encrypt << /Filter /Standard /V 1 /R 2 /O <\(secret)> /U <\(secret)> /P -4 >> /ID [<00> <00>]"
      : ""
    bytes += Array(
      "trailer\n<< /Size \(objects.count + 1) /Root 1 0 R /Info 4 0 R \(encryption) >>\n".utf8)
    bytes += Array("startxref\n\(start)\n%%EOF\n".utf8)
    return bytes
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      if "()\\".contains(character) { result += "\\" }
      result.append(character)
    }
    return result
  }
}
