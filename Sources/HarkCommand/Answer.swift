import ArgumentParser
import Foundation
import Hark

/// What a command prints, and how it ends.
///
/// The whole output is gathered first and written once: a reader never sees half of it and then an
/// error, and a terminal is not painted line by line.
struct Answer: Sendable {
  /// What goes to standard output.
  var output = ""
  /// What goes to standard error.
  var errors = ""
  /// How the process ends.
  var status = ExitStatus.success

  /// An answer in words.
  init(_ output: String = "", errors: String = "", status: ExitStatus = .success) {
    self.output = output
    self.errors = errors
    self.status = status
  }

  /// An answer as one line of JSON.
  init(json value: some Encodable, status: ExitStatus = .success) throws(HarkError) {
    do {
      output = try JSONLine.encode(value)
    } catch {
      throw HarkError(.unexpected, "the answer cannot be written as JSON: \(error)", cause: error)
    }
    self.status = status
  }

  /// The answer of a command that failed: `hark: message [code]` on standard error, or an object
  /// on standard output.
  init(_ error: HarkError, asJSON: Bool) {
    status =
      switch error.code {
      case .storeLocked: .locked
      case .canceled: .interrupted
      default: .failure
      }
    if asJSON {
      output = JSONLine.encode(errorCode: error.code.rawValue, message: error.message)
    } else {
      errors = "hark: \(DisplayText.line(error.description))\n"
    }
  }

  /// The answer to a command line that could not be parsed, or that asks for help or the version.
  init(parserError error: any Error, arguments: [String]) {
    let text = DisplayText.paragraphs(HarkCommand.fullMessage(for: error))
    guard !HarkCommand.exitCode(for: error).isSuccess else {
      output = text + "\n"
      return
    }
    status = .usage
    let message = HarkCommand.message(for: error)
    if arguments.prefix(while: { $0 != "--" }).contains("--json") {
      output = JSONLine.encode(errorCode: "usage", message: message)
    } else {
      // The parser's own text is the message behind a label, then lines about usage.
      let rest = text.split(separator: "\n", omittingEmptySubsequences: false)
        .dropFirst(DisplayText.paragraphs(message).split(separator: "\n").count)
      errors =
        (["hark: \(DisplayText.paragraphs(message)) [usage]"] + rest.map(String.init))
        .joined(separator: "\n") + "\n"
    }
  }

  /// Writes the answer to the standard streams.
  ///
  /// A reader that has closed its end (`hark documents list | head`) has seen what it wanted, so
  /// that is no failure; any other error of writing is told, and ends with ``ExitStatus/failure``.
  func deliver() -> ExitStatus {
    do {
      try StandardStream.output.write(output)
    } catch {
      let message = "hark: standard output cannot be written: \(error) [output-unwritable]\n"
      try? StandardStream.error.write(errors + message)
      return .failure
    }
    try? StandardStream.error.write(errors)
    return status
  }
}
