import ArgumentParser
import Hark

/// `hark documents show`.
struct DocumentsShowCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show a document and its text as Hark read it.",
    discussion: """
      First what is known of the document, then its text; with --quiet the text alone. Control \
      characters in the text are replaced. --json gives the exact text and all chunks with their \
      ranges, which count Unicode scalars.

      EXAMPLES
        hark documents show 12 | less
        hark documents show 12 --json | jq '.chunks | length'
      """)

  @Argument(help: "The document's id.")
  var id: Int64

  @OptionGroup var shared: SharedOptions

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let engine = try await Engine(store: shared.store, model: shared.model, access: .existing)
    let contents = try await engine.document(id)
    if shared.json { return try Answer(json: contents) }
    return Answer(DocumentRendering(contents: contents, isQuiet: shared.quiet).text)
  }
}
