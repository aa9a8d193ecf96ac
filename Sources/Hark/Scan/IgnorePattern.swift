/// A pattern of gitignore(5): one line of an ignore file.
///
/// Names are bytes: `?` and a class stand for one byte, as in git. Where a pattern has its slashes
/// is known beforehand, so that it is a sequence of names, and a path is matched name by name.
/// Neither level ever has to go back further than to its last wildcard: no pattern takes
/// exponential time.
struct IgnorePattern: Sendable {
  /// What stands between two slashes of a pattern.
  private enum Part: Sendable {
    /// `**`: any number of names.
    case anyNames
    /// `*`: one name.
    case anyName
    /// No wildcard.
    case literal([UInt8])
    /// `*` and then no wildcard.
    case ending([UInt8])
    case glob([GlobToken])
  }

  /// Whether a match takes back that a path is left out.
  let isNegated: Bool
  /// Whether only folders match.
  let isForFolders: Bool
  /// Whether the path from the ignore file's folder has to match, and not the last name alone.
  let isAnchored: Bool
  /// What a path begins with, before the parts.
  private let prefix: [UInt8]
  private let parts: [Part]

  /// Compiles a line; nil for an empty line, a comment, and what can match nothing.
  ///
  /// - Parameter line: the line without the characters that end it.
  init?(_ line: ArraySlice<UInt8>) {
    var line = Self.trimmed(line)
    if line.first == UInt8(ascii: "#") { return nil }
    isNegated = line.first == UInt8(ascii: "!")
    if isNegated { line.removeFirst() }
    isForFolders = line.last == UInt8(ascii: "/")
    if isForFolders { line.removeLast() }
    isAnchored = line.contains(UInt8(ascii: "/"))
    if line.first == UInt8(ascii: "/") { line.removeFirst() }
    prefix = isAnchored ? Self.prefix(of: line) : []
    line.removeFirst(prefix.count)
    guard !line.isEmpty,
      let parts = Self.parts(of: line, isAnchored: isAnchored, isBehindPrefix: !prefix.isEmpty)
    else { return nil }
    self.parts = parts
  }

