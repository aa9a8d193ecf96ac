/// A pattern of gitignore(5): one line of an ignore file.
///
/// It is compiled into a small automaton over bytes, which reads a path once whatever the pattern
/// is: no pattern takes exponential time (Cox, “Regular Expression Matching Can Be Simple And
/// Fast”, 2007). As in git, `?` and classes match one byte.
struct IgnorePattern: Sendable {
  private enum Token: Sendable {
    case byte(UInt8)
    /// `?`: any byte but a slash.
    case any
    /// `[…]`: one of a set of bytes, never a slash.
    case oneOf(Set<UInt8>)
    /// `*`: any number of bytes but slashes.
    case star
    /// `**/`: any number of whole folders.
    case folders
    /// `/**` at the end: everything inside.
    case inside
  }

  /// Whether a match takes back that a path is left out.
  let isNegated: Bool
  /// Whether only folders match.
  let isForFolders: Bool
  /// The bytes before the first special one. As in git, what comes after them is matched as if the
  /// path began there, which makes a difference to `**`.
  private let prefix: [UInt8]
  private let tokens: [Token]

  /// Compiles a line; nil for an empty line, a comment, and what can match nothing.
  init?(_ line: some Sequence<UInt8>) {
    var line = Self.trimmed(Array(line))
    if line.isEmpty || line.first == UInt8(ascii: "#") { return nil }
    isNegated = line.first == UInt8(ascii: "!")
    if isNegated { line.removeFirst() }
    let slash = UInt8(ascii: "/")
    isForFolders = line.last == slash
    if isForFolders { line.removeLast() }
    let isAnchored = line.contains(slash)
    if line.first == slash { line.removeFirst() }
    let special = line.firstIndex { "*?[\\".utf8.contains($0) } ?? line.count
    prefix = isAnchored ? Array(line[..<special]) : []
    let rest = Array(line[prefix.count...])
    guard !line.isEmpty, let tokens = Self.compile(rest) else { return nil }
    self.tokens = isAnchored ? tokens : [.folders] + tokens
  }

  /// The line without the spaces at its end, unless a backslash keeps them.
  private static func trimmed(_ line: [UInt8]) -> [UInt8] {
    var end = line.count
    while end > 0, line[end - 1] == UInt8(ascii: " ") {
      var slashes = 0
      while end - 2 - slashes >= 0, line[end - 2 - slashes] == UInt8(ascii: "\\") { slashes += 1 }
      if slashes % 2 == 1 { break }
      end -= 1
    }
    return Array(line[..<end])
  }

  // MARK: Compiling

  private static func compile(_ line: [UInt8]) -> [Token]? {
    var tokens: [Token] = []
    var index = 0
    while index < line.count {
      switch line[index] {
      case UInt8(ascii: "*"):
        let start = index
        while index < line.count, line[index] == UInt8(ascii: "*") { index += 1 }
        tokens.append(contentsOf: stars(line, start..<index, &index, &tokens))
      case UInt8(ascii: "?"):
        tokens.append(.any)
        index += 1
      case UInt8(ascii: "["):
        guard let set = ByteClass(line, at: &index) else { return nil }
        tokens.append(.oneOf(set.members))
      case UInt8(ascii: "\\"):
        guard index + 1 < line.count else { return nil }
        tokens.append(.byte(line[index + 1]))
        index += 2
      case let byte:
        tokens.append(.byte(byte))
        index += 1
      }
    }
    return tokens
  }

  /// What a run of stars stands for: two or more between slashes are folders, all others one star.
  private static func stars(
    _ line: [UInt8], _ run: Range<Int>, _ index: inout Int, _ tokens: inout [Token]
  ) -> [Token] {
    let slash = UInt8(ascii: "/")
    let opens = run.lowerBound == 0 || line[run.lowerBound - 1] == slash
    guard run.count >= 2, opens else { return [.star] }
    if run.upperBound == line.count { return [.inside] }
    guard line[run.upperBound] == slash else { return [.star] }
    index += 1
    return [.folders]
  }

  // MARK: Matching

