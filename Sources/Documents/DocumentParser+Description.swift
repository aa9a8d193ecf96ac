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

  /// Seconds that the program has for each answer about itself.
  private static let answerSeconds = 5
  /// Bytes of an answer that are kept.
  private static let answerLimit = 4096

  /// Starts the program twice to ask what it is and what confines it.
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
    // A group of its own, so that whatever the program has started dies with it.
    var options = PlatformOptions()
    options.processGroupID = 0
    let said: String?
    let status: TerminationStatus
    do {
      let result = try await Subprocess.run(
        .path(executable), arguments: [option], environment: environment,
        platformOptions: options, input: .none, output: .sequence, error: .discarded,
        body: Self.answer)
      said = result.closureResult
      status = result.terminationStatus
    } catch {
      guard !Task.isCancelled else { throw Self.cancelled }
      throw DocumentError(
        .parserMissing, "The program \(executable.string) cannot be started: \(error).",
        cause: error)
    }
    guard !Task.isCancelled else { throw Self.cancelled }
    guard let said else {
      throw misfit("did not answer \(option) within \(Self.answerSeconds) s")
    }
    guard status.isSuccess else { throw misfit("has no answer to \(option)") }
    return said.split(separator: "\n").map(String.init)
  }

  /// Reads what the process prints until it ends, or gives nil where that takes too long.
  private static func answer(
    _ execution: Execution<NoInput, SequenceOutput, DiscardedOutput>
  ) async -> String? {
    await withTaskGroup(of: String?.self) { group in
      group.addTask {
        var kept: [UInt8] = []
        do {
          for try await buffer in execution.standardOutput {
            let room = max(0, answerLimit - kept.count)
            unsafe buffer.withUnsafeBytes { unsafe kept.append(contentsOf: $0.prefix(room)) }
          }
        } catch {
          // What it said before the pipe broke is judged like any other answer.
        }
        return String(decoding: kept, as: UTF8.self)
      }
      group.addTask {
        // Sleep ends early only when the task is cancelled, and then nobody looks.
        try? await Task.sleep(for: .seconds(answerSeconds))
        return nil
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      // A process that is exiting keeps its status. One that lives on would never be reaped.
      kill(execution)
      return first
    }
  }

  private func misfit(_ what: String) -> DocumentError {
    DocumentError(
      .parserMissing,
      "\(executable.string) \(what). Is it the program hark-parser of the same version as hark? "
        + "Set HARK_PARSER to that, or unset it.")
  }
}
