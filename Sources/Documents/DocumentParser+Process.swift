import FoundationEssentials
import Subprocess
import SystemPackage

extension DocumentParser {
  /// What came of a run of the process, apart from its status.
  private struct Outcome: Sendable {
    var reading = Reading.brokenOff("The parser said nothing")
    var complaint = ""
    var timedOut = false
  }

  /// What one of the tasks beside the process has seen.
  private enum Observation: Sendable {
    case output(Reading)
    case complaint(String)
    case timedOut
  }

  /// Runs the process on an open file, and always reaps it.
  func run(_ file: FileDescriptor, as type: FileType) async throws(DocumentError) -> Document {
    // A group of its own: an interrupt typed at the terminal is for Hark to handle, and must not
    // look like a document that crashes the parser.
    var options = PlatformOptions()
    options.processGroupID = 0
    let result: ExecutionResult<Outcome, SequenceOutput, SequenceOutput>
    do {
      result = try await Subprocess.run(
        .path(executable), arguments: arguments(for: type), environment: environment,
        platformOptions: options,
        input: .fileDescriptor(file, closeAfterSpawningProcess: false),
        output: .sequence, error: .sequence, body: observe)
    } catch {
      guard !Task.isCancelled else { throw Self.cancelled }
      throw DocumentError(
        .parserMissing, "The program \(executable.string) cannot be started: \(error).",
        cause: error)
    }
    let outcome = result.closureResult
    if case .document(let document) = outcome.reading { return document }
    guard !Task.isCancelled else { throw Self.cancelled }
    switch outcome.reading {
    case .document(let document): return document
    case .refused(let error): throw error
    case .brokenOff(let how):
      let end = ParserEnd(
        status: result.terminationStatus, timedOut: outcome.timedOut, complaint: outcome.complaint)
      throw end.error(how, limits: limits)
    }
  }

  /// Reads both pipes of the process until they close, killing it at the wall limit or when it
  /// says something that it may not.
  private func observe(
    _ execution: Execution<FileDescriptorInput, SequenceOutput, SequenceOutput>
  ) async -> Outcome {
    await withTaskGroup(of: Observation.self) { group in
      let limits = limits
      group.addTask {
        .output(await Reading(execution.standardOutput, limit: limits.outputBytes))
      }
      group.addTask { .complaint(await ParserEnd.complaint(from: execution.standardError)) }
      group.addTask {
        // Sleep ends early only when the task is cancelled, and then nobody looks.
        try? await Task.sleep(for: .seconds(limits.seconds))
        return .timedOut
      }
      var outcome = Outcome()
      var openPipes = 2
      while openPipes > 0, let observation = await group.next() {
        switch observation {
        case .output(let reading):
          openPipes -= 1
          outcome.reading = reading
          if case .refused = reading { Self.kill(execution) }
        case .complaint(let text):
          openPipes -= 1
          outcome.complaint = text
        case .timedOut:
          outcome.timedOut = true
          Self.kill(execution)
        }
      }
      group.cancelAll()
      // A process that is exiting keeps its status. One that has closed its pipes and lives on
      // would never be reaped.
      Self.kill(execution)
      return outcome
    }
  }

  /// Ends a process and all that it has started.
  static func kill<Input, Output, ErrorOutput>(_ execution: Execution<Input, Output, ErrorOutput>) {
    // It fails where the process is gone already, which is what is wanted.
    try? execution.send(signal: .kill, toProcessGroup: true)
  }

  static let cancelled = DocumentError(.cancelled, "Parsing was canceled.")

  private func arguments(for type: FileType) -> Arguments {
    [
      "--type", type.rawValue, "--seconds", String(limits.seconds),
      "--cpu-seconds", String(limits.cpuSeconds),
      "--address-space", String(limits.addressSpaceBytes),
    ]
  }

  /// What the process needs to find its libraries, and nothing of what else the user has set.
  var environment: Environment {
    var kept: [Environment.Key: String] = ["LC_ALL": "C.UTF-8", "SWIFT_BACKTRACE": "enable=no"]
    let own = ProcessInfo.processInfo.environment
    for key in ["LD_LIBRARY_PATH", "HARK_PARSER_FAULT"] {
      if let value = own[key], let name = Environment.Key(rawValue: key) { kept[name] = value }
    }
    return .custom(kept)
  }
}

/// What the parser wrote to its standard output.
private enum Reading: Sendable {
  /// A whole document.
  case document(Document)
  /// The parser's own error, or something that is no record, or too much.
  case refused(DocumentError)
  /// Records that stop before the last one; the status of the process tells why.
  case brokenOff(String)

  /// Reads records until the pipe closes or something is wrong with them.
  init(_ output: SubprocessOutputSequence, limit: Int) async {
    var assembler = DocumentAssembler()
    var line = Data()
    var total = 0
    do {
      for try await buffer in output {
        total += buffer.count
        guard total <= limit else {
          throw DocumentError(
            .textTooLarge, "The text is larger than the limit of \(limit) bytes. Split the file.")
        }
        var rest = unsafe buffer.withUnsafeBytes { unsafe Data($0) }[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
          line.append(rest[..<end])
          rest = rest[(end + 1)...]
          try assembler.append(ParserRecord(decoding: line))
          line.removeAll(keepingCapacity: true)
        }
        line.append(rest)
        guard line.count <= ParserRecord.lineLimit else {
          throw DocumentError(.parserProtocol, "The parser wrote a line that is too long.")
        }
      }
      if !line.isEmpty {
        self = .brokenOff("The last line of the parser is cut off")
      } else if !assembler.isComplete {
        self = .brokenOff("The last record of the parser is missing")
      } else {
        self = .document(try assembler.finish())
      }
    } catch let error as DocumentError {
      self = .refused(error)
    } catch {
      self = .refused(
        DocumentError(.parserProtocol, "A line of the parser is not JSON.", cause: error))
    }
  }
}
