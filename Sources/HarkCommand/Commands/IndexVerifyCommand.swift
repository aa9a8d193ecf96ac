import ArgumentParser
import Hark
import VectorIndex

/// `hark index verify`.
struct IndexVerifyCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check the index against its checksums and the catalog.",
    discussion: """
      Reads every segment whole, checks each block's checksum and the structure, and compares \
      the vectors with the catalog. Ends with code 1 when something is wrong; the remedy is \
      'hark index rebuild'. A file that 'hark index create' has made is checked by itself.

      EXAMPLES
        hark index verify
        hark index verify vectors.hark
        hark index verify --quiet || hark index rebuild
      """)

  @Argument(help: "An index file to check instead of a store's index.", completion: .file())
  var path: String?

  @OptionGroup var collection: CollectionOption

  @OptionGroup var shared: SharedOptions

  func answer(on console: Console) async throws(HarkError) -> Answer {
    if let path { return try answer(for: path) }
    let engine = try await Engine(store: shared.store, model: shared.model, access: .existing)
    let verification = try await engine.verifyIndex(of: collection.name)
    let status: ExitStatus = verification.problems.isEmpty ? .success : .failure
    if shared.json { return try Answer(json: verification, status: status) }
    return Answer(
      IndexRendering.text(of: verification, isQuiet: shared.quiet), status: status)
  }

  /// Checks an index file.
  private func answer(for path: String) throws(HarkError) -> Answer {
    let file: IndexFile
    do throws(IndexError) {
      let segment = try Segment(opening: path)
      try segment.verify()
      file = IndexFile(segment.info)
    } catch { throw HarkError(wrapping: error) }
    if shared.json { return try Answer(json: file) }
    let count = Quantity.count(file.count, "vector")
    return Answer(
      shared.quiet ? "" : "\(DisplayText.line(path)): \(count) read whole: nothing is wrong.\n")
  }
}
