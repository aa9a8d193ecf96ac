import ArgumentParser
import Foundation
import Hark
import HarkService

/// `hark api`: describes the interface of `hark serve`.
struct APICommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "api", abstract: "Describe the interface of the socket.",
    discussion: """
      EXAMPLES
        hark api schema | jq -r '.methods[].name'
      """,
    subcommands: [APISchemaCommand.self])
}

/// `hark api schema`.
struct APISchemaCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Print the methods of the socket for programs.",
    discussion: """
      Prints an OpenRPC document: each method with its parameters, its result and its errors, in \
      the words of JSON Schema. docs/api.md has the same for people.

      EXAMPLES
        hark api schema > hark.openrpc.json
        hark api schema | jq -r '.methods[].name'
      """)

  @OptionGroup var shared: SharedOptions

  func answer(on console: Console) async throws(HarkError) -> Answer {
    do {
      let text = try InterfaceDescription.openRPC(isPretty: !shared.json)
      return Answer(String(decoding: text, as: UTF8.self) + "\n")
    } catch {
      throw HarkError(.unexpected, "the interface cannot be written as JSON: \(error)")
    }
  }
}
