/// A piece of a pattern for one name.
enum GlobToken: Sendable, Hashable {
  case byte(UInt8)
  /// `?`
  case anyByte
  /// `[…]`
  case oneOf(ByteSet)
  /// `*`
  case star

  /// Whether tokens match a name in a path, all of it.
  ///
  /// - Complexity: O(*n* · *m*) in the lengths of name and pattern: what stands before a star is
  ///   settled once the star is reached, so that only the last star is ever lengthened.
  static func match(_ tokens: [GlobToken], _ path: [UInt8], _ name: Range<Int>) -> Bool {
    var (token, position) = (0, name.lowerBound)
    var (star, reach) = (-1, 0)
    while position < name.upperBound {
      if token < tokens.count, tokens[token] == .star {
        (star, reach) = (token, position)
        token += 1
      } else if token < tokens.count, tokens[token].takes(path[position]) {
        token += 1
        position += 1
      } else if star >= 0 {
        reach += 1
        (token, position) = (star + 1, reach)
      } else {
        return false
      }
    }
    while token < tokens.count, tokens[token] == .star { token += 1 }
    return token == tokens.count
  }

  private func takes(_ byte: UInt8) -> Bool {
    switch self {
    case .byte(let wanted): byte == wanted
    case .anyByte: true
    case .oneOf(let set): set.contains(byte)
    case .star: false
    }
  }
}
