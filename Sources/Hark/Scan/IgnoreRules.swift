/// The ignore rules that hold in a folder: those of the ignore files from the root down to it.
struct IgnoreRules: Sendable {
  /// The name of ignore files.
  static let fileName = ".harkignore"
  /// The most bytes of an ignore file.
  static let byteLimit = 1 << 20

  /// The patterns of one file, and where in a path the names below its folder begin.
  private struct Level: Sendable {
    var start: Int
    var patterns: [IgnorePattern]
  }

  private var levels: [Level] = []

  /// Whether there is no rule.
  var isEmpty: Bool { levels.isEmpty }

  /// Adds the patterns of a folder, which go before those there are.
  ///
  /// - Parameters:
  ///   - text: the lines of an ignore file.
  ///   - start: how many bytes of a path lead into the folder, the slash included.
  mutating func add(_ text: [UInt8], start: Int) {
    let text = text.starts(with: [0xEF, 0xBB, 0xBF]) ? text.dropFirst(3) : text[...]
    let patterns = text.split(separator: UInt8(ascii: "\n")).compactMap { line in
      IgnorePattern(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
    }
    if !patterns.isEmpty { levels.append(Level(start: start, patterns: patterns)) }
  }

  /// What the last pattern that matches a path says of it, deeper files after upper ones: true
  /// where it names the path, false where it takes that back, nil where none matches.
  ///
  /// - Parameters:
  ///   - path: a path in the folder of the rules.
  ///   - name: where in it the last name begins.
  ///   - isFolder: whether it leads to a folder.
  func verdict(on path: [UInt8], name: Int, isFolder: Bool) -> Bool? {
    for level in levels.reversed() {
      for pattern in level.patterns.reversed()
      where pattern.matches(path, from: level.start, name: name, isFolder: isFolder) {
        return !pattern.isNegated
      }
    }
    return nil
  }
}
