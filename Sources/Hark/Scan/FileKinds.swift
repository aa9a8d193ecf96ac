import Documents

/// The formats that names promise, remembered by extension: a folder has many files of few kinds.
struct FileKinds: Sendable {
  /// The kind of a file.
  struct Kind: Sendable {
    /// The format, where Hark reads it.
    var type: FileType?
    /// The extension in lower case, by which files that are not read are counted.
    var label: String
  }

  private var known: [UInt64: Kind] = [:]

  /// The kind that a name promises.
  mutating func kind(of name: ArraySlice<UInt8>) -> Kind {
    guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > name.startIndex,
      dot + 1 < name.endIndex
    else { return Kind(type: FileType(pathBytes: name), label: "no extension") }
    let suffix = name[(dot + 1)...]
    guard suffix.count <= 8 else { return Self.kind(of: name, suffix) }
    // No name has a zero, so that extensions of different lengths differ too.
    let key = suffix.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    if let kind = known[key] { return kind }
    let kind = Self.kind(of: name, suffix)
    known[key] = kind
    return kind
  }

  private static func kind(of name: ArraySlice<UInt8>, _ suffix: ArraySlice<UInt8>) -> Kind {
    Kind(
      type: FileType(pathBytes: name), label: String(decoding: suffix, as: UTF8.self).lowercased())
  }
}
