internal import Machine

/// The numbers that one pass through the layers works on; kept for the next pass.
///
/// A group of T tokens needs T × 5 · hidden numbers, and the R rows that are worked on at a time R ×
/// (hidden + intermediate): 5 MiB for 512 tokens of a MiniLM model.
struct EncoderWorkspace: Sendable {
  /// The state of each token: tokens × hidden.
  var hidden: [Float] = []
  /// Queries, keys and values of each token, side by side: tokens × 3 · hidden.
  var attentionInput: [Float] = []
  /// What attention gathers for each token: tokens × hidden.
  var context: [Float] = []
  /// What a layer's part adds to the state: rows × hidden.
  var addend: [Float] = []
  /// Between the two products of the feed-forward part: rows × intermediate.
  var intermediate: [Float] = []
  /// The keys and values of one head of one text, and some rows of its scores.
  var scratch: [Float] = []
  /// Rows that a product below float32 reads.
  var rounded = RoundedRows()

  /// Makes room for a group.
  mutating func reserve(
    tokens: Int, rows: Int, _ configuration: ModelConfiguration
  ) {
    let hiddenSize = configuration.hiddenSize
    Self.grow(&hidden, tokens * hiddenSize)
    Self.grow(&attentionInput, tokens * 3 * hiddenSize)
    Self.grow(&context, tokens * hiddenSize)
    Self.grow(&addend, rows * hiddenSize)
    Self.grow(&intermediate, rows * configuration.intermediateSize)
  }

  private static func grow(_ values: inout [Float], _ count: Int) {
    if values.count < count { values = [Float](repeating: 0, count: count) }
  }
}
