import Foundation
import TestKit
import Testing

@testable import Hark

@Suite struct IgnoreRulesTests {
  /// Rules, and what they leave out of a number of paths; a slash at the end tells a folder.
  struct Case: Sendable, CustomTestStringConvertible {
    var rules: String
    var out: [String]
    var taken: [String]
    var testDescription: String { rules.debugDescription }

    init(_ rules: String, out: [String] = [], taken: [String] = []) {
      self.rules = rules
      self.out = out
      self.taken = taken
    }
  }

  @Test(arguments: [
    Case("a.txt", out: ["a.txt", "x/a.txt", "a.txt/"], taken: ["b.txt", "a.txt.md", "xa.txt"]),
    Case("/a.txt", out: ["a.txt"], taken: ["x/a.txt"]),
    Case("x/a", out: ["x/a", "x/a/"], taken: ["y/x/a", "a"]),
    Case("a/", out: ["a/", "x/a/"], taken: ["a", "x/a"]),
    Case("*.md", out: ["a.md", "x/b.md", ".md"], taken: ["a.mdx"]),
    Case("/*.md", out: ["a.md"], taken: ["x/a.md"]),
    Case("x/*.md", out: ["x/a.md"], taken: ["x/y/a.md", "a.md"]),
    Case("x/*/z", out: ["x/y/z"], taken: ["x/z", "x/y/y/z"]),
    Case("a?c", out: ["abc", "x/a-c"], taken: ["ac", "a/c", "abbc"]),
    Case("**/z", out: ["z", "x/z", "x/y/z"], taken: ["xz"]),
    Case("x/**", out: ["x/a", "x/y/a", "x/y/"], taken: ["x/", "x", "y/x/a"]),
    Case("x/**/z", out: ["x/z", "x/y/z", "x/a/b/z"], taken: ["z", "y/x/z", "xz"]),
    Case("**/x/**/z/**", out: ["x/z/a", "q/x/r/s/z/a/b"], taken: ["x/z", "z/x/a"]),
    Case("x/a**b", out: ["x/ab", "x/aab"], taken: ["x/a/b", "x/a/x/b"]),
    // Here git departs from its manual.
    Case("a**/b", out: ["a/b", "ax/b", "ab", "a/x/b"], taken: ["xa/b", "b"]),
    Case("/a**", out: ["a", "ab", "a/x"], taken: ["x/a"]),
    Case("***/b", out: ["b", "x/b", "x/y/b"], taken: ["xb"]),
    Case("**\\/b", out: ["x/b", "x/y/b"], taken: ["b"]),
    Case("**", out: ["a", "x/a", "x/"]),
    Case("*\n!a", out: ["b", "x/b"], taken: ["a", "x/a"]),
    Case("!a\na", out: ["a"]),
    Case("a\n!a", taken: ["a"]),
    Case("\\!a", out: ["!a"], taken: ["a"]),
    Case("\\#a", out: ["#a"], taken: ["a"]),
    Case("# a\n\n#b", taken: ["# a", "b", "#b"]),
    Case("a   ", out: ["a"], taken: ["a   "]),
    Case("a\\ ", out: ["a "], taken: ["a", "a\\"]),
    Case("a\\  ", out: ["a "], taken: ["a  "]),
    Case("a\t", out: ["a\t"], taken: ["a"]),
    Case("a\r\nb\r\n", out: ["a", "b"], taken: ["a\r"]),
    Case("\u{FEFF}a", out: ["a"]),
    Case("a\\", taken: ["a", "a\\"]),
    Case("\\*", out: ["*"], taken: ["a"]),
    Case("/", taken: ["a", "x/"]),
    Case("!", taken: ["a", "!"]),
    Case("//a", taken: ["a"]),
    Case("a//b", taken: ["a/b"]),
    Case("[ab].txt", out: ["a.txt", "b.txt"], taken: ["c.txt", "ab.txt"]),
    Case("[!ab]", out: ["c"], taken: ["a", "b"]),
    Case("x[!a]y", out: ["xby"], taken: ["x/y", "xay"]),
    Case("[[:digit:]a-c]", out: ["1", "b"], taken: ["d"]),
    Case("[a", taken: ["a", "[a"]),
    Case("한글", out: ["한글", "x/한글"], taken: ["한"]),
  ])
  func followTheManual(_ example: Case) {
    var rules = IgnoreRules()
    rules.add(Array(example.rules.utf8), start: 0)
    for path in example.out + example.taken {
      let isFolder = path.hasSuffix("/")
      let bytes = Array(isFolder ? path.utf8.dropLast() : path.utf8[...])
      let name = (bytes.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1
      let isOut = rules.verdict(on: bytes, name: name, isFolder: isFolder) == true
      #expect(isOut == example.out.contains(path), "\(path)")
    }
  }

  @Test func deeperFilesGoBeforeUpperOnes() {
    var rules = IgnoreRules()
    rules.add(Array("*.txt\n!keep.txt".utf8), start: 0)
    rules.add(Array("!a.txt\n/keep.txt".utf8), start: 2)
    let verdicts = ["x/a.txt", "x/b.txt", "x/keep.txt", "x/y/keep.txt"].map { path in
      rules.verdict(
        on: Array(path.utf8), name: path.utf8.count - (path.split(separator: "/").last ?? "").count,
        isFolder: false)
    }
    #expect(verdicts == [false, true, true, false])
  }

  /// Each of these takes longer than the age of the earth where a matcher tries all ways.
  @Test(
    .timeLimit(.minutes(1)),
    arguments: [
      (String(repeating: "*a", count: 60) + "b", String(repeating: "a", count: 250)),
      (
        String(repeating: "**/*a*/", count: 40) + "b",
        Array(repeating: "aaa", count: 60).joined(separator: "/")
      ),
      (String(repeating: "[a-z]*", count: 100) + "0", String(repeating: "q", count: 250)),
    ])
  func noPatternTakesForEver(pattern: String, path: String) {
    var rules = IgnoreRules()
    rules.add(Array(pattern.utf8), start: 0)
    let name = (path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path.utf8.index(after: $0) })
    let start = name.map { path.utf8.distance(from: path.utf8.startIndex, to: $0) } ?? 0
    for _ in 0..<100 {
      #expect(rules.verdict(on: Array(path.utf8), name: start, isFolder: false) == nil)
    }
  }

  /// Rules are input: whatever they hold, they are compiled and matched without a trap.
  @Test func noRulesTrap() {
    var numbers = SeededNumbers(seed: 9)
    let bytes = Array("ab/\\*?[]!^-:[:alpha:]#. \r\n\0".utf8) + [0xFF]
    for _ in 0..<20_000 {
      var rules = IgnoreRules()
      let length = Int.random(in: 0..<24, using: &numbers)
      rules.add(
        (0..<length).map { _ in bytes[Int.random(in: 0..<bytes.count, using: &numbers)] }, start: 0)
      let path = Array("a/b/ab".utf8)
      _ = rules.verdict(on: path, name: 4, isFolder: Bool.random(using: &numbers))
    }
  }
}
