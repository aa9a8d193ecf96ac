import Foundation
import TestKit

/// The built program, run as people run it.
struct HarkProcess: Sendable {
  /// How a run ended.
  struct Outcome: Sendable {
    let output: String
    let errors: String
    /// The exit code, or the negated number of the signal that ended the process.
    let status: Int32

    /// Standard output, which has to be one line of JSON.
    func json() throws -> [String: Any] {
      guard output.hasSuffix("\n"), !output.dropLast().contains("\n"),
        let object = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]
      else { throw Malformed(output: output, errors: errors) }
      return object
    }

    /// The code of the error that standard output tells as JSON.
    func errorCode() throws -> String? {
      (try json()["error"] as? [String: Any])?["code"] as? String
    }
  }

  /// Standard output that is not one JSON object on one line.
  struct Malformed: Error { let output, errors: String }

  /// The program; nil where it was not built.
  static let binary: String? =
    FileManager.default.isExecutableFile(atPath: Products.hark.path) ? Products.hark.path : nil

  /// Whether programs are on the path.
  static func has(_ programs: [String]) -> Bool {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    return programs.allSatisfy { program in
      folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
    }
  }

  /// Whether the program and a model are there, so that it can embed.
  static var canEmbed: Bool { binary != nil && TestData.model != nil }

  private let process = Process()
  private let folder: TemporaryFolder
  private let ended: AsyncStream<Void>

  /// Starts a process with a clean environment, in a folder of its own.
  ///
  /// - Parameters:
  ///   - program: the executable; the built `hark` by default.
  ///   - arguments: its arguments.
  ///   - environment: variables beside `PATH`, `HOME`, `HARK_MODEL` and those of `hark` itself.
  ///   - input: standard input.
  init(
    program: String? = nil, _ arguments: [String], environment: [String: String] = [:],
    input: String = ""
  ) throws {
    folder = try TemporaryFolder()
    try folder.write("input", input)
    try folder.write("output", "")
    try folder.write("errors", "")
    process.executableURL = URL(filePath: program ?? Self.binary ?? "hark")
    process.arguments = arguments
    process.currentDirectoryURL = folder.url
    // The same kernels as in this process, so that vectors are equal to the bit.
    let kept: Set = ["PATH", "LANG", "OPENBLAS_CORETYPE", "HARK_KERNELS", "HARK_PARSER"]
    let inherited = ProcessInfo.processInfo.environment.filter { kept.contains($0.key) }
    let own = [
      "HOME": folder.path, "XDG_DATA_HOME": folder.file("data"),
      "HARK_MODEL": TestData.model?.path ?? "",
    ]
    process.environment = inherited.merging(own) { $1 }.merging(environment) { $1 }
    // Files, not pipes: nobody has to read them while the process runs.
    let streams = [
      try FileHandle(forReadingFrom: folder.url.appending(path: "input")),
      try FileHandle(forWritingTo: folder.url.appending(path: "output")),
      try FileHandle(forWritingTo: folder.url.appending(path: "errors")),
    ]
    process.standardInput = streams[0]
    process.standardOutput = streams[1]
    process.standardError = streams[2]
    let (ended, continuation) = AsyncStream.makeStream(of: Void.self)
    self.ended = ended
    process.terminationHandler = { _ in continuation.finish() }
    try process.run()
    // The process has its own; Foundation would keep these for as long as this one lives.
    for stream in streams { try stream.close() }
  }

  /// Whether the process has not ended yet.
  var isRunning: Bool { process.isRunning }

  /// Ends the process at once, without a chance to clean up.
  func killAtOnce() { kill(process.processIdentifier, SIGKILL) }

  /// Sends the process a signal.
  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// Waits for the end.
  func outcome() async throws -> Outcome {
    for await _ in ended {}
    func text(_ name: String) throws -> String {
      String(decoding: try Data(contentsOf: folder.url.appending(path: name)), as: UTF8.self)
    }
    let signaled = process.terminationReason == .uncaughtSignal
    return Outcome(
      output: try text("output"), errors: try text("errors"),
      status: signaled ? -process.terminationStatus : process.terminationStatus)
  }

  /// Runs `hark` to its end.
  static func run(
    _ arguments: String..., environment: [String: String] = [:], input: String = ""
  ) async throws -> Outcome {
    try await HarkProcess(arguments, environment: environment, input: input).outcome()
  }

  /// Runs a line of bash, in which `$HARK` is the program.
  static func shell(_ line: String, environment: [String: String] = [:]) async throws -> Outcome {
    let variables = environment.merging(["HARK": binary ?? "hark"]) { $1 }
    return try await HarkProcess(
      program: "/bin/bash", ["-c", line], environment: variables
    ).outcome()
  }

  /// Runs a line of sh on a pseudo-terminal of 60 columns; what the terminal would show is the
  /// output, both streams together.
  static func terminal(
    _ line: String, environment: [String: String] = [:], input: String = ""
  ) async throws -> Outcome {
    let variables = ["TERM": "xterm", "HARK": binary ?? "hark"].merging(environment) { $1 }
    return try await HarkProcess(
      program: "/usr/bin/script",
      ["--quiet", "--return", "--command", "stty cols 60; \(line)", "/dev/null"],
      environment: variables, input: input
    ).outcome()
  }
}
