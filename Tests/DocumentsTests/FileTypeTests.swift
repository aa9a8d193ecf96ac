import Documents
import Testing

@Suite struct FileTypeTests {
  @Test(
    arguments: [
      ("a.pdf", .pdf), ("/x.y/A.PDF", .pdf), ("a.html", .html), ("a.htm", .html),
      ("a.xhtml", .html),
      ("a.md", .markdown), ("a.b.markdown", .markdown), ("a.txt", .text), ("가.text", .text),
      ("a.docx", nil), ("pdf", nil), (".pdf", nil), ("/x/.md", nil), ("a.", nil), ("", nil),
      ("a.pdf/", nil), ("a.pdf.gz", nil), ("a.md ", nil),
    ] as [(String, FileType?)])
  func fromName(path: String, type: FileType?) {
    #expect(FileType(path: path) == type)
  }

  @Test func fromBytesThatAreNoUTF8() {
    #expect(FileType(pathBytes: [0xFF, 0x2E, 0x6D, 0x64]) == .markdown)
    #expect(FileType(pathBytes: [0x61, 0x2E, 0xFF, 0x64]) == nil)
  }
}
