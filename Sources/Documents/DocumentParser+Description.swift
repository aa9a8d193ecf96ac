import SystemPackage

extension DocumentParser {
  /// What the parser program says of itself.
  package struct Description: Sendable, Hashable {
    /// The program and the version of its protocol.
    package let version: String
    /// What confines it on this machine beside its limits: `no new privileges`, `files`,
    /// `system calls`.
    package let confinement: [String]

    /// Whether everything that confines the program on a current kernel is in force.
    package var isConfined: Bool { confinement.count >= 3 }
  }

  /// Seconds that the program has for each answer about itself.
  private static let answerSeconds = 5
  /// Bytes of an answer that are kept.
  private static let answerLimit = 4096

  /// Asks the program what it is and what confines it.
  ///
  /// - Throws: `parser-missing` where it does not start or does not answer within 5 s each time,
  ///   and `canceled`.
  package func describe() async throws(DocumentError) -> Description {
    Description(
      version: try await answer(to: "--version").joined(separator: " "),
      confinement: try await answer(to: "--sandbox"))
  }

  /// The lines that the program prints for an option.
  private func answer(to option: String) async throws(DocumentError) -> [String] {
    let nothing: FileDescriptor
    do {
      nothing = try .open(FilePath("/dev/null"), .readOnly, options: .closeOnExec)
    } catch {
      throw DocumentError(.fileUnreadable, "/dev/null cannot be opened: \(error).", cause: error)
    }
    defer { try? nothing.close() }
    let run = ParserRun(
      [option], input: nothing, seconds: Self.answerSeconds, service: service)
    let (output, end) = try await run.perform(into: TextOutput(limit: Self.answerLimit))
    if end.timedOut {
      throw service.misfit("did not answer \(option) within \(Self.answerSeconds) s")
    }
    guard end.isSuccess else { throw service.misfit("has no answer to \(option)") }
    return output.text.split(separator: "\n").map(String.init)
  }
}
