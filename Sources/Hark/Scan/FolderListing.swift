import Glibc

/// What a folder holds, in the order of the bytes of the paths that its names lead to: a slash
/// counts behind the name of a folder.
///
/// The names lie in one buffer, for a folder may have hundreds of thousands.
struct FolderListing {
  /// A name in a folder.
  struct Entry {
    fileprivate var start: Int
    fileprivate var count: Int
    /// What the name leads to.
    fileprivate(set) var kind: FileStatus.Kind
    /// The sidecar of this file.
    fileprivate(set) var sidecar: Int?
    /// Whether this is the sidecar of another file.
    fileprivate(set) var isSidecar = false
  }

  private(set) var entries: [Entry] = []
  /// The names, each with a zero behind it.
  private var names: [UInt8] = []

  /// The name of an entry.
  func name(of entry: Entry) -> ArraySlice<UInt8> {
    names[entry.start..<(entry.start + entry.count)]
  }

  /// Whether the folder holds something of this name.
  ///
  /// - Complexity: O(*n*)
  func contains(_ name: String) -> Bool {
    let count = name.utf8.count
    return entries.contains { entry in
      entry.count == count && self.name(of: entry).elementsEqual(name.utf8)
    }
  }

  /// The place of a file of this name; nil where there is none.
  private func index(ofFile name: ArraySlice<UInt8>) -> Int? {
    var range = entries.startIndex..<entries.endIndex
    while let lower = range.first {
      let middle = lower + range.count / 2
      let entry = entries[middle]
      if entry.kind != .folder, self.name(of: entry).elementsEqual(name) { return middle }
      let key = self.name(of: entry)
      let isBefore =
        entry.kind == .folder
        ? (key + [UInt8(ascii: "/")]).lexicographicallyPrecedes(name)
        : key.lexicographicallyPrecedes(name)
      range = isBefore ? (middle + 1)..<range.upperBound : lower..<middle
    }
    return nil
  }

  private mutating func pairSidecars() {
    let suffix = ScannedFile.sidecarSuffix.utf8
    for index in entries.indices where entries[index].count > suffix.count {
      let name = name(of: entries[index])
      guard entries[index].kind != .folder, name.suffix(suffix.count).elementsEqual(suffix),
        let file = self.index(ofFile: name.dropLast(suffix.count))
      else { continue }
      entries[index].isSidecar = true
      entries[file].sidecar = index
    }
  }

  /// Adds a name, behind those there are.
  mutating func append(_ name: UnsafeBufferPointer<UInt8>, _ kind: FileStatus.Kind) {
    entries.append(Entry(start: names.count, count: name.count, kind: kind))
    unsafe names.append(contentsOf: name)
    names.append(0)
  }

  /// Brings the names into their order, and finds which files are sidecars of which others.
  mutating func arrange() {
    sort()
    pairSidecars()
  }

  private mutating func sort() {
    unsafe names.withUnsafeBufferPointer { names in
      guard let base = names.baseAddress else { return }
      entries.sort { first, second in
        let count = min(first.count, second.count)
        let order = unsafe memcmp(base + first.start, base + second.start, count)
        if order != 0 { return order < 0 }
        // The zero behind a name comes before every byte, as its end does.
        let slash = UInt8(ascii: "/")
        let left =
          first.kind == .folder && first.count == count ? slash : unsafe base[first.start + count]
        let right =
          second.kind == .folder && second.count == count
          ? slash : unsafe base[second.start + count]
        return left < right
      }
    }
  }

  /// Calls a body with the name of an entry.
  func withCName<T>(of entry: Entry, _ body: (UnsafePointer<CChar>) -> T) -> T? {
    unsafe names.withUnsafeBytes { names in
      let name = unsafe names.baseAddress?.advanced(by: entry.start)
      return unsafe name.map { unsafe body($0.assumingMemoryBound(to: CChar.self)) }
    }
  }
}
