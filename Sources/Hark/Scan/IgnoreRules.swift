/// The ignore rules that hold in a folder: those of the ignore files from the root down to it.
struct IgnoreRules: Sendable {
  /// The name of ignore files.
  static let fileName = Array(".harkignore".utf8)
  /// The most bytes of an ignore file.
  static let byteLimit = 1 << 20

  /// The patterns of one file, and how many bytes of a path lead to its folder.
  private struct Level {
    var prefix: Int
    var patterns: [IgnorePattern]
  }

  private var levels: [Level] = []

  /// No rules.
  init() {}

  /// Adds the patterns of a folder below those there are.
  ///
  /// - Parameters:
  ///   - text: the lines of an ignore file.
  ///   - prefix: the bytes of the root-relative path of its folder, the slash behind it included.
  mutating func add(_ text: [UInt8], prefix: Int) {
    let patterns = Self.patterns(text)
    if !patterns.isEmpty { levels.append(Level(prefix: prefix, patterns: patterns)) }
  }

  /// The patterns in the lines of a text.
  static func patterns(_ text: [UInt8]) -> [IgnorePattern] {
    let text = text.starts(with: [0xEF, 0xBB, 0xBF]) ? text.dropFirst(3) : text[...]
    return text.split(separator: UInt8(ascii: "\n")).compactMap { line in
      IgnorePattern(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
    }
  }

  /// Whether a path is left out: the last pattern that matches decides, and deeper files come after
  /// upper ones. A path in a folder that is left out is not asked for.
  ///
  /// - Parameter path: the path relative to the root, without a slash at either end.
  func ignores(_ path: [UInt8], isFolder: Bool) -> Bool {
    for level in levels.reversed() {
      let relative = path.dropFirst(level.prefix)
      for pattern in level.patterns.reversed()
      where pattern.matches(relative, isFolder: isFolder) {
        return !pattern.isNegated
      }
    }
    return false
  }
}
