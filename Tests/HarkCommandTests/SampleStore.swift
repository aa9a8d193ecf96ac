import Foundation
import TestKit

/// A small folder of documents, and a store that holds them; made once for all tests that only
/// read.
struct SampleStore: Sendable {
  let folder: TemporaryFolder
  /// The folder of documents.
  var documents: String { folder.file("documents") }
  /// The store's folder.
  var store: String { folder.file("store") }

  /// Documents of every format that needs no tool to make; one of them attacks the terminal.
  static let files = [
    "travel.md": """
    # Travel policy

    ## Approval
    The head of department approves a business trip before it is booked. A trip abroad needs the \
    consent of the board as well.

    ## Hotels
    Rooms are booked through the travel desk, up to 140 euros a night.
    """,
    "expenses/meals.html": """
    <html><head><title>Meals</title></head><body><h1>Meals</h1>
    <p>A meal on a business trip is refunded up to 28 euros a day.</p></body></html>
    """,
    "출장.txt": "출장비는 출장이 끝난 뒤 다섯 영업일 안에 지급됩니다. 영수증은 재무팀에 제출합니다.\n",
    "hostile.txt": "The zebra \u{1B}]0;pwned\u{7}clause \u{1B}[2J\u{9B}31m is \u{202E}hidden.\n",
    "picture.png": "not read",
  ]

  private static let made = Task { try await SampleStore() }

  /// The store, made by the first caller.
  static func shared() async throws -> SampleStore { try await made.value }

  /// Writes the documents and ingests them.
  init() async throws {
    folder = try TemporaryFolder()
    for (name, text) in Self.files { try folder.write("documents/\(name)", text) }
    let outcome = try await HarkProcess.run("ingest", documents, "--store", store, "--json")
    guard outcome.status == 0 else {
      throw HarkProcess.Malformed(output: outcome.output, errors: outcome.errors)
    }
  }
}
