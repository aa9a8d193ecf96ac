import Documents
import Foundation
import SystemPackage
import TestKit
import Testing

/// The server that forks a process for each document: how it lives and dies.
@Suite(.serialized, .timeLimit(.minutes(2))) struct ParserServerTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = try folder.write("a.txt", "Words.")
  }

  /// A parser whose processes write their numbers to the file `numbers` and then run a script.
  private func impostor(_ body: String) throws -> DocumentParser {
    try Impostor.parser(body, in: folder.path)
  }

  private func error(of parser: DocumentParser) async -> DocumentError? {
    do throws(DocumentError) {
      _ = try await parser.parse(path)
      return nil
    } catch {
      return error
    }
  }

  @Test func oneServerForAllDocuments() async throws {
    let parser = try impostor("exit 1")
    for _ in 0..<3 { #expect(await error(of: parser)?.code == .parserProtocol) }
    let runs = try Impostor.runs(in: folder.path)
    #expect(Set(runs.map(\.process)).count == 3)
    #expect(Set(runs.map(\.server)).count == 1)
    let server = try #require(runs.first?.server)
    // Neither an interrupt typed at the terminal nor one document's end may reach another.
    #expect(getpgid(server) == server)
    #expect(server != getpgrp())
    #expect(await isGone(runs.map(\.process)))
  }

  @Test func theServerEndsWithItsParser() async throws {
    do {
      let parser = try impostor("exit 1")
      #expect(await error(of: parser)?.code == .parserProtocol)
    }
    #expect(await isGone(try Impostor.runs(in: folder.path).map(\.server)))
  }

  @Test func aCrashChangesTheServer() async throws {
    let parser = try impostor("kill -SEGV $$")
    for _ in 0..<2 { #expect(await error(of: parser)?.code == .parserCrashed) }
    let runs = try Impostor.runs(in: folder.path)
    #expect(Set(runs.map(\.server)).count == 2)
  }

  @Test func aKilledServerTakesItsDocumentsAlongAndIsReplaced() async throws {
    let parser = try impostor("[ -e '\(folder.file("healed"))' ] && exit 1; sleep 60")
    async let first = error(of: parser)
    async let second = error(of: parser)
    let runs = try await Impostor.runs(in: folder.path, count: 2)
    let server = try #require(runs.first?.server)
    kill(server, SIGKILL)
    #expect(await first?.code == .parserCrashed)
    #expect(await second?.code == .parserCrashed)
    #expect(await isGone(runs.map(\.process), areOrphans: true))
    try folder.write("healed", "")
    #expect(await error(of: parser)?.code == .parserProtocol)
    #expect(try Impostor.runs(in: folder.path).last?.server != server)
  }

  @Test func aStoppedServerIsGivenUp() async throws {
    let parser = try Impostor.parser("exit 1", in: folder.path, limits: .init(seconds: 3))
    #expect(await error(of: parser)?.code == .parserProtocol)
    let server = try #require(try Impostor.runs(in: folder.path).first?.server)
    kill(server, SIGSTOP)
    #expect(await error(of: parser)?.code == .parserMissing)
    #expect(await isGone([server]))
    #expect(await error(of: parser)?.code == .parserProtocol)
  }

  @Test func cancellationKillsAtOnce() async throws {
    let parser = try impostor("sleep 60")
    let task = Task { await error(of: parser)?.code }
    let runs = try await Impostor.runs(in: folder.path, count: 1)
    task.cancel()
    #expect(await task.value == .cancelled)
    #expect(await isGone(runs.map(\.process)))
  }

  @Test func theProcessHasNoOtherDescriptors() async throws {
    // A shell keeps its script at 10 or above.
    let parser = try impostor(
      "for n in 3 4 5 6 7 8 9; do [ -e /proc/$$/fd/$n ] && exit 9; done; exit 3")
    #expect(await error(of: parser)?.message.contains("status 3") == true)
  }

  @Test func nothingOutlivesHark() async throws {
    // The test's own process stands for Hark, and dies as by kill -9.
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [folder = folder.path as String, path = path as String] in
      let parser = try Impostor.parser("sleep 60 & sleep 60", in: folder)
      let task = Task { try await parser.parse(path) }
      _ = try await Impostor.runs(in: folder, count: 1)
      kill(getpid(), SIGKILL)
      _ = try await task.value
    }
    let run = try #require(try Impostor.runs(in: folder.path).first)
    #expect(await isGone([run.server, run.process], areOrphans: true))
  }

  @Test func hundredsAtOnce() async throws {
    let parser = try DocumentParser()
    let texts = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<150 { group.addTask { try await parser.parse(path).text } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(texts == Array(repeating: "Words.", count: 150))
  }

  /// Whether processes are gone, or will be within seconds.
  ///
  /// - Parameter areOrphans: Whether reaping them is up to the system, which may take its time.
  private func isGone(_ processes: [pid_t], areOrphans: Bool = false) async -> Bool {
    for _ in 0..<1000 {
      if processes.allSatisfy({ kill($0, 0) == -1 || (areOrphans && isDead($0)) }) { return true }
      try? await Task.sleep(for: .milliseconds(10))
    }
    return false
  }

  /// Whether a process has ended and only waits to be reaped.
  private func isDead(_ process: pid_t) -> Bool {
    let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
    return status?.contains("State:\tZ") ?? true
  }
}

/// A parser whose processes are shell scripts.
private enum Impostor {
  /// The numbers of a process and of its server.
  struct Run {
    var process: pid_t
    var server: pid_t
  }

  /// Makes a parser whose processes note their numbers in a folder, then do as the script says.
  static func parser(
    _ body: String, in folder: String, limits: ParserLimits = .init()
  ) throws -> DocumentParser {
    let script = "\(folder)/impostor"
    let server = "\(folder)/server"
    let program = try DocumentParser().executable.string
    let texts = [
      script: "#!/bin/sh\necho $$ $PPID >> '\(folder)/numbers'\n\(body)\n",
      server: "#!/bin/sh\nHARK_PARSER_FAULT='\(script)' exec '\(program)' \"$@\"\n",
    ]
    for (path, text) in texts {
      try Data(text.utf8).write(to: URL(filePath: path))
      try TemporaryFolder.makeProgram(path)
    }
    return try DocumentParser(executable: server, limits: limits)
  }

  /// The runs so far.
  static func runs(in folder: String) throws -> [Run] {
    guard let text = try? String(contentsOfFile: "\(folder)/numbers", encoding: .utf8) else {
      return []
    }
    return text.split(separator: "\n").compactMap { line in
      let numbers = line.split(separator: " ").compactMap { pid_t($0) }
      return numbers.count == 2 ? Run(process: numbers[0], server: numbers[1]) : nil
    }
  }

  /// Waits until there are so many runs.
  static func runs(in folder: String, count: Int) async throws -> [Run] {
    while true {
      let runs = try runs(in: folder)
      if runs.count >= count { return runs }
      try await Task.sleep(for: .milliseconds(10))
    }
  }
}
