import Hark

/// Collections in words.
enum CollectionRendering {
  /// A line a collection.
  static func table(of collections: [CollectionRecord], isQuiet: Bool) -> String {
    var rows = collections.map { collection in
      [
        collection.name, Quantity.grouped(collection.documents),
        Quantity.grouped(collection.chunks), "\(collection.chunkTokens)",
        collection.model.map { DisplayText.line($0) } ?? "-",
        DisplayText.line(collection.description ?? ""),
      ]
    }
    if !isQuiet {
      rows.insert(["NAME", "DOCUMENTS", "CHUNKS", "TOKENS", "MODEL", "DESCRIPTION"], at: 0)
    }
    return Columns.text(of: rows, leading: [1, 2, 3])
  }

  /// All that is known of a collection.
  static func text(of collection: CollectionRecord) -> String {
    var fields = [
      ["name", collection.name], ["id", "\(collection.id)"],
      ["documents", Quantity.grouped(collection.documents)],
      ["chunks", Quantity.grouped(collection.chunks)],
      [
        "chunker",
        "\(collection.chunkTokens) tokens, overlap "
          + Quantity.count(collection.chunkOverlap, "sentence"),
      ],
    ]
    if let description = collection.description {
      fields.insert(["description", DisplayText.line(description)], at: 1)
    }
    if let model = collection.model {
      let dimensions = Quantity.count(collection.dimension ?? 0, "dimension")
      fields.append(["model", "\(DisplayText.line(model)), \(dimensions)"])
    }
    if let path = collection.modelPath { fields.append(["model folder", DisplayText.line(path)]) }
    fields.append(["created", collection.createdAt])
    return Columns.text(of: fields)
  }

  /// What a collection holds: `12 documents, 340 chunks`.
  static func holdings(of collection: CollectionRecord) -> String {
    "\(Quantity.count(collection.documents, "document")), "
      + Quantity.count(collection.chunks, "chunk")
  }
}
