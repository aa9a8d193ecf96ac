/// Which files below a path are taken.
public struct ScanOptions: Sendable, Hashable, Codable {
  /// Patterns in the syntax of gitignore(5), relative to each path. Only files that match one of
  /// them are taken, or that lie in a folder that does; the last pattern that matches decides, and
  /// `!` takes back. Empty: all files. A path that is itself a file is always taken.
  public var include: [String]
  /// Patterns that are left out, as if they stood at the end of the `.harkignore` of each path.
  public var exclude: [String]
  /// Whether names with a leading dot are taken. Folders called `.git` never are.
  public var hidden: Bool
  /// Whether symbolic links are followed.
  ///
  /// What can be reached without a link is taken under its own path. Of the ways through links to
  /// what remains, those over fewer links come first, then those that come first in the order of
  /// bytes; each file and folder is taken once, so that loops end.
  public var followLinks: Bool
  /// Whether folders on another device than their path's are left out. By default mount points are
  /// entered, as `cp -r` and `git` do. A bind mount of the same device is not told apart.
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
