import ArgumentParser
import Hark

/// `hark embed`: turns lines of text into vectors, without a store.
struct EmbedCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "embed",
    abstract: "Turn lines of text into vectors, as a NumPy file.",
    discussion: """
      A .txt file has a text a line; a .jsonl file has a JSON string a line, or an object with a \
      string 'text'. Row i of the result is the vector of line i + 1: float32, of length 1. An \
      empty file gives an array with no rows. When lines cannot be read, they are named by number \
      and nothing is written. The store is not used.

      EXAMPLES
        hark embed --input questions.txt --output questions.npy
        hark embed --input chunks.jsonl --output chunks.npy --json
        python3 -c 'import numpy; print(numpy.load("questions.npy").shape)'
      """)

  @Option(
    help: ArgumentHelp("The texts: a .txt or .jsonl file.", valueName: "file"),
    completion: .file(extensions: ["txt", "jsonl"]))
  var input: String

  @Option(
    help: ArgumentHelp("Where the vectors go; an older file is replaced.", valueName: "file"),
    completion: .file(extensions: ["npy"]))
  var output: String

  @OptionGroup var shared: SharedOptions

  /// The JSON form of what was done.
  struct Account: Encodable {
    let count: Int
    let dimension: Int
    let output: String
    let seconds: Double
  }

  func validate() throws {
    guard TextLines.Format(path: input) != nil else {
      throw ValidationError("The input has to be a .txt or .jsonl file, and is '\(input)'.")
    }
    guard output.lowercased().hasSuffix(".npy") else {
      throw ValidationError("The output has to be a .npy file, and is '\(output)'.")
    }
  }

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let start = ProgressDisplay.now
    let texts = try TextLines(path: input).texts
    let embedder = try Embedder(model: shared.model)
    let embeddings = try await embedder.embed(texts)
    try embeddings.writeNumPy(to: output)
    let account = Account(
      count: embeddings.count, dimension: embeddings.dimension, output: output,
      seconds: ProgressDisplay.now - start)
    if shared.json { return try Answer(json: account) }
    let count = Quantity.count(account.count, "text")
    let time = Quantity.duration(account.seconds)
    return Answer(
      shared.quiet
        ? ""
        : "\(count) embedded in \(time): \(DisplayText.line(output)), "
          + "\(account.count) × \(account.dimension) float32.\n")
  }
}