  /// The line without the spaces at its end, unless a backslash keeps them.
  private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    // As git reads lines, a zero byte ends them.
    let line = line.prefix { $0 != 0 }
    var end = line.startIndex
    var isEscaped = false
    for index in line.indices {
      if line[index] != UInt8(ascii: " ") || isEscaped { end = index + 1 }
      isEscaped = line[index] == UInt8(ascii: "\\") && !isEscaped
    }
    return line[..<end]
  }

  /// The bytes in front of a `**` that does not follow a slash. git compares what stands before
  /// the first wildcard by itself, so that `a**/b` takes `a/x/b`, though its manual says otherwise.
  private static func prefix(of line: ArraySlice<UInt8>) -> [UInt8] {
    let prefix = line.prefix { !"*?[\\".utf8.contains($0) }
    let isInName = prefix.last.map { $0 != UInt8(ascii: "/") } ?? false
    return isInName && line.dropFirst(prefix.count).starts(with: "**".utf8) ? Array(prefix) : []
  }

  // MARK: Compiling

  /// The parts of a pattern; nil where it is malformed and matches nothing.
  private static func parts(
    of line: ArraySlice<UInt8>, isAnchored: Bool, isBehindPrefix: Bool
  ) -> [Part]? {
    var parts: [Part] = []
    var rest = line
    while true {
      var tokens: [GlobToken] = []
      let start = rest.startIndex
      var separator = 0
      while let byte = rest.first, separator == 0 {
        switch byte {
        case UInt8(ascii: "/"):
          separator = 1
        case UInt8(ascii: "\\"):
          guard let escaped = rest.dropFirst().first else { return nil }
          if escaped == UInt8(ascii: "/") {
            separator = 2
          } else {
            tokens.append(.byte(escaped))
            rest = rest.dropFirst(2)
          }
        case UInt8(ascii: "*"):
          if tokens.last != .star { tokens.append(.star) }
          rest = rest.dropFirst()
        case UInt8(ascii: "?"):
          tokens.append(.anyByte)
          rest = rest.dropFirst()
        case UInt8(ascii: "["):
          guard let set = ByteSet(readingClassFrom: &rest) else { return nil }
          tokens.append(.oneOf(set))
        default:
          tokens.append(.byte(byte))
          rest = rest.dropFirst()
        }
      }
      // Two stars or more with a slash on either side are any number of names. At the end, and
      // before a slash that is escaped, at least one.
      let isAnyNames = isAnchored && tokens == [.star] && rest.startIndex - start > 1
      if isAnyNames {
        let mayBeNone = separator == 1 || (separator == 0 && isBehindPrefix && parts.isEmpty)
        parts += mayBeNone ? [.anyNames] : [.anyName, .anyNames]
      } else {
        parts.append(Self.part(of: tokens))
      }
      if separator == 0 { return parts }
      rest = rest.dropFirst(separator)
    }
  }

  private static func part(of tokens: [GlobToken]) -> Part {
    if tokens == [.star] { return .anyName }
    if let bytes = literal(tokens[...]) { return .literal(bytes) }
    if tokens.first == .star, let bytes = literal(tokens.dropFirst()) { return .ending(bytes) }
    return .glob(tokens)
  }

  private static func literal(_ tokens: ArraySlice<GlobToken>) -> [UInt8]? {
    var bytes: [UInt8] = []
    for token in tokens {
      guard case .byte(let byte) = token else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  // MARK: Matching

  /// Whether a path matches.
  ///
  /// - Parameters:
  ///   - path: a path whose end is matched.
  ///   - start: where in it the path relative to the ignore file's folder begins.
  ///   - name: where in it the last name begins.
  ///   - isFolder: whether it leads to a folder.
  /// - Complexity: O(*n* · *m*) in the lengths of path and pattern for a pattern without `**`, and
  ///   at most that times the number of names in the path otherwise.
  func matches(_ path: [UInt8], from start: Int, name: Int, isFolder: Bool) -> Bool {
    if isForFolders, !isFolder { return false }
    if !isAnchored { return Self.matches(parts[0], path, name..<path.count) }
    guard path.count - start >= prefix.count else { return false }
    for index in prefix.indices where prefix[index] != path[start + index] { return false }
    var (part, position) = (0, start + prefix.count)
    /// Where the last `**` stands, and how far it reaches for now.
    var (anyNames, reach) = (-1, 0)
    while position < path.count {
      let end = Self.endOfName(in: path, from: position)
      if part < parts.count, case .anyNames = parts[part] {
        (anyNames, reach) = (part, position)
        part += 1
      } else if part < parts.count, Self.matches(parts[part], path, position..<end) {
        part += 1
        position = end + 1
      } else if anyNames >= 0 {
        reach = Self.endOfName(in: path, from: reach) + 1
        (part, position) = (anyNames + 1, reach)
      } else {
        return false
      }
    }
    while part < parts.count, case .anyNames = parts[part] { part += 1 }
    return part == parts.count
  }

  private static func endOfName(in path: [UInt8], from start: Int) -> Int {
    var end = start
    while end < path.count, path[end] != UInt8(ascii: "/") { end += 1 }
    return end
  }

  private static func matches(_ part: Part, _ path: [UInt8], _ name: Range<Int>) -> Bool {
    switch part {
    case .anyName: return true
    case .anyNames: return false
    case .literal(let bytes): return bytes.count == name.count && ends(bytes, path, name)
    case .ending(let bytes): return bytes.count <= name.count && ends(bytes, path, name)
    case .glob(let tokens): return GlobToken.match(tokens, path, name)
    }
  }

  private static func ends(_ bytes: [UInt8], _ path: [UInt8], _ name: Range<Int>) -> Bool {
    let start = name.upperBound - bytes.count
    for index in bytes.indices where bytes[index] != path[start + index] { return false }
    return true
  }
}
