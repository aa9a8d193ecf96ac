/// The outcome of a check of a whole store.
public struct StoreVerification: Sendable, Encodable {
  /// Something that is not as it should be.
  public struct Problem: Sendable, Hashable, Encodable {
    /// The stable code of the problem.
    public let code: String
    /// What is wrong, where, and what to do.
    public let message: String
    /// The collection that it is in; nil where it is the store as a whole.
    public let collection: String?
    /// The document that it is in, if it is one.
    public let document: Int64?
  }

  /// The documents that were read whole.
  public internal(set) var documents = 0
  /// The chunks that were held against their documents.
  public internal(set) var chunks = 0
  /// The segments that were read whole.
  public internal(set) var segments = 0
  /// The files that were compared with their documents.
  public internal(set) var files = 0
  /// The problems that are there; empty for a sound store.
  public internal(set) var problems: [Problem] = []
  /// The problems that were there and are mended.
  public internal(set) var mended: [Problem] = []
}
