import Documents
import Parsers

/// What the first document of a process pays for: the work of the loader, tables that libraries make
/// when they are first called, and the memory of both.
enum Warmth {
  /// Does for a small document of each type all that is done for a request, so that the processes
  /// forked from this one need not.
  ///
  /// The records go to standard output, which is nowhere.
  static func gather() {
    let output = RecordWriter()
    for (type, text) in samples {
      let arguments = [
        "--type", type.rawValue, "--seconds", "1", "--cpu-seconds", "1", "--address-space", "1",
      ]
      guard case .parse(let request) = Invocation(arguments[...]) else { continue }
      FileParser.parse(Array(text.utf8).span, as: request.type) { output.write($0) }
    }
    output.write(.failure(code: .noText, message: ""))
    output.flush()
  }

  private static let samples: [(FileType, String)] = [
    (
      .html,
      "<html lang=ko><title>가</title><meta name=date content=2024-05-01><h1>가</h1>"
        + "<p class=a>Ä &eacute;</p><ul><li>a</ul><table><tr><td>a</table>"
    ),
    (
      .markdown,
      "---\ntitle: a\ndate: 2024-05-01\ntags: [b]\n---\n"
        + "# 가\n\nÄ [b](c)\n\n- d\n\n|e|f|\n|-|-|\n|g|h|\n"
    ),
    (.text, "가\n==\n\nÄ\n"),
    (.pdf, pdf),
  ]

  /// A page with a word in a font that the file does not embed (ISO 32000-1, section 7.5).
  private static let pdf: String = {
    let objects = [
      "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
      "<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R"
        + "/Resources<</Font<</F 5 0 R>>>>>>",
      "<</Length 24>>stream\nBT/F 9 Tf 9 9 Td(a)Tj ET\nendstream",
      "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    var text = "%PDF-1.4\n"
    var table = "xref\n0 \(objects.count + 1)\n0000000000 65535 f \n"
    for (index, object) in objects.enumerated() {
      let offset = String(text.utf8.count)
      table += String(repeating: "0", count: 10 - offset.count) + offset + " 00000 n \n"
      text += "\(index + 1) 0 obj\n\(object)\nendobj\n"
    }
    let start = text.utf8.count
    return text + table
      + "trailer\n<</Size \(objects.count + 1)/Root 1 0 R>>\nstartxref\n\(start)\n%%EOF\n"
  }()
}
