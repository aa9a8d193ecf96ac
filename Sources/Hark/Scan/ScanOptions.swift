/// Which files below a path are taken.
public struct ScanOptions: Sendable, Hashable, Codable {
  /// Patterns in the manner of gitignore(5), relative to each path; only files that match one of
  /// them, or lie in a folder that does, are taken. Empty: all.
  public var include: [String]
  /// Patterns that are left out, as if they stood at the end of the `.harkignore` of each path.
  public var exclude: [String]
  /// Whether names with a leading dot are taken.
  public var hidden: Bool
  /// Whether symbolic links are followed. A file that can be reached by several ways is taken once,
  /// by the first way in the order of bytes.
  public var followLinks: Bool
  /// Whether folders on another file system than their path's are left out. They are entered
  /// otherwise, as `cp -r` does.
  public var oneFileSystem: Bool

  /// Makes options; the defaults take all files but hidden ones and symbolic links.
  public init(
    include: [String] = [], exclude: [String] = [], hidden: Bool = false,
    followLinks: Bool = false, oneFileSystem: Bool = false
  ) {
    self.include = include
    self.exclude = exclude
    self.hidden = hidden
    self.followLinks = followLinks
    self.oneFileSystem = oneFileSystem
  }
}
