import Documents
import Foundation

/// A condition on the values of a key, made ready for many of them.
enum FilterPredicate {
  case any(Set<MetadataValue>)
  case except(Set<MetadataValue>)
  /// The bytes of the folded text that values contain.
  case text([UInt8])
  case prefix(String)
  /// A folder, with a slash at its end, and the same without.
  case folder(String, itself: String)
  case bounds(SearchFilter.Bounds)
  case exists

  /// Makes a match ready.
  init(_ match: SearchFilter.Match, of key: FilterKey?) {
    switch match {
    case .value(let value): self = .any([value])
    case .any(let values): self = .any(Set(values))
    case .except(let values): self = .except(Set(values))
    case .text(let text): self = .text(text.foldedBytes)
    case .prefix(let text) where key == .field(.path):
      let path = text.count > 1 && text.hasSuffix("/") ? String(text.dropLast()) : text
      self = .folder(path == "/" ? path : path + "/", itself: path)
    case .prefix(let text): self = .prefix(text)
    }
  }

  /// Whether one of the values fulfils the condition.
  func holds(_ values: [MetadataValue]) -> Bool {
    switch self {
    case .exists: !values.isEmpty
    case .any(let wanted): values.contains(where: wanted.contains)
    case .except(let others): values.contains { !others.contains($0) }
    default: values.contains(where: holds)
    }
  }

  private func holds(_ value: MetadataValue) -> Bool {
    switch (self, value) {
    // A date is a text, too, for those who look for a part of it.
    case (.text(let part), .text(let text)), (.text(let part), .date(let text)):
      Self.find(part, in: text.foldedBytes)
    case (.prefix(let start), .text(let text)), (.prefix(let start), .date(let text)):
      text.hasPrefix(start)
    case (.folder(let folder, let itself), .text(let path)):
      path.hasPrefix(folder) || path == itself
    case (.bounds(let bounds), _): bounds.contain(value)
    default: false
    }
  }

  /// Whether bytes stand among others. A plain comparison at each place: titles and headings are
  /// short, and strings would compare whole characters.
  private static func find(_ part: [UInt8], in text: [UInt8]) -> Bool {
    guard let first = part.first, part.count <= text.count else { return part.isEmpty }
    for start in 0...text.count - part.count where text[start] == first {
      if text[start..<start + part.count].elementsEqual(part) { return true }
    }
    return false
  }
}

extension SearchFilter.Bounds {
  /// Whether a value is of the bounds' kind and lies within all of them.
  func contain(_ value: MetadataValue) -> Bool {
    func compare(_ bound: MetadataValue?, _ holds: (Int) -> Bool) -> Bool {
      guard let bound else { return true }
      switch (value, bound) {
      case (.number(let a), .number(let b)): return holds(a < b ? -1 : a > b ? 1 : 0)
      case (.date(let a), .date(let b)):
        let (a, b) = (Self.instant(a), Self.instant(b))
        return holds(a < b ? -1 : a > b ? 1 : 0)
      default: return false
      }
    }
    return compare(greater) { $0 > 0 } && compare(atLeast) { $0 >= 0 }
      && compare(less) { $0 < 0 } && compare(atMost) { $0 <= 0 }
  }

  /// A point in time; a day counts as its beginning.
  private static func instant(_ date: String) -> String {
    date.utf8.count == 10 ? date + "T00:00:00Z" : date
  }
}

extension String {
  /// The text without differences of letter case and of the width of characters.
  fileprivate var foldedBytes: [UInt8] {
    if utf8.contains(where: { $0 >= 0x80 }) {
      return Array(precomposedStringWithCompatibilityMapping.lowercased().utf8)
    }
    return utf8.map { 0x41...0x5A ~= $0 ? $0 | 0x20 : $0 }
  }
}