  /// Whether a path matches.
  ///
  /// - Parameters:
  ///   - path: the path relative to the ignore file's folder, without a slash at either end.
  ///   - isFolder: whether it is a folder.
  /// - Complexity: O(*n* · *m*) in the lengths of path and pattern.
  func matches(_ path: ArraySlice<UInt8>, isFolder: Bool) -> Bool {
    if isForFolders, !isFolder { return false }
    guard path.starts(with: prefix) else { return false }
    let path = path.dropFirst(prefix.count)
    let slash = UInt8(ascii: "/")
    var states = [Bool](repeating: false, count: tokens.count + 1)
    states[0] = true
    close(&states, atStart: true)
    for byte in path {
      var next = [Bool](repeating: false, count: tokens.count + 1)
      var isAlive = false
      for (index, token) in tokens.enumerated() where states[index] {
        let isSlash = byte == slash
        switch token {
        case .byte(let wanted): if byte == wanted { next[index + 1] = true }
        case .any: if !isSlash { next[index + 1] = true }
        case .oneOf(let set): if !isSlash, set.contains(byte) { next[index + 1] = true }
        case .star: if !isSlash { next[index] = true }
        case .folders: next[index] = true
        case .inside: next[index] = true
        }
        isAlive = isAlive || next[index] || next[index + 1]
      }
      if !isAlive { return false }
      close(&next, atStart: byte == slash)
      states = next
    }
    return states[tokens.count]
  }

  /// Adds the states that are reached without reading: past a star, and past folders where a name
  /// begins.
  private func close(_ states: inout [Bool], atStart: Bool) {
    for (index, token) in tokens.enumerated() where states[index] {
      switch token {
      case .star, .inside: states[index + 1] = true
      case .folders: if atStart { states[index + 1] = true }
      default: break
      }
    }
  }
}

/// A bracket expression: a set of bytes.
private struct ByteClass {
  private(set) var members: Set<UInt8> = []

  /// Reads `[…]`, and moves behind it; nil where it does not end or names an unknown class.
  init?(_ line: [UInt8], at index: inout Int) {
    var next = index + 1
    let isNegated =
      next < line.count && (line[next] == UInt8(ascii: "!") || line[next] == UInt8(ascii: "^"))
    if isNegated { next += 1 }
    var isFirst = true
    var lower: UInt8?
    while true {
      guard next < line.count else { return nil }
      let byte = line[next]
      if byte == UInt8(ascii: "]"), !isFirst { break }
      isFirst = false
      if byte == UInt8(ascii: "["), next + 1 < line.count, line[next + 1] == UInt8(ascii: ":") {
        guard let name = Self.className(line, at: &next), let set = Self.named(name) else {
          return nil
        }
        members.formUnion(set)
        lower = nil
        continue
      }
      if byte == UInt8(ascii: "-"), let from = lower, next + 1 < line.count,
        line[next + 1] != UInt8(ascii: "]")
      {
        next += 1
        guard let to = Self.literal(line, at: &next) else { return nil }
        if from <= to { members.formUnion(from...to) }
        lower = nil
        continue
      }
      guard let literal = Self.literal(line, at: &next) else { return nil }
      members.insert(literal)
      lower = literal
    }
    if isNegated { members = Set(UInt8.min...UInt8.max).subtracting(members) }
    index = next + 1
  }

  private static func literal(_ line: [UInt8], at next: inout Int) -> UInt8? {
    if line[next] == UInt8(ascii: "\\") { next += 1 }
    guard next < line.count else { return nil }
    defer { next += 1 }
    return line[next]
  }

  /// The name in `[:name:]`, and moves behind it.
  private static func className(_ line: [UInt8], at next: inout Int) -> String? {
    let start = next + 2
    var end = start
    while end + 1 < line.count {
      if line[end] == UInt8(ascii: ":"), line[end + 1] == UInt8(ascii: "]") {
        next = end + 2
        return String(decoding: line[start..<end], as: UTF8.self)
      }
      end += 1
    }
    return nil
  }

  /// The ASCII members of a class of POSIX.
  private static func named(_ name: String) -> Set<UInt8>? {
    let isMember: ((UInt8) -> Bool)? =
      switch name {
      case "alnum": { isLetter($0) || isDigit($0) }
      case "alpha": { isLetter($0) }
      case "blank": { $0 == 0x20 || $0 == 0x09 }
      case "cntrl": { $0 < 0x20 || $0 == 0x7F }
      case "digit": { isDigit($0) }
      case "graph": { (0x21...0x7E).contains($0) }
      case "lower": { (0x61...0x7A).contains($0) }
      case "print": { (0x20...0x7E).contains($0) }
      case "punct": { (0x21...0x7E).contains($0) && !isLetter($0) && !isDigit($0) }
      case "space": { $0 == 0x20 || (0x09...0x0D).contains($0) }
      case "upper": { (0x41...0x5A).contains($0) }
      case "xdigit":
        { isDigit($0) || (0x41...0x46).contains($0) || (0x61...0x66).contains($0) }
      default: nil
      }
    return isMember.map { isMember in Set((0...0x7F).filter(isMember)) }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
