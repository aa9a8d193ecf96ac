/// A collection as the catalog lists it: documents that share a model and a chunker.
public struct CollectionRecord: Sendable, Hashable, Encodable {
  /// The name of the collection that is there from the beginning.
  public static let defaultName = "default"

  /// The collection's id, never used again for another one.
  public let id: Int64
  /// The collection's name.
  public let name: String
  /// What the collection is for.
  public let description: String?
  /// The name of the model whose vectors it holds; nil before the first ingest.
  public let model: String?
  /// The folder of the model, as it was given; nil for the default model.
  public let modelPath: String?
  /// What tells the model from every other one.
  public let modelFingerprint: String?
  /// The numbers in a vector.
  public let dimension: Int?
  /// The tokens that a chunk is filled up to.
  public let chunkTokens: Int
  /// The sentences that a chunk repeats of the one before it.
  public let chunkOverlap: Int
  /// The version of the rules by which documents were cut.
  public let chunkerVersion: Int
  /// When the collection was made: UTC, ISO 8601.
  public let createdAt: String
  /// The number of its documents.
  public let documents: Int
  /// The number of its chunks.
  public let chunks: Int

  enum CodingKeys: String, CodingKey {
    case id, name, description, model, dimension, documents, chunks
    case modelPath = "model_path"
    case modelFingerprint = "model_fingerprint"
    case chunkTokens = "chunk_tokens"
    case chunkOverlap = "chunk_overlap"
    case chunkerVersion = "chunker_version"
    case createdAt = "created_at"
  }

  /// Writes every key, absent values as null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(id, forKey: .id)
    try container.encode(name, forKey: .name)
    try container.encode(description, forKey: .description)
    try container.encode(model, forKey: .model)
    try container.encode(modelPath, forKey: .modelPath)
    try container.encode(modelFingerprint, forKey: .modelFingerprint)
    try container.encode(dimension, forKey: .dimension)
    try container.encode(chunkTokens, forKey: .chunkTokens)
    try container.encode(chunkOverlap, forKey: .chunkOverlap)
    try container.encode(chunkerVersion, forKey: .chunkerVersion)
    try container.encode(documents, forKey: .documents)
    try container.encode(chunks, forKey: .chunks)
    try container.encode(createdAt, forKey: .createdAt)
  }
}

/// What a new collection is to be.
public struct CollectionSettings: Sendable, Hashable {
  /// The name: letters, digits, `_`, `-` and `.`, at most 64 of them, the first a letter or digit.
  public var name: String
  /// What the collection is for.
  public var description: String?
  /// The folder of its embedding model; nil for the default model.
  public var model: String?
  /// The tokens that a chunk is filled up to, 16 to 8,192, and at most what the model takes.
  public var chunkTokens: Int
  /// The sentences that a chunk repeats of the one before it, 0 to 8.
  public var chunkOverlap: Int

  /// Makes settings.
  public init(
    name: String, description: String? = nil, model: String? = nil, chunkTokens: Int = 200,
    chunkOverlap: Int = 1
  ) {
    self.name = name
    self.description = description
    self.model = model
    self.chunkTokens = chunkTokens
    self.chunkOverlap = chunkOverlap
  }

  /// Refuses what no collection can be.
  ///
  /// - Throws: `invalid-argument`, which names the setting.
  func check() throws(HarkError) {
    let isNamed =
      (1...64).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        switch UInt8(byte) {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
          UInt8(ascii: "."):
          true
        default: false
        }
      } && !["_", "-", "."].contains(name.prefix(1))
    guard isNamed else {
      throw HarkError(
        .invalidArgument,
        "\(name.debugDescription) is no name for a collection: give 1 to 64 letters, digits, _, - "
          + "or ., the first a letter or digit")
    }
    guard (16...8192).contains(chunkTokens) else {
      throw HarkError(
        .invalidArgument, "chunk tokens are \(chunkTokens): give a number from 16 to 8192")
    }
    guard (0...8).contains(chunkOverlap) else {
      throw HarkError(
        .invalidArgument, "chunk overlap is \(chunkOverlap): give 0 to 8 sentences")
    }
  }
}
