import Foundation
import TestKit
import Testing

/// What git says of ignore rules.
enum GitOracle {
  /// Whether git can be asked.
  static let isInstalled = FileManager.default.isExecutableFile(atPath: "/usr/bin/git")

  /// The paths of those given that git leaves out, in a folder with a file `.gitignore`.
  static func ignored(_ paths: [[UInt8]], in folder: TemporaryFolder) async throws -> Set<[UInt8]> {
    _ = try await run(["init", "--quiet"], Data(), in: folder)
    // Without `./`, a colon at the beginning has a meaning of its own.
    let asked = paths.reduce(into: Data()) { $0 += Array("./".utf8) + $1 + [0] }
    let answer = try await run(["check-ignore", "--no-index", "--stdin", "-z"], asked, in: folder)
    return Set(answer.split(separator: 0).map { Array($0.dropFirst(2)) })
  }

  private static func run(
    _ arguments: [String], _ input: Data, in folder: TemporaryFolder
  ) async throws -> Data {
    let scratch = try TemporaryFolder()
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/git")
    process.arguments = arguments
    process.currentDirectoryURL = folder.url
    // Neither the user's settings nor a repository around the folder may have a say.
    process.environment = [
      "HOME": scratch.path, "XDG_CONFIG_HOME": scratch.path, "GIT_CONFIG_NOSYSTEM": "1",
      "GIT_CEILING_DIRECTORIES": scratch.path,
    ]
    process.standardInput = try FileHandle(
      forReadingFrom: URL(filePath: scratch.write("input", input)))
    let output = try scratch.write("output", Data())
    process.standardOutput = try FileHandle(forWritingTo: URL(filePath: output))
    try await withCheckedThrowingContinuation {
      (continuation: CheckedContinuation<Void, any Error>) in
      process.terminationHandler = { _ in continuation.resume() }
      do { try process.run() } catch { continuation.resume(throwing: error) }
    }
    // 1: nothing is left out.
    try #require(process.terminationStatus <= 1, "git \(arguments) failed")
    return try Data(contentsOf: URL(filePath: output))
  }
}

/// Numbers that are the same in every run (splitmix64; Steele, Lea, Flood 2014).
struct SeededNumbers: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
