import Hark

/// The documents of a store as a table, a line a document.
struct DocumentTable: Sendable {
  /// The rows.
  let documents: [DocumentRecord]
  /// Whether head and sum are left out.
  var isQuiet = false

  /// The whole text.
  var text: String {
    guard !documents.isEmpty else {
      return isQuiet ? "" : "The store holds no documents; 'hark ingest PATH' adds some.\n"
    }
    var rows = documents.map { document in
      [
        "\(document.id)", document.fileType,
        document.pageCount > 0 ? Quantity.grouped(document.pageCount) : "-",
        Quantity.grouped(document.chunkCount), Quantity.bytes(document.fileSize),
        String(document.updatedAt.prefix(10)), DisplayText.line(document.name),
      ]
    }
    if !isQuiet {
      rows.insert(["ID", "TYPE", "PAGES", "CHUNKS", "SIZE", "UPDATED", "NAME"], at: 0)
    }
    let leading: Set = [0, 2, 3, 4]
    let text = Columns.text(of: rows, leading: leading)
    if isQuiet { return text }
    let chunks = Quantity.count(documents.reduce(0) { $0 + $1.chunkCount }, "chunk")
    return text + "\n\(Quantity.count(documents.count, "document")), \(chunks).\n"
  }
}

/// Rows of text set in columns.
enum Columns {
  /// The rows as lines, two spaces between columns; the last column is not padded.
  ///
  /// - Parameters:
  ///   - rows: the cells, the same number in each row.
  ///   - leading: the numbers of the columns that are padded on their left.
  static func text(of rows: [[String]], leading: Set<Int> = []) -> String {
    let count = rows.first?.count ?? 0
    let widths = (0..<count).map { column in
      rows.reduce(0) { max($0, DisplayText.columns($1[column])) }
    }
    return rows.map { row in
      row.enumerated().map { column, cell in
        column == count - 1 && !leading.contains(column)
          ? cell
          : DisplayText.padded(cell, to: widths[column], leading: leading.contains(column))
      }.joined(separator: "  ") + "\n"
    }.joined()
  }
}
