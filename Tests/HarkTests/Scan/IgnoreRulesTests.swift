import Foundation
import TestKit
import Testing

@testable import Hark

/// Ignore files, with git as the oracle.
@Suite(.serialized, .timeLimit(.minutes(2))) struct IgnoreRulesTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let pattern: String
    let path: String
    var isFolder = false
    let matches: Bool
    var testDescription: String { "\(pattern) – \(path)" }
  }

  @Test(arguments: [
    Case(pattern: "*.txt", path: "a/b.txt", matches: true),
    Case(pattern: "/*.txt", path: "a/b.txt", matches: false),
    Case(pattern: "a/*.txt", path: "a/b.txt", matches: true),
    Case(pattern: "a/*.txt", path: "x/a/b.txt", matches: false),
    Case(pattern: "**/a", path: "x/y/a", matches: true),
    Case(pattern: "a/**/b", path: "a/b", matches: true),
    Case(pattern: "a/**/b", path: "a/x/y/b", matches: true),
    Case(pattern: "a/**", path: "a", isFolder: true, matches: false),
    Case(pattern: "a/**", path: "a/b/c", matches: true),
    Case(pattern: "a/", path: "a", matches: false),
    Case(pattern: "a/", path: "x/a", isFolder: true, matches: true),
    Case(pattern: "[a-c]x", path: "bx", matches: true),
    Case(pattern: "[!a-c]x", path: "bx", matches: false),
    Case(pattern: "[[:digit:]]", path: "7", matches: true),
    Case(pattern: "\\*", path: "*", matches: true),
    Case(pattern: "\\*", path: "x", matches: false),
    Case(pattern: "\\#a", path: "#a", matches: true),
    Case(pattern: "a ", path: "a", matches: true),
    Case(pattern: "a\\ ", path: "a ", matches: true),
    Case(pattern: "가*", path: "가나", matches: true),
    Case(pattern: "?", path: "/", matches: false),
  ])
  func patterns(_ example: Case) throws {
    let pattern = try #require(IgnorePattern(example.pattern.utf8))
    let path = Array(example.path.utf8)
    #expect(pattern.matches(path[...], isFolder: example.isFolder) == example.matches)
  }

  @Test(arguments: ["", "# note", "/", "a\\", "   ", "[a", "[[:word:]]"])
  func linesWithoutAPattern(line: String) {
    #expect(IgnorePattern(line.utf8)?.matches(Array("a".utf8)[...], isFolder: false) != true)
  }

  /// Stars upon stars take no more than the product of the lengths.
  @Test func noPatternExplodes() throws {
    let pattern = try #require(
      IgnorePattern((String(repeating: "*a", count: 200) + "b").utf8))
    let path = [UInt8](repeating: UInt8(ascii: "a"), count: 2000)
    #expect(!pattern.matches(path[...], isFolder: false))
  }

  /// A pseudo-random sequence that is the same on every run (SplitMix64).
  struct Sequence: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }

  private static let git = "/usr/bin/git"

  @Test(
    .enabled(if: FileManager.default.isExecutableFile(atPath: git)), arguments: 0..<40)
  func gitAgrees(seed: UInt64) throws {
    var random = Sequence(state: seed)
    let folder = try TemporaryFolder()
    let names = ["a", "b", "ab", "a.b", "x-1", "B", "[a]", "가"]
    func path(_ depth: Int) -> String {
      (0..<depth).map { _ in names.randomElement(using: &random) ?? "a" }.joined(separator: "/")
    }
    for _ in 0..<30 {
      // A name that is a folder already is passed over.
      _ = try? folder.write("\(path(Int.random(in: 1...4, using: &random))).txt", "x")
      _ = try? folder.write(path(Int.random(in: 1...3, using: &random)) + "/f.txt", "x")
    }
    let pieces = [
      "a", "b", "ab", "*", "?", "**", "/", "[ab]", "[!a]", "[[:alpha:]]", ".txt", "f", "x-", "1",
      "가", "\\[", "**/", "/**", "]", "[a-x]", "\\", " ",
    ]
    for place in ["", "a/", "b/ab/"] {
      let lines = (0..<5).map { _ in
        let count = Int.random(in: 1...5, using: &random)
        let pattern = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "a" }.joined()
        return (Int.random(in: 0..<3, using: &random) == 0 ? "!" : "") + pattern
      }
      let text = lines.joined(separator: "\n") + "\n"
      _ = try? folder.write("\(place).gitignore", text)
      _ = try? folder.write("\(place).harkignore", text)
    }
    let root = folder.url.resolvingSymlinksInPath().path
    let expected = try Self.files(ofGitIn: root)
    let scan = try FolderScan([root], options: ScanOptions())
    let found = scan.files.map { String($0.name.dropFirst(root.count + 1)) }
    let rules = (try? String(contentsOfFile: folder.file(".gitignore"), encoding: .utf8)) ?? ""
    #expect(found == expected, "\(rules)")
  }

  /// The files that git does not ignore.
  private static func files(ofGitIn root: String) throws -> [String] {
    func run(_ arguments: [String]) throws -> Data {
      let process = Process()
      process.executableURL = URL(filePath: git)
      process.arguments = ["-C", root, "-c", "core.quotepath=off"] + arguments
      process.environment = ["HOME": root, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8"]
      let output = Pipe()
      process.standardOutput = output
      process.standardError = FileHandle.nullDevice
      try process.run()
      let data = try output.fileHandleForReading.readToEnd() ?? Data()
      process.waitUntilExit()
      return data
    }
    _ = try run(["init", "-q"])
    return try run(["ls-files", "--others", "--exclude-per-directory=.gitignore", "-z"])
      .split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      .filter { $0.hasSuffix(".txt") && !$0.split(separator: "/").contains { $0.hasPrefix(".") } }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
