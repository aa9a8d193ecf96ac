/// Cuts a document into chunks along its headings and sentences.
///
/// See `docs/documents.md` for the rules.
package struct Chunker: Sendable {
  /// How large the chunks are.
  package struct Options: Sendable, Hashable, Codable {
    /// Tokens that a chunk is filled up to.
    package var targetTokens: Int
    /// Tokens that no chunk exceeds: what the model takes, less its special tokens.
    package var limitTokens: Int
    /// Sentences of the chunk before that begin the next one of the same section.
    package var overlapSentences: Int

    /// Makes options.
    package init(targetTokens: Int = 200, limitTokens: Int = 254, overlapSentences: Int = 1) {
      self.targetTokens = targetTokens
      self.limitTokens = limitTokens
      self.overlapSentences = overlapSentences
    }
  }

  /// The version of the rules. Chunks of another version are cut anew.
  package static let version = 1

  /// How large the chunks are.
  package let options: Options
  let countTokens: @Sendable (Substring) -> Int

  /// Makes a chunker.
  ///
  /// - Parameters:
  ///   - options: How large the chunks are.
  ///   - countTokens: The tokens of a text as the model counts them, without special tokens.
  package init(
    options: Options = Options(), countTokens: @escaping @Sendable (Substring) -> Int
  ) {
    self.options = options
    self.countTokens = countTokens
  }

  /// The chunks of a document, in order.
  package func chunks(of document: Document) -> [Chunk] { [] }
}
