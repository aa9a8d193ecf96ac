import Subprocess
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

  /// Starts the program twice to ask what it is and what confines it.
  ///
  /// - Throws: `parser-missing` where it does not start or does not answer.
  package func describe() async throws(DocumentError) -> Description {
    Description(
      version: try await answer(to: "--version").joined(separator: " "),
      confinement: try await answer(to: "--sandbox"))
  }

  private func answer(to option: String) async throws(DocumentError) -> [String] {
    do {
      let result = try await Subprocess.run(
        .path(executable), arguments: [option], output: .string(limit: 4096), error: .discarded)
      return result.standardOutput.split(separator: "\n").map(String.init)
    } catch {
      throw DocumentError(
        .parserMissing, "The program \(executable.string) cannot be started: \(error).",
        cause: error)
    }
  }
}
