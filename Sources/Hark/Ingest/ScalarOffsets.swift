/// Turns UTF-8 offsets into offsets of Unicode scalars.
///
/// Offsets asked for in ascending order cost one pass over the text in all; an earlier offset
/// is reached by walking back.
struct ScalarOffsets {
  private let utf8: String.UTF8View
  private var index: String.UTF8View.Index
  private var bytes = 0
  private var scalars = 0

  /// - Parameter text: the text in which offsets are asked for.
  init(_ text: String) {
    utf8 = text.utf8
    index = utf8.startIndex
  }

  /// The range in scalars of a range in bytes that lies between scalars of the text.
  mutating func range(of range: Range<Int>) -> Range<Int> {
    let lower = offset(of: range.lowerBound)
    return lower..<max(lower, offset(of: range.upperBound))
  }

  private mutating func offset(of byte: Int) -> Int {
    while bytes < byte, index != utf8.endIndex {
      if !UTF8.isContinuation(utf8[index]) { scalars += 1 }
      index = utf8.index(after: index)
      bytes += 1
    }
    while bytes > byte {
      index = utf8.index(before: index)
      bytes -= 1
      if !UTF8.isContinuation(utf8[index]) { scalars -= 1 }
    }
    return scalars
  }
}
