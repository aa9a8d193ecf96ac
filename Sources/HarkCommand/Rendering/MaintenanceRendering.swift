import Hark

/// Checks and numbers of a whole store in words.
enum MaintenanceRendering {
  /// What `hark verify` prints.
  static func text(of found: StoreVerification, isQuiet: Bool) -> String {
    let mended = found.mended.map { "Mended: \(DisplayText.line($0.message)) [\($0.code)]\n" }
      .joined()
    let problems = found.problems.map { "\(DisplayText.line($0.message)) [\($0.code)]\n" }.joined()
    if isQuiet { return problems }
    let files = found.files > 0 ? ", \(Quantity.count(found.files, "file"))" : ""
    let read =
      "\(Quantity.count(found.documents, "document")), \(Quantity.count(found.chunks, "chunk")), "
      + "\(Quantity.count(found.segments, "segment"))\(files) read whole"
    let count = found.problems.count
    let verdict = count == 0 ? "nothing is wrong" : Quantity.count(count, "problem")
    return "\(mended)\(problems)\(read): \(verdict).\n"
  }

  /// What `hark stats` prints.
  static func text(of statistics: StoreStatistics) -> String {
    var fields = [
      ["store", DisplayText.line(statistics.store)],
      [
        "catalog",
        "\(Quantity.bytes(statistics.catalogBytes)), of them "
          + "\(Quantity.bytes(statistics.freeBytes)) free",
      ],
      ["segments", Quantity.bytes(statistics.segmentBytes)],
    ]
    if !statistics.tasks.isEmpty { fields.append(["tasks", counts(statistics.tasks)]) }
    return ([Columns.text(of: fields)] + statistics.collections.map(text(of:)))
      .joined(separator: "\n")
  }

  private static func text(of collection: StoreStatistics.Collection) -> String {
    var fields = [
      ["collection", collection.name],
      ["model", DisplayText.line(collection.model ?? "none yet")],
      [
        "documents",
        Quantity.grouped(collection.documents)
          + (collection.types.isEmpty ? "" : ": \(counts(collection.types))"),
      ],
      [
        "text",
        "\(Quantity.bytes(collection.textBytes)) of \(Quantity.bytes(collection.fileBytes)), "
          + Quantity.count(collection.tokens, "token"),
      ],
      ["chunks", Quantity.grouped(collection.chunks)],
      [
        "index",
        "\(Quantity.count(collection.segments, "segment")), "
          + "\(Quantity.bytes(collection.segmentBytes)); \(Quantity.grouped(collection.tail)) "
          + "in the tail, \(Quantity.grouped(collection.masked)) masked",
      ],
    ]
    if collection.languages.keys.contains(where: { $0 != "unknown" }) {
      fields.insert(["languages", counts(collection.languages)], at: 3)
    }
    if !collection.failures.isEmpty { fields.append(["failed", counts(collection.failures)]) }
    return Columns.text(of: fields)
  }

  /// Counts by name, the greatest first: `12 html, 3 pdf`.
  private static func counts(_ counts: [String: Int]) -> String {
    counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { "\(Quantity.grouped($0.value)) \(DisplayText.line($0.key))" }
      .joined(separator: ", ")
  }
}
