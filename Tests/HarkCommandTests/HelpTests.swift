import ArgumentParser
import Foundation
import TestKit
import Testing

@testable import HarkCommand

/// The help texts, held against docs/command.md, which prints each of them whole.
@Suite struct HelpTests {
  struct Page: Sendable, CustomTestStringConvertible {
    let name: String
    let type: any ParsableCommand.Type
    var testDescription: String { name }
  }

  static let pages = [
    Page(name: "hark", type: HarkCommand.self),
    Page(name: "hark ingest", type: IngestCommand.self),
    Page(name: "hark search", type: SearchCommand.self),
    Page(name: "hark context", type: ContextCommand.self),
    Page(name: "hark serve", type: ServeCommand.self),
    Page(name: "hark api", type: APICommand.self),
    Page(name: "hark api schema", type: APISchemaCommand.self),
    Page(name: "hark documents", type: DocumentsCommand.self),
    Page(name: "hark documents list", type: DocumentsListCommand.self),
    Page(name: "hark documents show", type: DocumentsShowCommand.self),
    Page(name: "hark documents delete", type: DocumentsDeleteCommand.self),
    Page(name: "hark collections", type: CollectionsCommand.self),
    Page(name: "hark collections create", type: CollectionsCreateCommand.self),
    Page(name: "hark collections list", type: CollectionsListCommand.self),
    Page(name: "hark collections show", type: CollectionsShowCommand.self),
    Page(name: "hark collections reembed", type: CollectionsReembedCommand.self),
    Page(name: "hark collections delete", type: CollectionsDeleteCommand.self),
    Page(name: "hark chat", type: ChatCommand.self),
    Page(name: "hark chat ask", type: ChatAskCommand.self),
    Page(name: "hark chat answer", type: ChatAnswerCommand.self),
    Page(name: "hark chat sessions", type: ChatSessionsCommand.self),
    Page(name: "hark chat history", type: ChatHistoryCommand.self),
    Page(name: "hark chat show", type: ChatShowCommand.self),
    Page(name: "hark chat search", type: ChatSearchCommand.self),
    Page(name: "hark chat feedback", type: ChatFeedbackCommand.self),
    Page(name: "hark chat export", type: ChatExportCommand.self),
    Page(name: "hark chat judgements", type: ChatJudgementsCommand.self),
    Page(name: "hark chat delete", type: ChatDeleteCommand.self),
    Page(name: "hark chat redact", type: ChatRedactCommand.self),
    Page(name: "hark tasks", type: TasksCommand.self),
    Page(name: "hark tasks list", type: TasksListCommand.self),
    Page(name: "hark tasks show", type: TasksShowCommand.self),
    Page(name: "hark tasks cancel", type: TasksCancelCommand.self),
    Page(name: "hark stats", type: StatsCommand.self),
    Page(name: "hark verify", type: VerifyCommand.self),
    Page(name: "hark compact", type: CompactCommand.self),
    Page(name: "hark index", type: IndexCommand.self),
    Page(name: "hark index info", type: IndexInfoCommand.self),
    Page(name: "hark index verify", type: IndexVerifyCommand.self),
    Page(name: "hark index rebuild", type: IndexRebuildCommand.self),
    Page(name: "hark index create", type: IndexCreateCommand.self),
    Page(name: "hark index search", type: IndexSearchCommand.self),
    Page(name: "hark embed", type: EmbedCommand.self),
    Page(name: "hark eval", type: EvalCommand.self),
    Page(name: "hark bench", type: BenchCommand.self),
    Page(name: "hark bench ingest", type: BenchIngestCommand.self),
    Page(name: "hark bench index", type: BenchIndexCommand.self),
    Page(name: "hark bench embed", type: BenchEmbedCommand.self),
    Page(name: "hark bench search", type: BenchSearchCommand.self),
    Page(name: "hark doctor", type: DoctorCommand.self),
  ]

  @Test(arguments: pages)
  func referencePrintsTheHelpText(page: Page) throws {
    let help = HarkCommand.helpMessage(for: page.type, columns: 80)
    let documented = try #require(
      try Self.documentedHelp()[page.name], "docs/command.md has no section '\(page.name)'")
    #expect(help.trimmingCharacters(in: .newlines) == documented)
  }

  @Test func everyCommandHasAPage() {
    func names(below type: any ParsableCommand.Type, _ name: String) -> [String] {
      [name]
        + type.configuration.subcommands.flatMap {
          names(below: $0, "\(name) \($0.configuration.commandName ?? "")")
        }
    }
    #expect(names(below: HarkCommand.self, "hark") == Self.pages.map(\.name))
  }

  @Test(arguments: pages)
  func everyPageHasExamplesAndFitsATerminal(page: Page) {
    let help = HarkCommand.helpMessage(for: page.type, columns: 80)
    #expect(help.contains("\nEXAMPLES\n  hark "))
    for line in help.split(separator: "\n") where !line.hasPrefix("USAGE:") {
      #expect(line.count <= 80, "\(line)")
    }
  }

  /// The first code block of each section whose title is code, by title.
  private static func documentedHelp() throws -> [String: String] {
    let file = TestData.packageRoot.appending(path: "docs/command.md")
    let text = try String(contentsOf: file, encoding: .utf8)
    var pages: [String: String] = [:]
    for section in text.components(separatedBy: "\n## `").dropFirst() {
      let name = section.prefix { $0 != "`" }
      let parts = section.components(separatedBy: "\n```")
      guard parts.count > 2 else { continue }
      pages[String(name)] = parts[1].drop { $0 != "\n" }.trimmingCharacters(in: .newlines)
    }
    return pages
  }
}
