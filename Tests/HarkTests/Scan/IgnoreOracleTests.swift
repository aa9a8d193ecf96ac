import Foundation
import TestKit
import Testing

@testable import Hark

/// Random rules over random folders, with git as the judge.
@Suite(
  .serialized, .timeLimit(.minutes(2)), .enabled(if: GitOracle.isInstalled, "git is not installed"))
struct IgnoreOracleTests {
  @Test(arguments: 0..<30) func scansAgreeWithGit(seed: Int) async throws {
    var numbers = SeededNumbers(seed: UInt64(seed))
    let folder = try TemporaryFolder()
    var paths: Set<String> = []
    for _ in 0..<40 {
      let depth = Int.random(in: 0...3, using: &numbers)
      let folders = (0..<depth).map { _ in Self.name(&numbers) }
      paths.insert((folders + [Self.name(&numbers) + ".txt"]).joined(separator: "/"))
    }
    for path in paths { try folder.write(path, "x") }
    let places = Set(paths.map { $0.split(separator: "/").dropLast().joined(separator: "/") })
    var rules: [String: String] = [:]
    for place in [""] + places.sorted().filter({ _ in Bool.random(using: &numbers) }).prefix(3) {
      let lines = (0..<Int.random(in: 1...6, using: &numbers)).map { _ in Self.pattern(&numbers) }
      let prefix = place.isEmpty ? "" : place + "/"
      rules[place] = lines.joined(separator: seed % 7 == 0 ? "\r\n" : "\n")
      try folder.write(prefix + ".gitignore", rules[place] ?? "")
      try folder.write(prefix + ".harkignore", rules[place] ?? "")
    }
    let ignored = try await GitOracle.ignored(paths.map { Array($0.utf8) }, in: folder)
    let scan = try FolderScan([folder.path], options: ScanOptions())
    let root = try #require(scan.outermostRoots.first)
    let taken = Set(scan.files.map { String($0.name.dropFirst(root.count + 1)) })
    let expected = paths.filter { !ignored.contains(Array($0.utf8)) }
    #expect(
      taken == expected,
      "\(rules): wrongly taken \(taken.subtracting(expected)), left \(expected.subtracting(taken))")
  }

  /// Every byte that a name may hold, against every class and some that are malformed.
  @Test(arguments: [
    "[[:alnum:]]", "[[:alpha:]]", "[[:blank:]]", "[[:cntrl:]]", "[[:digit:]]", "[[:graph:]]",
    "[[:lower:]]", "[[:print:]]", "[[:punct:]]", "[[:space:]]", "[[:upper:]]", "[[:xdigit:]]",
    "[![:alpha:]]", "[^a-z]", "[[:alpha:]-z]", "[z-a]", "[]-]", "[!]a]", "[a-]", "[--0]", "[\\]]",
    "[a\\-z]", "[[:]", "[[:a]", "[[:foo:]]", "[[:alpha:]", "[", "[]", "[!]", "[a-[:digit:]]", "?",
    "\\?", "*", "[*?]", "[\\\\]", "[a-\\d]", "[[.a.]]", "[[:alpha:][:digit:]-]", "\\!", "\\#", "!",
    "#", "[a", "a\\", "[[a]", "[/]", "[^/]",
  ])
  func bytesAgreeWithGit(pattern: String) async throws {
    let bytes = (UInt8(1)...255).filter { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ".") }
    var names: [[UInt8]] = []
    for byte in bytes {
      names += [[byte], [byte, UInt8(ascii: "]")], [UInt8(ascii: "a"), byte]]
    }
    for line in ["x" + pattern, pattern + "y", "/x/" + pattern] {
      let folder = try TemporaryFolder()
      try folder.write(".gitignore", line)
      var paths: [[UInt8]] = []
      for name in names {
        paths += [Array("x".utf8) + name, name + Array("y".utf8), Array("x/".utf8) + name]
      }
      let ignored = try await GitOracle.ignored(paths, in: folder)
      var rules = IgnoreRules()
      rules.add(Array(line.utf8), start: 0)
      for path in paths {
        // What lies in a folder that is left out is left out.
        let starts = path.indices.filter { path[$0] == UInt8(ascii: "/") }
        let isInside = starts.contains { end in
          rules.verdict(on: Array(path[..<end]), name: 0, isFolder: true) == true
        }
        let name = (starts.last ?? -1) + 1
        let isOut = isInside || rules.verdict(on: path, name: name, isFolder: false) == true
        #expect(isOut == ignored.contains(path), "\(line) on \(path)")
      }
    }
  }

  private static func name(_ numbers: inout SeededNumbers) -> String {
    let letters = ["a", "b", "c", "A", "-", "]", "#", "!", " ", "é", "*", "\\", "["]
    let length = Int.random(in: 1...3, using: &numbers)
    return (0..<length).map { _ in
      letters[
        Int.random(in: 0..<(Bool.random(using: &numbers) ? 3 : letters.count), using: &numbers)]
    }.joined()
  }

  private static func pattern(_ numbers: inout SeededNumbers) -> String {
    let pieces = [
      "a", "b", "c", "a", "b", "*", "*", "?", "[ab]", "[!a]", "[^b-c]", "[a-c]", "[[:alpha:]]",
      "[[:upper:]-]", "**", "***", "\\/", "\\a", "\\*", "\\ ", " ", "#", "!", "[]]", "[", "\\", "é",
      "-", "*.txt", "[]-a]", "[[:bad:]]", "[a-", "\\\\", "\\[",
    ]
    let parts = (0..<Int.random(in: 1...3, using: &numbers)).map { _ in
      if Int.random(in: 0..<4, using: &numbers) == 0 { return "**" }
      var part = ""
      for _ in 0..<Int.random(in: 1...3, using: &numbers) {
        let kinds = Bool.random(using: &numbers) ? 8 : pieces.count
        let piece = pieces[Int.random(in: 0..<kinds, using: &numbers)]
        part += piece
      }
      return part
    }
    let negation = Int.random(in: 0..<4, using: &numbers) == 0 ? "!" : ""
    let start = Int.random(in: 0..<4, using: &numbers) == 0 ? "/" : ""
    let end = ["", "", "", "/", " ", "/**", "/*"][Int.random(in: 0..<7, using: &numbers)]
    return negation + start + parts.joined(separator: "/") + end
  }
}
