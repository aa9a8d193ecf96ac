import Glibc

extension FolderWalk {
  /// Looks at all that a folder holds; nil where it cannot be read, or is not to be.
  mutating func enter(_ place: Place) -> Step? {
    let bare = place.path.count > 1 ? Array(place.path.dropLast()) : place.path
    guard let folder = OpenFolder(place.path, followLinks: place.isBehindLink),
      let status = folder.status()
    else {
      let reason = errno
      // What went away meanwhile was never there, but a path that was asked for was.
      if reason != ENOENT || place.isRoot { failToList(bare, reason) }
      return nil
    }
    if options.oneFileSystem, status.identity.device != place.device {
      skip("mount point", bare)
      return nil
    }
    guard isReachedFirst(status, behindLink: place.isBehindLink) else {
      skip("symbolic link", bare)
      return nil
    }
    // A change of the folder from here on is one that a watcher hears of.
    if let text = String(validating: bare, as: UTF8.self) { folders.append(text) }
    _ = isFirstMeeting(bare)
    guard let listing = folder.list() else {
      failToList(bare, errno)
      return nil
    }
    var place = place
    guard addRules(of: folder, listing, to: &place) else {
      unreadable.append(String(decoding: bare, as: UTF8.self))
      return nil
    }
    return look(at: listing, of: folder, in: place)
  }

  /// Adds the rules of the folder's ignore file, and in the root those of the options.
  ///
  /// - Returns: whether the file could be read. Without it, the folder must not be taken: that
  ///   would bring into the store what somebody meant to keep out of it.
  private mutating func addRules(
    of folder: borrowing OpenFolder, _ listing: FolderListing, to place: inout Place
  ) -> Bool {
    var text: [UInt8] = []
    if listing.contains(IgnoreRules.fileName) {
      switch folder.content(
        of: IgnoreRules.fileName, byteLimit: IgnoreRules.byteLimit,
        followLinks: options.followLinks)
      {
      case .missing:
        break
      case .bytes(let bytes):
        text = bytes
      case .unreadable(let reason):
        fail(place.path + IgnoreRules.fileName.utf8, "ignore-file-unreadable") { path in
          "\(path) cannot be read (\(reason)), so that its folder was left as it is: mend the file "
            + "or remove it"
        }
        return false
      }
    }
    if place.isRoot { text += Array(("\n" + options.exclude.joined(separator: "\n")).utf8) }
    place.rules.add(text, start: place.path.count)
    return true
  }

  private mutating func look(
    at listing: FolderListing, of folder: borrowing OpenFolder, in place: Place
  ) -> Step {
    var step = Step()
    var path = place.path
    for entry in listing.entries {
      let name = listing.name(of: entry)
      if name.first == UInt8(ascii: "."), !options.hidden || Self.isNeverTaken(name) { continue }
      path.removeLast(path.count - place.path.count)
      path.append(contentsOf: name)
      if entry.isSidecar {
        lookAtSidecar(path, entry, in: place)
      } else if entry.kind == .link, options.followLinks {
        links.append((place, path))
      } else if let isIncluded = isTaken(path, isFolder: entry.kind == .folder, in: place) {
        switch entry.kind {
        case .folder:
          var inner = place
          inner.path = path + [UInt8(ascii: "/")]
          inner.isRoot = false
          inner.isIncluded = isIncluded
          step.folders.append((inner, step.files.count))
        case .link:
          skip("symbolic link", path)
        case .file, .special:
          if let file = examine(path, entry, listing, folder, in: place) {
            step.files.append(file)
          }
        }
      }
    }
    step.folders.reverse()
    return step
  }

  private static func isNeverTaken(_ name: ArraySlice<UInt8>) -> Bool {
    name.elementsEqual(IgnoreRules.fileName.utf8) || name.elementsEqual(".git".utf8)
  }

  /// A sidecar belongs to its file, and is accounted for only where it is not to be read.
  private mutating func lookAtSidecar(
    _ path: [UInt8], _ entry: FolderListing.Entry, in place: Place
  ) {
    if place.rules.verdict(on: path, name: place.path.count, isFolder: false) == true {
      ignore(path)
    } else if entry.kind == .link, !options.followLinks {
      skip("symbolic link", path)
    } else if entry.kind == .special {
      skip("special file", path)
    }
  }

  private mutating func examine(
    _ path: [UInt8], _ entry: FolderListing.Entry, _ listing: FolderListing,
    _ folder: borrowing OpenFolder, in place: Place
  ) -> ScannedFile? {
    let kind = kinds.kind(of: listing.name(of: entry))
    // What is not read for its kind needs no call of the system.
    if kind.type == nil {
      skip(entry.kind == .special ? "special file" : kind.label, path)
      return nil
    }
    guard let status = folder.status(of: entry, in: listing, followLinks: false) else {
      // What went away meanwhile was never there.
      if errno != ENOENT { failToExamine(path, errno) }
      return nil
    }
    guard isReachedFirst(status, behindLink: place.isBehindLink) else {
      skip("symbolic link", path)
      return nil
    }
    var sidecar: FileStamp?
    if let index = entry.sidecar {
      let beside = listing.entries[index]
      let name = listing.name(of: beside)
      let isLeftOut =
        place.rules.verdict(on: place.path + name, name: place.path.count, isFolder: false) == true
      if !isLeftOut,
        let status = folder.status(of: beside, in: listing, followLinks: options.followLinks),
        status.kind == .file
      {
        sidecar = status.stamp
      }
    }
    return take(path, kind, status, sidecar: sidecar)
  }

  /// Makes the file that a path leads to one to read, if it is of a kind that can be.
  mutating func take(
    _ path: [UInt8], _ kind: FileKinds.Kind, _ status: FileStatus, sidecar: FileStamp?
  ) -> ScannedFile? {
    guard let type = kind.type else {
      skip(status.kind == .special ? "special file" : kind.label, path)
      return nil
    }
    guard status.kind == .file else {
      fail(path, "not-a-regular-file") { path in
        "\(path) is a FIFO, a socket or a device and was not opened: put a file in its place"
      }
      return nil
    }
    guard let name = String(validating: path, as: UTF8.self) else {
      fail(path, "name-not-utf8") { path in
        "the name of \(path) is not valid UTF-8, so that it could not be cited: rename the file"
      }
      return nil
    }
    _ = isFirstMeeting(path)
    return ScannedFile(name: name, type: type, stamp: status.stamp, sidecar: sidecar)
  }

  private mutating func failToList(_ path: [UInt8], _ reason: Int32) {
    unreadable.append(String(decoding: path, as: UTF8.self))
    fail(path, "folder-unreadable") { path in
      "\(path) cannot be listed (\(FileStatus.text(reason))): check its permissions"
    }
  }
}
