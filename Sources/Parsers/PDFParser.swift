import Documents

/// Reads a PDF: its pages with their labels, paragraphs put together from lines, and headings from
/// the outline or the size of the letters.
struct PDFParser {
  private let output: BlockOutput

  init(_ output: BlockOutput) {
    self.output = output
  }

  /// Puts out a file.
  ///
  /// - Throws: `pdf-encrypted` or `pdf-damaged`.
  func parse(_ bytes: Span<UInt8>) throws(DocumentError) {
    var (pages, outline) = try read(bytes)
    PDFRunningHeads.remove(from: &pages)
    if outline.isEmpty {
      PDFHeadings.markByLetterSize(&pages)
    } else {
      PDFHeadings.mark(&pages, outline: outline)
    }
    put(pages)
  }

  private func read(
    _ bytes: Span<UInt8>
  ) throws(DocumentError) -> (pages: [PDFPage], outline: [PDFOutlineEntry]) {
    try unsafe bytes.withUnsafeBytes { buffer throws(DocumentError) in
      let file = try unsafe PDFFile(buffer)
      guard file.pageCount > 0 else {
        throw DocumentError(.pdfDamaged, "The PDF has no pages. \(PDFFile.remedy)")
      }
      output.metadata.title = file.title.flatMap(Self.title)
      output.metadata.author = file.author?.asTitle
      output.metadata.created = file.created
      output.metadata.modified = file.modified
      output.metadata.keywords = file.keywords?.asKeywords
      var pages: [PDFPage] = []
      var damaged = 0
      for index in 0..<file.pageCount {
        if let page = file.page(index) { pages.append(page) } else { damaged += 1 }
      }
      if damaged > 0 { output.warn("Damaged pages that were left out: \(damaged).") }
      return (pages, file.outline)
    }
  }

  /// The title in a file's metadata, unless a program made it up.
  private static func title(_ stored: String) -> String? {
    guard var title = stored.asTitle else { return nil }
    let prefix = "Microsoft Word - "
    if title.hasPrefix(prefix) { title.removeFirst(prefix.count) }
    let folded = title.lowercased()
    let endings = [
      ".doc", ".docx", ".indd", ".tex", ".dvi", ".qxd", ".ppt", ".pptx", ".hwp", ".pdf",
    ]
    if endings.contains(where: { folded.hasSuffix($0) }) || folded.hasPrefix("untitled") {
      return nil
    }
    return title
  }

  /// Puts out pages as headings and paragraphs.
  private func put(_ pages: [PDFPage]) {
    var blocks = pages.map { PDFBlock.blocks(of: $0.lines) }
    for index in blocks.indices.dropLast() {
      guard let last = blocks[index].last, let next = blocks[index + 1].first else { continue }
      blocks[index + 1][0].join = next.join(afterPageWith: last)
      if blocks[index + 1][0].join == .nothing {
        blocks[index][blocks[index].count - 1].text.unicodeScalars.removeLast()
      }
    }
    for (page, blocks) in zip(pages, blocks) {
      output.page(page.number, label: page.label?.asPageLabel)
      for block in blocks {
        if let level = block.headingLevel {
          output.heading(block.text, level: level)
        } else {
          output.text(block.text, join: block.join)
        }
      }
    }
  }
}

extension String {
  /// The text as a page label, or nil where it is none.
  fileprivate var asPageLabel: String? {
    let label = withoutControlCharacters.onOneLine
    return label.isEmpty || label.utf8.count > 64 ? nil : label
  }
}
